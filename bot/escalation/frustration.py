"""How fed up a customer is: what the newest message says, and what the conversation adds to it. Pure.

Each contribution is a signal with a score from 0 to 1. They add up as independent hints do, to 1 − Π(1 − score): each
brings the sum nearer to 1, none can undo another. The message itself counts by the score the trained classifier gave
its words; where these leave it open, their tone (``bot.escalation.tone``) counts too. What the conversation adds is
weighed by how far from calm the message is, from nothing (a calm question after three bad answers is a reason to hand
off, but not this one) to all of it (from half the threshold on). So anger never counts for less when it grows, and
patience is not taken for anger.

The weights say what a hint is worth beside angry words: two of the weaker ones, or one strong one, carry a message from
about three quarters of the threshold over it. They were chosen on dialogues written for the purpose, not fitted.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence

from bot.escalation.questions import repeats
from bot.escalation.signals import MAX_CHARACTERS, fold, shouted, words
from bot.escalation.thresholds import Thresholds
from bot.escalation.tone import tone
from bot.escalation.turns import BotTurn, Cause, CustomerTurn, Result, Signal, Turn

SERVED = 0.2  # share of the score of the words a question takes away: who asks is served first (measured on dev sets)
BAD_TONE, GOOD_TONE = 2.0, 0.5  # log-odds the worst tone adds to a score near 0 and the best takes away
SHOWN_CLAUSE = 120  # characters of the customer's words quoted in a signal
PER_FAILURE = 0.15  # the bot asked back, or could make nothing of a message
PER_BAD_ANSWER = 0.2  # the customer said that an answer did not help
PER_REPEAT = 0.2  # the same question again
PASSED_OVER = 0.1  # an offer of articles the customer went past without choosing, each
SHOUTING = 0.15
CURT = 0.15
TIME_IN_WORDS = 0.3
TIME_PASSED = 0.15
LONG_S = 600.0  # a leg that takes ten minutes; most end within three
LEAST = 0.01  # hints worth less are not shown
SHORTER = 0.67  # of the message before: three messages, each a third shorter, each less friendly

_AMOUNT = r"(?:\d+|an?|one|two|three|half an?|several|pul|dve|tri|kelias|dvi|tris|eine?r?|zwei|drei)"
_UNIT = r"(?:minutes?|mins?|hours?|hrs?|minu[tc]\w*|hodin\w*|valand\w*|minuten|stunden?)"
_TIME = rf"\b(?:{_AMOUNT} ?{_UNIT}|hours|hodin[uy]|pulhodin\w*|valanda|valandas|pusvaland\w*|stundenlang)\b"
_SPENT = (
    r"\b(?:here|chat\w*|waiting|wait|trying|wasted?|spent|on this|at this|stuck|tady|cekam|ztratil\w*"
    r"|snazim|pisu|zde|cia|laukiu|sugaisau|bandau|rasau|hier|warte\w*|verschwendet|versuche|schreibe)\b"
)
# "I've been here for 20 minutes", "I have wasted an hour on this"; days and weeks are the parcel's, not the chat's.
_TIME_LOST = re.compile(rf"{_SPENT}.{{0,25}}{_TIME}|{_TIME}.{{0,25}}{_SPENT}")


def frustration(said: CustomerTurn, before: Sequence[Turn], limits: Thresholds) -> tuple[Signal, ...]:
    """Return the contributions, the words of the message first; ``combined`` adds them up."""
    share = 1 - SERVED * said.question
    spoken = _in_its_tone(said) * share
    limit = limits.in_language("frustration", said.language)
    calm = min(1.0, max(spoken, said.upset * share) / (limit / 2)) if limit else 1.0
    words_of_it = Signal("frustration", spoken, f"sounds upset: “{quote(said.frustration_clause or said.text)}”")
    hints = (*_in_message(said), *_in_conversation(said, before, limits))
    weighed = (Signal(hint.name, hint.score * calm, hint.words) for hint in hints)
    return (words_of_it, *(hint for hint in weighed if hint.score >= LEAST))


def combined(signals: Sequence[Signal]) -> float:
    """Return what contributions add up to."""
    return 1 - math.prod(1 - signal.score for signal in signals)


def is_upset(said: CustomerTurn, limits: Thresholds) -> bool:
    """Say whether the bot should say that it is sorry before it goes on."""
    angry = max(said.upset, said.frustration * (1 - SERVED * said.question))
    return not said.is_payload and angry >= limits.in_language("upset", said.language)


def quote(text: str) -> str:
    """Return the customer's words, shortened to fit a signal."""
    text = " ".join(text.split())
    return text if len(text) <= SHOWN_CLAUSE else text[: SHOWN_CLAUSE - 1] + "…"


