"""What a text states in numbers, days and negations, and where two texts about the same differ. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from knowledge_base.text.analysis import stop_terms, terms

_NUMBER = re.compile(r"(?P<before>[€$£])?\s?(?P<number>\d+(?:[.,:]\d+)*)\s?(?P<after>%|[€$£]|[^\W\d_]+)?")
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
SAME_SENTENCE = 0.6  # share of telling words two sentences must have in common to be held against each other
CURRENCIES = frozenset("€$£")


def quantities(text: str, language: str) -> dict[str, set[str]]:
    """Return the numbers of a text by what they count: `{"day": {"30"}, "€": {"5"}}`; bare numbers are left out."""
    found: dict[str, set[str]] = {}
    for match in _NUMBER.finditer(text):
        unit = match["before"] or match["after"] or ""
        if unit and unit not in CURRENCIES and unit != "%":
            unit = next((a_term for a_term in terms(unit, language) if a_term not in stop_terms(language)), "")
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
    mine, theirs = quantities(one, language), quantities(other, language)
    found = [
        f"{unit}: {', '.join(sorted(mine[unit]))} against {', '.join(sorted(theirs[unit]))}"
        for unit in sorted(mine.keys() & theirs.keys())
        if mine[unit].isdisjoint(theirs[unit])
    ]
    my_days, their_days = days(one, language), days(other, language)
    if my_days and their_days and my_days.isdisjoint(their_days):
        found.append(f"{', '.join(sorted(my_days))} against {', '.join(sorted(their_days))}")
    negation = _NEGATIONS.get(language)
    if negation is not None and bool(negation.search(one)) != bool(negation.search(other)):
        found.append(f"“{one.strip()}” against “{other.strip()}”")
    return found


def _alike(one: str, other: str, language: str) -> bool:
    mine, theirs = _telling(one, language), _telling(other, language)
    both = mine & theirs
    return len(both) >= 2 and len(both) >= SAME_SENTENCE * min(len(mine), len(theirs))


def _telling(text: str, language: str) -> set[str]:
    named = {a_term for day in _DAYS.get(language, "").split() for a_term in terms(day, language)}
    skipped = stop_terms(language) | named
    return {a_term for a_term in terms(text, language) if a_term not in skipped and not a_term.isdigit()}
