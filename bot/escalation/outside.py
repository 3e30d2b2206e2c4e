"""Whether a question is plainly about something else than this business, and whether the customer insists. Pure.

The thresholds (confidence .06, cosine .4) were measured with the intents of banking77 and of HINT3's mattress shop as
bases, a forum, a manual and a help centre asked each other's questions, and the demo shop's articles, a quarter of
them taken away at a time. Called outside are 0 to 2 % of the questions an article answers, 1 % of banking77's near
misses, 2 to 16 % (demo shop: 5 %) of those whose article was taken away; and 81 % of the questions from other topics
asked of the bank, 28 to 75 % of those of all other sets, many of which do touch on paying, returning or signing in.
"""

from __future__ import annotations

import re

from bot.escalation.signals import fold, words
from bot.escalation.thresholds import OTHERS, Thresholds
from bot.escalation.turns import BotTurn, CustomerTurn

MIN_WORDS = 3  # "kayaks?" may mean anything
CALM = 0.3  # request or frustration score over which a message is no mere question about something else
QUESTIONS = frozenset({"question", "nlu_fallback"})

# The commonest words of each language: a message without any is in no language the articles can be searched in.
_COMMON: dict[str, frozenset[str]] = {
    language: frozenset(listed.split())
    for language, listed in {
        "en": "a an the is are was do does did can could will would how what when where who why which i my me you your"
        " it to of in on for with there any have has be and or not this that",
        "cs": "a i je jsou byl byla bylo jak jaky jaka jake co kdy kde kdo proc kolik ktery ktera ja muj moje mi me vas"
        " vase to do na v ve s se si z ze za pro o u po od muzu muzete mate mam ma by nebo ne jestli lze",
        "lt": "ar yra buvo kaip koks kokia kokie kas kada kur kodel kiek kuris kuri as mano man jus jusu tai i is su be"
        " uz apie prie po nuo del galiu galima turite turiu bus ir arba ne kad",
        "de": "der die das den dem ein eine einen ist sind war wie was wann wo wer warum welche ich mein meine mir mich"
        " sie ihr ihre es zu in an auf fur mit von bei gibt kann konnen hat haben und oder nicht man",
    }.items()
}
_INSISTS = re.compile(
    r"\b(?:important|matters|urgent(?:ly)?|seriously|i need to know|i have to know|must know|insist"
    r"|it is about (?:my|your)|dulezit\w*|nutne|musim vedet|potrebuji vedet|trvam na|tyka se|vazne"
    r"|svarb\w*|skubu|skubiai|turiu zinoti|reikia zinoti|rimtai"
    r"|wichtig|dringend|muss (?:es|das) wissen|bestehe darauf|im ernst|es geht um)\b"
)
_LETS_GO = re.compile(
    r"\b(?:thanks?|thank you|thx|never ?mind|forget it|dik\w*|dekuj\w*|nevadi|to nic|aciu|dekui|nieko tokio"
    r"|danke\w*|schon gut|egal)\b"
)


def is_plainly_outside(said: CustomerTurn, did: BotTurn, limits: Thresholds) -> bool:
    """Say whether an unanswered message is a question, understood as one, far from anything the articles are about.

    Args:
        did: the search that found no answer, with its confidence and nearness.
    """
    understood = said.intent in QUESTIONS and said.question >= limits.question and is_readable(said)
    calm = said.request < CALM and said.frustration < CALM and said.upset < limits.in_language("upset", said.language)
    far = did.confidence < limits.outside and (said.language != OTHERS or did.nearness < limits.unrelated)
    return understood and calm and far and not said.is_payload


def is_readable(said: CustomerTurn) -> bool:
    """Say whether the message is a few words of its language."""
    found = words(said.text)
    return len(found) >= MIN_WORDS and any(word in _COMMON.get(said.language, _COMMON[OTHERS]) for word in found)


def insists(text: str) -> bool:
    """Say whether the customer says that it matters."""
    return bool(_INSISTS.search(fold(text)))


def lets_go(text: str) -> bool:
    """Say whether a "no" is a polite end ("no thanks", "never mind"), not an objection."""
    return bool(_LETS_GO.search(fold(text)))