def times(count: int) -> str:
    """Say how often."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def bad_verdicts(said: CustomerTurn, turns: Sequence[Turn]) -> int:
    """Count the answers that were said, pressed or shown by a thumb not to have helped."""
    said_so = sum(isinstance(turn, BotTurn) and turn.result is Result.NOT_HELPED for turn in turns)
    return said_so + said.thumbs_down


def _in_its_tone(said: CustomerTurn) -> float:
    """Return the score of the words, a little higher where they sound bad and lower where they sound good.

    The surer the score is of anger, the less the tone counts: good words in it are mockery.
    """
    heard = tone(words(said.text[:MAX_CHARACTERS]))
    weight = BAD_TONE if heard < 0 else GOOD_TONE
    score, calm = said.frustration, 1 - said.frustration
    louder = score * math.exp(-weight * calm * heard)
    return louder / (louder + calm)


def _in_message(said: CustomerTurn) -> list[Signal]:
    found = []
    if shouted(said.text):
        found.append(Signal("capitals", SHOUTING, "wrote in capitals"))
    if _TIME_LOST.search(fold(said.text)):
        found.append(Signal("time_lost", TIME_IN_WORDS, f"speaks of time lost: “{quote(said.text)}”"))
    return found


def _in_conversation(said: CustomerTurn, before: Sequence[Turn], limits: Thresholds) -> list[Signal]:
    bots = [turn for turn in before if isinstance(turn, BotTurn)]
    typed = [turn for turn in before if isinstance(turn, CustomerTurn) and not turn.is_payload]
    bad = bad_verdicts(said, before)
    failed = sum(turn.result is Result.ASKED_BACK and turn.cause is not Cause.NOT_HELPED for turn in bots)
    failed += sum(turn.intent == "unclear" for turn in typed)
    asked = repeats(said, before, limits)
    ignored = _passed_over([*before, said])
    counted = (
        ("not_helped", bad, PER_BAD_ANSWER, f"said {times(bad)} that the answer did not help"),
        ("failures", failed, PER_FAILURE, f"the bot could not help {times(failed)} before"),
        ("repeated_question", asked, PER_REPEAT, f"asked the same thing {times(asked + 1)}"),
        ("passed_over", ignored, PASSED_OVER, f"passed over the articles the bot offered {times(ignored)}"),
    )
    found = [Signal(name, 1 - (1 - weight) ** count, text) for name, count, weight, text in counted if count]
    if _is_curt([*typed, said]):
        found.append(Signal("curt", CURT, "messages get shorter and harsher"))
    started = next((turn.at for turn in typed if turn.at), 0.0)
    if started and said.at - started >= LONG_S:
        minutes = int((said.at - started) / 60)
        found.append(Signal("time_passed", TIME_PASSED, f"has been with the bot for {minutes} minutes"))
    return found


def _passed_over(turns: Sequence[Turn]) -> int:
    """Count the offers of articles that were followed by typing on, not by a choice."""
    pairs = itertools.pairwise(turns)
    return sum(
        isinstance(did, BotTurn) and bool(did.offered) and isinstance(said, CustomerTurn) and not said.is_payload
        for did, said in pairs
    )


def _is_curt(typed: Sequence[CustomerTurn]) -> bool:
    """Say whether the last three messages were each shorter than the one before, and the tone got worse."""
    if len(typed) < 3:
        return False
    lengths = [len(words(turn.text)) for turn in typed[-3:]]
    moods = [max(turn.frustration, turn.upset) for turn in typed[-3:]]
    shrinking = all(0 < short <= SHORTER * long for long, short in itertools.pairwise(lengths))
    return shrinking and moods[-1] > moods[0]
