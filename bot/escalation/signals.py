"""Plain features of a text that say something about escalation, in four languages.

The word lists name the ideas (a person, talking, being passed on, wanting, negating …), not phrases: a classifier
learns what their combinations mean, and they carry over to wordings it never saw.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from bot.escalation import phrases, tempers

MAX_CHARACTERS = 1_200  # of a text that are looked at: bounds the time a long message takes
_MACHINE_WORD = re.compile(r"\S*[_{}\\<>|]\S*")  # "request_agent", "{...}": typed by no customer who talks to us
_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")

# Stems on folded text (lower case, no diacritics); English, Czech, Lithuanian, German in that order.
_IDEAS: dict[str, str] = {
    "person": r"human|person|people|someone|somebody|anyone|anybody|agents?\b|representativ|reps?\b|operator"
    r"|advis[eo]r|employee|staff|colleague|manager|supervisor|boss\b|superior|clerk|specialist|expert"
    r"|consultant|assistant|individual|guy\b|lidsk|clove[kc]|operator|pracovn|zamestnan|koleg|vedouc"
    r"|nadrizen|nekym|nekdo|nekoho|zivy|zive|osob|zmog|zmon|darbuotoj|konsultant|vadov|virsinink"
    r"|kas nors|kuo nors|gyv[uo]|mensch|mitarbeiter|kolleg|chef|vorgesetzt|berater|jemand",
    "team": r"team|department|division|desk\b|support|customer (?:service|care)|billing|accounts\b|oddelen"
    r"|podpor|skyri|aptarnavim|abteilung|kundendienst|buchhaltung",
    "talk": r"talk|speak|spk\b|chat|converse|discuss|word with|in touch|get hold|reach|contact|mluv|promluv"
    r"|bavit|probr|spoji|kalbe|pasikalb|pakalb|bendrau|susisiek|sprech|reden|unterhalt|erreich",
    "pass_on": r"connect|transfer|put (?:me|us|him|her|this|a|someone|somebody)|pass (?:me|this|us)"
    r"|hand (?:me|this|us|it)|handed|escalat|forward|redirect|rout(?:e|ing)|switch|patch me|refer me"
    r"|take over|prepoj|spojte|spoj me|predej|sunk|sujunk|perjunk|perduok|pakviesk|verbind|durchstell"
    r"|stellen sie|weiterleit|leiten sie|ubergeb|uberg",
    "want": r"want|wanna|need|like to|rather|prefer|demand|insist|require|request|let me|can i|could i|may i"
    r"|might i|give me|get me|bring|fetch|find me|please|plz|pls|chci|chtel|potreb|muzu|mohu|mohla|mohl"
    r"|dejte|prosim|rad[ai]? by|noriu|norec|reik|ar gali|galec|duok|prasau|mocht|will\b|wurde gern"
    r"|brauch|kann ich|konnte ich|bitte|verlang|gib",
    "call_back": r"call me|call back|ring me|phone me|ring back|zavol|ozve|paskambin|ruf|anruf|zuruck",
    "machine": r"bot\b|bots\b|chatbot|robot|machine|computer|automat|program|automa|masin",
    "negation": r"\bnot\b|n't\b|\bno\b|without|instead of|refuse|\bne[a-z]{3}|\bkein|\bnicht\b|\bbez\b|\bohne\b",
    "hours": r"hour|when\b|what time|until|open|which days|weekend|kdy\b|hodin|do kolika|otevir|kada|laik"
    r"|iki kada|wann|offnung|uhr",
    "past": r"spoke|talked|told|said|promised|emailed|yesterday|already|mluvil|rekl|slibil|kalbej|zadej|sake"
    r"|gesprochen|gesagt|versproch",
    "first_person": r"\bi\b|\bme\b|\bmy\b|\bwe\b|\bus\b|\bmi\b|\bmne\b|\bman\b|\bmane\b|\bich\b|\bmich\b|\bmir\b",
    "question_word": r"\bhow (?:long|many|much|quick|big|old)|\bwhat\b|\bwhere\b|\bwho\b|\bwhich\b|\bis (?:the"
    r"|it|this)\b"
    r"|\bdo(?:es)?\b|\bkolik|\bjak[eouy]?\b|\bkde\b|\bkdo\b|\bkiek|\bkaip|\bkur\b|\bkas\b|\bwie\b"
    r"|\bwas\b|\bwo\b|\bwer\b",
    "insult": r"stupid|idiot|moron|useless|dumb|incompeten|clown|liar|thie[fv]|scam|crook|garbage|rubbish|crap"
    r"|shit|fuck|wtf|damn|hell\b|suck|pathetic|worthless|hopeless|cheat|swindl|junk\b|trash|nonsense|fool"
    r"|muppet|cretin|asshole|bastard|disgrac|shambl|bloody|hlup|blb|nicemu|zlodej|podvod|neschop|pitom|tup[cy]"
    r"|lhar|sasci|sasku|ostud|hanb|kurv|prdel|hnus|kvail|niekam|sukci|vagys|nesamon|gedos?\b|melag|klou?n"
    r"|siaub|sud[ao]|nevyk|apgav|buk[ao]|blod|dumm|nutzlos|betrug|unfahig|scheis|mist\b|idiot|lugner|abzock"
    r"|saftladen|frech|unversch|peinlich|kotz",
    "leaving": r"never (?:again|buy|order|shop)|lost a customer|competitor|elsewhere|review|lawyer"
    r"|consumer protection|report you|solicitor|ombudsman|(?:small claims|in) court|last straw|one star|police"
    r"|done with|finished with|through with|pravni|posledni kapk|advokat|paskutin|fertig mit"
    r"|uz nikdy|konkurenc|hodnocen|daugiau niekada|konkurent|atsiliepim"
    r"|skusiu|nie wieder|konkurrenz|anwalt|bewertung",
    "again": r"again|still|always|every time|over and over|how many times|third time|porad|zase|kolikrat|dokola"
    r"|vel\b|vis dar|vis tas|kiek kart|immer|schon wieder|wie oft",
    "disbelief": r"kidding|joking|joke\b|seriously|serious\b|for real|believe|unbeliev|come on|sake\b|the nerve"
    r"|srand|legrac|strili|normalni|vazne|juok|saipo|rimtai|normal[us]|witz|ernst|auf den arm|spinn|nicht wahr",
    "wasted": r"wast(?:e|ed|ing)|in circles|round and round|\bloop|excuse|apolog|ignor|lie[sd]?\b|lying|promise"
    r"|patience|vymluv|slib|ztrat|trpelivost|dokola|ignoruj|pasiteisin|pazad|kantryb|gaist|ratu\b|ausred"
    r"|verschwend|geduld|versprech|im kreis",
    "feeling": r"angry|furious|fuming|livid|annoy|frustrat|disappoint|fed up|sick of|tired of|hate\b|insult|embarrass"
    r"|nastvan|zklaman|zuri|stve|nenavid|pikt|nusivyl|nervin|nekenc|sauer|wutend|entt?ausch|hasse|satt\b",
    "serves": r"\bhow (?:do|can|long|much|fast|to|does|should|often)\b|\bcan (?:i|it|we|you)\b|\bmay i\b|\bis there\b"
    r"|\bdo you (?:have|sell|ship|offer|repair|deliver|accept|test|make|use)\b|\bwhere (?:do|can|is|are)\b|\bwhich\b"
    r"|\bwhat (?:should|size|do|does|is|are|time)\b|\bis (?:it|the|this|that|express)\b"
    r"|\bkde\b|\bjak\b|\bmate\b|\bjde to\b|\bda se\b|\bdaji se\b|\bmuzu\b|\bkdy\b|\bkolik\b|\bkam\b|\bjak[yaeou]u?\b"
    r"|\bkaip\b|\bkur\b|\bar (?:gali|turi|yra|dar|kurjer|galioja|dirb|tai)|\bkada\b|\bkiek\b|\bkok[sii]"
    r"|\bwie\b|\bwo\b|\bkann (?:ich|man)\b|\bgibt es\b|\bhabt ihr\b|\bwann\b|\bwelche|lasst sich|zu retten",
    "addressed": r"\byour? (?:answer|help|service|support|bot|company|shop|people)"
    r"|\byou (?:are|were|'re|keep|don't|never|people)|\bjste\b|\bjus\b|\bihr (?:seid|habt|wieder)",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _IDEAS.items()}
_PAIRS: tuple[tuple[str, str], ...] = (
    ("talk", "person"),
    ("talk", "team"),
    ("pass_on", "person"),
    ("pass_on", "team"),
    ("pass_on", "first_person"),
    ("want", "person"),
    ("want", "talk"),
    ("negation", "machine"),
    ("negation", "person"),
    ("negation", "talk"),
    ("hours", "person"),
    ("hours", "team"),
    ("past", "person"),
    ("question_word", "person"),
    ("question_word", "team"),
    ("machine", "person"),
    ("call_back", "first_person"),
    ("insult", "addressed"),
    ("insult", "machine"),
    ("again", "addressed"),
    ("insult", "serves"),
    ("feeling", "serves"),
    ("feeling", "addressed"),
    ("disbelief", "addressed"),
    ("wasted", "addressed"),
)
_SURFACE = ("short", "one_word", "capitals", "exclaims", "asks")
FEATURE_NAMES: tuple[str, ...] = (
    *_PATTERNS,
    *(f"{a}+{b}" for a, b in _PAIRS),
    *_SURFACE,
    *phrases.NAMES,
    *tempers.NAMES,
)


def fold(text: str) -> str:
    """Lower-case ``text`` without diacritics, machine words and doubled spaces, for matching."""
    text = _MACHINE_WORD.sub(" ", text.replace("’", "'"))
    text = unicodedata.normalize("NFKD", text.casefold())
    return _SPACES.sub(" ", "".join(c for c in text if not unicodedata.combining(c))).strip()


def words(text: str) -> list[str]:
    """Return the folded words of ``text``."""
    return _WORD.findall(fold(text))


def has_words(text: str) -> bool:
    """Say whether there is anything to understand: letters or digits."""
    return any(c.isalnum() for c in text)


def shouted(text: str) -> bool:
    """Say whether most of two or more words is in capitals."""
    letters = [c for c in text if c.isalpha()]
    return len(letters) >= 8 and " " in text.strip() and sum(c.isupper() for c in letters) > 0.7 * len(letters)


def features(text: str) -> list[float]:
    """Return one number for each of ``FEATURE_NAMES``."""
    folded = fold(text[:MAX_CHARACTERS])
    ideas = {name: float(bool(pattern.search(folded))) for name, pattern in _PATTERNS.items()}
    count = len(folded.split())
    surface: Sequence[bool] = (count <= 3, count <= 1, shouted(text), text.count("!") >= 2, text.rstrip().endswith("?"))
    pairs = (ideas[a] * ideas[b] for a, b in _PAIRS)
    return [*ideas.values(), *pairs, *(float(flag) for flag in surface), *phrases.found(folded), *tempers.found(folded)]
