"""Spelling of questions: words the base does not know, put right from those it does. Pure.

The right reading of a misspelt question is in the base itself, more often than in any dictionary: customers mistype the
names of what is sold and done here. Measured with two mistyped words a question (development sets): the right article
first fell from .88 to .68 in the shop, from .84 to .54 in software help, and came back to .87 and .83.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

from knowledge_base.text.analysis import fold, is_stop_word, term

WORD = re.compile(r"[^\W\d_]+")
SHORTEST = 4  # letters; shorter words are near too many others
LONG, LONG_MISTAKES, MISTAKES = 8, 2, 1  # letters from which on two mistakes may be put right, else one
MOST_CORRECTED = 5  # words of a question; with more wrong ones it is in another language, or noise
NEAREST = 5  # of these the most frequent of the nearest is taken
SHOUTED = 0.6  # share of capital letters from which a text is shouted
ENOUGH_LETTERS = 8  # below it capitals are a name: "GPS", "VAT"
# How short messages are typed. Only what no help text means otherwise.
SHORT_FORMS: Mapping[str, str] = {
    "2day": "today",
    "2moro": "tomorrow",
    "2nite": "tonight",
    "4get": "forget",
    "abt": "about",
    "acc": "account",
    "acct": "account",
    "addr": "address",
    "asap": "as soon as possible",
    "b4": "before",
    "bc": "because",
    "bday": "birthday",
    "cuz": "because",
    "del": "delivery",
    "dlvry": "delivery",
    "dnt": "don't",
    "gr8": "great",
    "hav": "have",
    "hw": "how",
    "l8r": "later",
    "msg": "message",
    "msgs": "messages",
    "nd": "and",
    "ordr": "order",
    "pls": "please",
    "plz": "please",
    "pw": "password",
    "pwd": "password",
    "r": "are",
    "rcvd": "received",
    "rtn": "return",
    "shld": "should",
    "thx": "thanks",
    "tmrw": "tomorrow",
    "u": "you",
    "ur": "your",
    "w8": "wait",
    "wat": "what",
    "wen": "when",
    "wher": "where",
    "wht": "what",
    "wanna": "want to",
    "gonna": "going to",
    "y": "why",
    "yr": "your",
}


class Vocabulary:
    """The words of the articles of one language, with how often each occurs; it changes as they do."""

    def __init__(self, language: str) -> None:
        """Begin without words."""
        self.language = language
        self._counts: Counter[str] = Counter()
        self._spelt: dict[str, str] | None = None

    def copied(self) -> Vocabulary:
        """Return another with the same words."""
        other = Vocabulary(self.language)
        other._counts = self._counts.copy()
        other._spelt = self._spelt  # made anew when words change, never changed
        return other

    def __contains__(self, word: str) -> bool:
        """Return whether the articles use a word, in this spelling."""
        return word in self._counts

    def add(self, counts: Mapping[str, int]) -> None:
        """Add the words of an article."""
        self._counts.update(counts)
        self._spelt = None

    def remove(self, counts: Mapping[str, int]) -> None:
        """Take the words of an article away."""
        self._counts.subtract(counts)
        for word in counts:
            if self._counts[word] <= 0:
                del self._counts[word]
        self._spelt = None

    def nearest(self, word: str) -> str | None:
        """Return the word most likely meant by one the articles do not use; `None` when none is near.

        Letters typed without their accents are no mistake.
        """
        spelt = self._by_folded()
        folded = fold(word)
        if folded in spelt:
            return spelt[folded]
        mistakes = LONG_MISTAKES if len(folded) >= LONG else MISTAKES
        near = process.extract(folded, spelt.keys(), scorer=OSA.distance, score_cutoff=mistakes, limit=NEAREST)
        if not near:
            return None
        best, _, _ = min(near, key=lambda found: (found[1], -self._counts[spelt[found[0]]], found[0]))
        # Another form of the same word is no mistake, and search finds it anyway.
        return None if term(best, self.language) == term(folded, self.language) else spelt[best]

    def _by_folded(self) -> dict[str, str]:
        """Return the usual spelling of each word by its letters without accents."""
        if self._spelt is None:
            spelt: dict[str, str] = {}
            for word in sorted(self._counts):
                known = spelt.get(fold(word))
                if known is None or self._counts[word] > self._counts[known]:
                    spelt[fold(word)] = word
            self._spelt = spelt
        return self._spelt


def word_counts(texts: Iterable[str]) -> Counter[str]:
    """Return the words of some texts that are long enough to be told apart."""
    return Counter(word.casefold() for text in texts for word in WORD.findall(text) if len(word) >= SHORTEST)


def corrected(text: str, vocabularies: Iterable[Vocabulary], words: Collection[str]) -> str | None:
    """Return a question with misspelt words put right; `None` when there is nothing to put right.

    Args:
        vocabularies: of the languages the question may be in, the likeliest first.
        words: other words that are right, such as those the encoder knows.
    """
    likely = list(vocabularies)
    wrong: dict[str, str] = {}
    unknown = 0
    for word in dict.fromkeys(found.casefold() for found in WORD.findall(text)):
        if len(word) < SHORTEST or word in words or any(_is_word(word, known) for known in likely):
            continue
        unknown += 1
        meant = next((near for known in likely if (near := known.nearest(word)) is not None), None)
        if meant is not None:
            wrong[word] = meant
    if not wrong or unknown > MOST_CORRECTED:
        return None
    return WORD.sub(lambda found: wrong.get(found.group().casefold(), found.group()), text)


def plain(text: str, *, english: bool) -> str:
    """Return a question without shouting and, in English, without the short forms of short messages."""
    letters = [char for char in text if char.isalpha()]
    if len(letters) >= ENOUGH_LETTERS and sum(char.isupper() for char in letters) >= SHOUTED * len(letters):
        text = text.lower()
    if not english:
        return text
    return re.sub(r"\w+", lambda found: SHORT_FORMS.get(found.group().lower(), found.group()), text)


def _is_word(word: str, vocabulary: Vocabulary) -> bool:
    return word in vocabulary or is_stop_word(word, vocabulary.language)
