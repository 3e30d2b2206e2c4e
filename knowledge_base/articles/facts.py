"""What a text states in numbers, days and negations, and where two texts about the same differ. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge_base.text.analysis import stop_terms, terms

_NUMBER = re.compile(r"(?P<before>[€$£])?\s?(?P<number>\d+(?:[.,:]\d+)*)\s?(?P<after>%|[€$£]|[^\W\d_]+)?")
_COUNTING = re.compile(r"\d+(?:[.,:]\d+)*(?:\s[^\W\d_]+){1,2}")  # "5 days", "5 working days"; never "5 € a parcel"
_CLAUSE_END = re.compile(r"[,;:–—]\s")
_DAYS = {
    "en": "monday tuesday wednesday thursday friday saturday sunday weekend",
    "cs": "pondělí úterý středa čtvrtek pátek sobota neděle víkend",
    "de": "montag dienstag mittwoch donnerstag freitag samstag sonntag wochenende",
    "lt": "pirmadienis antradienis trečiadienis ketvirtadienis penktadienis šeštadienis sekmadienis savaitgalis",
}
_NEGATIONS = {
    "en": re.compile(r"\b(?:not|no|never|cannot|none|neither|without)\b|n['’]t\b", re.IGNORECASE),
    "cs": re.compile(
        r"\b(?:není|nejsou|nelze|nikdy|žádn\w+|bez|nemůž\w*|nesm\w*|nebud\w*|nepřij\w*|nevrac\w*|neposíl\w*)\b",
        re.IGNORECASE,
    ),
    "de": re.compile(r"\b(?:nicht|kein\w*|nie|niemals|ohne)\b", re.IGNORECASE),
    "lt": re.compile(r"\b(?:ne|nėra|negali\w*|nepriim\w*|nesiun\w*|nebe\w*|niekada|jok\w+|be)\b", re.IGNORECASE),
}
# Share of the telling words of the shorter and of the longer of two sentences that both must have to be held against
# each other. With the first alone every short sentence contradicts some long one; with the second at .5 (.75 for a
# negation, which turns the whole sentence) the demo articles in three languages keep three such warnings of nineteen,
# and sentences that are the same but for what they state keep theirs.
SAME_SENTENCE = 0.6
SAME_WHOLE = 0.5
SAME_NEGATED = 0.75
CURRENCIES = frozenset("€$£")
COUNTED = frozenset({"tag"})  # stop words that are what a number counts: "14 Tage"


def quantities(text: str, language: str) -> dict[str, set[str]]:
    """Return the numbers of a text by what they count: `{"day": {"30"}, "€": {"5"}}`; bare numbers are left out."""
    found: dict[str, set[str]] = {}
    for match in _NUMBER.finditer(text):
        unit = match["before"] or match["after"] or ""
        if unit and unit not in CURRENCIES and unit != "%":
            unit = next((a for a in terms(unit, language) if a in COUNTED or a not in stop_terms(language)), "")
        if unit:
            found.setdefault(unit, set()).add(match["number"].replace(",", "."))
    return found


def days(text: str, language: str) -> set[str]:
    """Return the days of the week a text names."""
    named = {a_term: day for day in _DAYS.get(language, "").split() for a_term in terms(day, language)}
    return {named[a_term] for a_term in terms(text, language) if a_term in named}


def differences(first: Sequence[str], second: Sequence[str], language: str) -> list[str]:
    """Return what two texts, given as sentences, state differently about the same, each as a short sentence."""
    found: list[str] = []
    for one in first:
        for other in second:
            if one != other and _alike(one, other, language):
                found += _difference(one, other, language)
    return list(dict.fromkeys(found))


def _difference(one: str, other: str, language: str) -> list[str]:
    same_subject = _same_words(_telling(_uncounted(one), language), _telling(_uncounted(other), language))
    mine, theirs = (quantities(each, language) if same_subject else {} for each in (one, other))
    found = [
        f"{unit}: {', '.join(sorted(mine[unit]))} against {', '.join(sorted(theirs[unit]))}"
        for unit in sorted(mine.keys() & theirs.keys())
        if mine[unit].isdisjoint(theirs[unit])
    ]
    my_days, their_days = days(one, language), days(other, language)
    negation = _NEGATIONS.get(language)
    # "Not on Sunday" says the same as "from Monday to Saturday".
    days_differ = bool(my_days) and bool(their_days) and my_days.isdisjoint(their_days)
    turned = negation is not None and bool(negation.search(one)) != bool(negation.search(other))
    turned = turned and (_turns(one, other, language) or _turns(other, one, language))
    if turned and not days_differ and _overlap(one, other, language) >= SAME_NEGATED:
        found.append(f"“{one.strip()}” against “{other.strip()}”")
    if days_differ and not turned:
        found.append(f"{', '.join(sorted(my_days))} against {', '.join(sorted(their_days))}")
    return found


def _alike(one: str, other: str, language: str) -> bool:
    mine, theirs = _telling(one, language), _telling(other, language)
    return len(mine & theirs) >= 2 and _same_words(mine, theirs)


def _same_words(mine: set[str], theirs: set[str]) -> bool:
    both = len(mine & theirs)
    least, most = sorted((len(mine), len(theirs)))
    return both > 0 and both >= SAME_SENTENCE * least and both >= SAME_WHOLE * most


def _uncounted(text: str) -> str:
    """Leave out what numbers count: that two sentences both speak of working days does not make them about the same."""
    return _COUNTING.sub(" ", text)


def _turns(one: str, other: str, language: str) -> bool:
    """Return whether a clause of `one` with a negation in it is about anything that `other` speaks of."""
    negation = _NEGATIONS[language]
    clauses = [_telling(clause, language) for clause in _CLAUSE_END.split(one) if negation.search(clause)]
    return any(not words or words & _telling(other, language) for words in clauses)


def _overlap(one: str, other: str, language: str) -> float:
    """Return which share of the longer sentence's telling words the other has too."""
    mine, theirs = _telling(one, language), _telling(other, language)
    return len(mine & theirs) / max(len(mine), len(theirs), 1)


def _telling(text: str, language: str) -> set[str]:
    named = {a_term for day in _DAYS.get(language, "").split() for a_term in terms(day, language)}
    skipped = stop_terms(language) | named
    return {a_term for a_term in terms(text, language) if a_term not in skipped and not a_term.isdigit()}
