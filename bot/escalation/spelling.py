"""Read what is spelled oddly, on purpose or in a hurry: "h u m a n", "4gent", "pleeeease", "agnt". Pure.

Encoders read word pieces and the heads n-grams: neither sees a word in single letters. Only what can hardly be meant as
it stands is changed, so ordinary messages, numbers and names of products stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from bot.escalation.signals import fold

MIN_SPACED = 4  # single letters in a row that spell a word: "a b c" may be three answers
MIN_TYPED = 5  # letters of a word that is known with one of them missing; shorter ones turn into other words
MIN_LEET = 4  # characters of a word with digits for letters: "4g" and "b2b" are meant so
SLIPPED = 3  # times a letter that should have stood twice: "neeed", "addd"

# Words that decide what a message wants. One of them with a digit for a letter, with a letter missing or two swapped is
# read as what it stands for. Folded; English, Czech, Lithuanian, German.
_DECISIVE = (
    "human humans person people someone somebody agent agents operator representative advisor adviser employee manager"
    " supervisor colleague support service assistant consultant specialist please speak transfer connect"
    " stupid useless idiot rubbish terrible ridiculous shit fuck fucking crap"
    " clovek cloveka clovekem operator operatora operatorem zamestnanec pracovnik pracovnika pracovnikem nekdo nekoho"
    " nekym vedouci vedouciho poradce podpora prosim mluvit prepojit prepojte spojte hlupak debil kurva"
    " zmogus zmogaus zmogu zmogumi darbuotojas darbuotoja darbuotoju operatorius operatoriu konsultantas konsultanta"
    " konsultantu vadovas vadova vadovu prasau sujunkite perjunkite kalbeti pakalbeti kvailas"
    " mensch menschen mitarbeiter mitarbeiterin berater jemand jemanden jemandem kollege kollegen kollegin bitte"
    " sprechen verbinden nutzlos dumm scheisse"
)
_WORDS = frozenset(_DECISIVE.split())
# Words of their own that are a decisive one with a letter missing or two swapped.
_REAL = frozenset(["zamestnance", "bite", "manger", "peron", "prosi", "kura", "spoje", "porade", "neko", "spek"])
# What stands behind or before a spaced-out word without a wider gap: "h u m a n p l s".
_COURTESY = ("please", "pls", "plz", "now", "asap", "prosim", "hned", "prasau", "dabar", "bitte", "jetzt", "sofort")
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_SPACED = re.compile(r"(?<!\w)[^\W\d_]([ .\-*_])[^\W\d_](?:\1[^\W\d_]){1,40}(?!\w)")
_STRETCHED = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)
_DOUBLED_AT_END = frozenset("ls")  # "stillll", "useleeessss": these end a word doubled more often than alone
_TOKEN = re.compile(r"[\w@$!]+")


def mended(text: str) -> str:
    """Return ``text`` with its oddly spelled words written the common way; the very text where there are none."""
    if sum(len(found[0]) // 2 + 1 for found in _SPACED.finditer(text)) >= MIN_SPACED:
        text = _SPACED.sub(lambda found: _apart(found[0].replace(found[1], "")), text)
    return _TOKEN.sub(_meant, text)


def _apart(word: str) -> str:
    folded = fold(word)
    if folded in _WORDS or len(folded) != len(word):
        return word
    for courtesy in _COURTESY:
        rest = len(word) - len(courtesy)
        if rest > 0 and folded.endswith(courtesy):
            return f"{word[:rest]} {word[rest:]}"
        if rest > 0 and folded.startswith(courtesy):
            return f"{word[: len(courtesy)]} {word[len(courtesy) :]}"
    return word


def _meant(found: re.Match[str]) -> str:
    bare = found[0].rstrip("!")
    return _word_meant(bare) + found[0][len(bare) :]


def _word_meant(word: str) -> str:
    if _STRETCHED.search(word):
        return _shortened(word)
    if word.isalpha():
        return _SLIPS.get(fold(word), word)
    meant = word.lower().translate(_LEET)
    is_leet = len(word) >= MIN_LEET and any(c.isalpha() for c in word) and fold(meant) in _WORDS
    return meant if is_leet else word


def _shortened(word: str) -> str:
    """Return a word that was drawn out as what it stands for, else with as many letters as a word may have."""
    if len(set(word.lower())) == 1:
        return word  # "AAA", "www"
    single = _STRETCHED.sub(r"\1", word)
    if fold(single) in _WORDS:
        return single
    return _STRETCHED.sub(lambda run: run[1] * (2 if _may_be_double(run) else 1), word)


def _may_be_double(run: re.Match[str]) -> bool:
    ends = run.end() == len(run.string)
    return len(run[0]) == SLIPPED or (ends and run[1].lower() in _DOUBLED_AT_END)


def _slips(words: Iterable[str]) -> dict[str, str]:
    """Return what words become when a letter inside is left out or two letters behind the first are swapped.

    Without its last letter a word may be another form of itself.
    """
    slips: dict[str, str] = {}
    for word in words:
        for at in range(1, len(word) - 1) if len(word) >= MIN_TYPED else ():
            slips.setdefault(word[:at] + word[at + 1 :], word)
            slips.setdefault(word[:at] + word[at : at + 2][::-1] + word[at + 2 :], word)
    return {slip: word for slip, word in slips.items() if slip not in _WORDS | _REAL}


_SLIPS = _slips(sorted(_WORDS))
