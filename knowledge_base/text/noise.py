"""Tells questions about something from small talk and gibberish, which no article would answer. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from knowledge_base.text.analysis import WORD, fold, stop_terms, term

# Words that ask for nothing, beside each language's stop words. Whole messages made of these are small talk.
_PLEASANTRIES = {
    "en": "hi hello hey hiya good morning afternoon evening night day bye goodbye thank thanks thx cheers ok okay "
    "please yes yeah yep no nope sure great nice cool fine perfect lol haha hmm bot robot human test testing sorry "
    "help question ask asking there welcome",
    "cs": "ahoj čau nazdar dobrý den dobré ráno večer zdravím děkuju děkuji díky dík nashle nashledanou ano ne jo "
    "jasně dobře super prosím robot test pomoc dotaz otázka",
    "lt": "labas sveiki sveikas laba diena vakaras rytas ačiū dėkui viso gero iki taip ne gerai prašau robotas testas "
    "pagalba klausimas",
    "de": "hallo hi moin guten tag morgen abend danke dankeschön tschüss ja nein ok okay bitte super gut hilfe "
    "frage test",
}
# Replies to an answer rather than questions, and the words that go with them.
_REPLIES = {
    "en": "hi hello hey bye goodbye thank thanks thx ty cheers ok okay yes yeah yep no nope sure great nice cool fine "
    "perfect lol haha hmm",
    "cs": "ahoj čau nazdar děkuju děkuji díky dík nashle nashledanou ano ne jo jasně dobře super",
    "lt": "labas sveiki ačiū dėkui iki taip ne gerai puiku",
    "de": "hallo hi moin danke dank dankeschön tschüss ja nein gut super prima",
}
_BESIDE_REPLIES = {
    "en": "you very much so a lot for your the help it that all good again i see got",
    "cs": "moc vám ti mockrát za pomoc vaši to je a",
    "lt": "labai jums tau už pagalbą viso gero ir",
    "de": "vielen schön sehr ihnen dir für die hilfe ihre alles klar und",
}
_MASK = re.compile(r"\[[^\]]{1,40}\]")
_LETTERS = re.compile(r"[^\W\d_]+")
_REPEATED = re.compile(r"(.)\1{3,}|^(.{1,3})\2{2,}$")  # "aaaa", "lalalala"
_CONSONANTS = re.compile(r"[bcdfghjkmpqstvwxz]{5,}")  # l, n and r may carry a Czech syllable
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop")
_ROW_RUN = 4  # keys side by side; "type", "were" and "pop" have three
_VOWELS = frozenset("aeiouy")
_SYLLABIC = frozenset("lrn")
SHORTEST_JUDGED = 4  # "gps", "sms": too short to tell by their letters


def is_noise(text: str, language: str | None = None) -> bool:
    """Return whether nobody could write an article about this message.

    Args:
        text: as it is kept; masks of personal data say nothing.
        language: of the text; English is always looked at as well, since people mix.
    """
    words = [match.group() for match in WORD.finditer(_MASK.sub(" ", text)) if _LETTERS.search(match.group())]
    codes = dict.fromkeys(code for code in (language, "en") if code)
    telling = [word for word in words if not any(_says_nothing(word, code) for code in codes)]
    return all(_is_mash(word) for word in telling)


def is_reply(text: str, language: str | None = None) -> bool:
    """Return whether a message only answers what was said, such as "ok, thank you": it asks for nothing.

    Narrower than small talk: "and in the evening?" asks, after "when are you open?".
    """
    words = {fold(match.group()) for match in WORD.finditer(text) if _LETTERS.search(match.group())}
    codes = [code for code in dict.fromkeys((language, "en")) if code]
    replies = frozenset().union(*(_folded(_REPLIES, code) for code in codes))
    return bool(words & replies) and words <= replies.union(*(_folded(_BESIDE_REPLIES, code) for code in codes))


def _folded(words: Mapping[str, str], language: str) -> frozenset[str]:
    return frozenset(map(fold, words.get(language, "").split()))


def _says_nothing(word: str, language: str) -> bool:
    stem = term(word, language)
    return stem in stop_terms(language) or stem in _pleasantries(language)


@lru_cache(maxsize=32)
def _pleasantries(language: str) -> frozenset[str]:
    return frozenset(term(word, language) for word in _PLEASANTRIES.get(language, "").split())


def _is_mash(word: str) -> bool:
    """Return whether a word is a run of keys rather than a word of any language."""
    bare = "".join(_LETTERS.findall(fold(word)))
    if len(bare) < 2:
        return True
    if len(bare) < SHORTEST_JUDGED or not bare.isascii():
        return False
    if not _VOWELS & set(bare) and not _SYLLABIC & set(bare):
        return True
    if _REPEATED.search(bare) or _CONSONANTS.search(bare):
        return True
    return any(row[at : at + _ROW_RUN] in bare for row in _ROWS for at in range(len(row) - _ROW_RUN + 1))
