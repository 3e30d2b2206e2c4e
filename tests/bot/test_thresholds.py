"""Thresholds as they are read from the configuration."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsError
from bot.escalation.rules import decide
from bot.escalation.thresholds import LANGUAGES, Thresholds
from bot.escalation.turns import CustomerTurn, Reason
from tests.bot.system import ROOT


def committed() -> dict[str, Any]:
    """The policy's part of the committed configuration."""
    config = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))
    return next(dict(part) for part in config["policies"] if part["name"].endswith("EscalationPolicy"))


def test_the_committed_configuration_is_read() -> None:
    limits = Thresholds.from_config(committed())
    for name in ("request", "frustration", "upset"):
        for language in LANGUAGES:
            assert limits.in_language(name, language) == committed()[name][language]


def test_one_number_means_all_languages() -> None:
    limits = Thresholds.from_config({"request": 0.7})
    assert {limits.in_language("request", language) for language in (*LANGUAGES, "xx")} == {0.7}


def test_a_language_that_is_not_named_is_read_as_english() -> None:
    limits = Thresholds.from_config({"request": {"en": 0.7, "cs": 0.2}})
    assert limits.in_language("request", "cs") == 0.2
    assert limits.in_language("request", "lt") == limits.in_language("request", "fr") == 0.7


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_customers_language_decides_which_one_counts(language: str) -> None:
    numbers = dict.fromkeys(LANGUAGES, 0.9) | {language: 0.5}
    limits = Thresholds.from_config({"request": numbers, "frustration": numbers})
    for asked_in in LANGUAGES:
        request = decide([CustomerTurn("x", request=0.6, language=asked_in)], limits)
        anger = decide([CustomerTurn("x", frustration=0.6, language=asked_in)], limits)
        assert (request is not None and request.reason is Reason.CUSTOMER_REQUEST) == (asked_in == language)
        assert (anger is not None and anger.reason is Reason.FRUSTRATION) == (asked_in == language)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"request": "often"}, "request is 'often'; it must be a number from 0 to 1"),
        ({"request": 1.2}, "request is 1.2"),
        ({"frustration": {"en": 0.5, "cs": -1}}, "frustration.cs is -1"),
        ({"frustration": {"en": 0.5, "cz": 0.5}}, "the language 'cz'; there are en, cs, lt, de"),
        ({"frustration": {"cs": 0.5}}, "frustration must name en"),
        ({"question": {"en": 0.5}}, "question must be one number"),
        ({"question": True}, "question is True"),
        ({"question": None}, "question is None"),
        ({"question": float("nan")}, "question is nan"),
    ],
)
def test_nonsense_is_refused_by_name_and_limit(config: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(words)):
        Thresholds.from_config(config)


ANYTHING = st.floats() | st.none() | st.text(max_size=3) | st.integers() | st.booleans()


@given(st.dictionaries(st.sampled_from([*LANGUAGES, "xx"]), ANYTHING) | ANYTHING)
def test_whatever_is_read_is_a_probability(numbers: Any) -> None:
    given_numbers = numbers.values() if isinstance(numbers, dict) else [numbers]
    well = all(type(number) in (int, float) and 0 <= number <= 1 for number in given_numbers)
    if isinstance(numbers, dict):
        well = well and "en" in numbers and "xx" not in numbers
    if not well:
        with pytest.raises(SettingsError, match="request"):
            Thresholds.from_config({"request": numbers})
        return
    limits = Thresholds.from_config({"request": numbers})
    assert all(0 <= limits.in_language("request", language) <= 1 for language in (*LANGUAGES, "xx"))
