"""What asks for nobody: code, signs without words, and people who want nobody called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.unparsed import is_wordless, wordless_intent
from bot.escalation.code import beside_code
from bot.escalation.declined import declines
from bot.escalation.rules import decide
from bot.escalation.thresholds import Thresholds
from bot.escalation.turns import Act, CustomerTurn, Reason

LIMITS = Thresholds()


@pytest.mark.parametrize(
    "text",
    [
        '{"kind": "event", "to": "person"}',
        '[{"id": 1, "tags": ["human", {"b": "agent"}]}]',
        "SELECT * FROM customers;",
        "x'; drop table staff; --",
        "' or 'a'='a",
        "<p class=x></p><script>call('agent')</script>",
        "function f(person) { return person.name; }",
        "{{config.items()}} ${env:USER} %s%d%n",
        "const operator = find('human')",
        '"agent": "yes", "now": true',
    ],
)
def test_code_is_understood_by_nobody_and_asks_for_nobody(text: str) -> None:
    assert is_wordless(text)
    assert wordless_intent(text) == "unclear"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('the shop shows {"error": "agent"}, what now?', "the shop shows  , what now?"),
        ("<b>I want</b> a refund", "I want  a refund"),
        ("update my address in the account please; select the blue one from the list", None),
        ("can I get it {or the blue one} (size 42); thanks", None),
        ("let me know (soon); I want a human", None),
        ("5 < 6 but I <3 you, 50% off", None),
        ("[agent]", None),
    ],
)
def test_what_is_said_beside_code_counts(text: str, left: str | None) -> None:
    assert beside_code(text).split() == (text if left is None else left).split()
    assert not is_wordless(text)


@given(st.text(alphabet="{}[]<>\"':;,=()%$ab1 \n/-", max_size=3_000))
def test_any_heap_of_signs_is_read_in_no_time(text: str) -> None:
    assert len(beside_code(text)) <= len(text) + text.count('"') + 1


def test_wordless_intents() -> None:
    found = {sign: wordless_intent(sign) for sign in ("👍", "👎", "👋", "🙏", "😡", "…")}
    assert found == {
        "👍": "affirm",
        "👎": "deny",
        "👋": "greet",
        "🙏": "thank",
        "😡": "unclear",
        "…": "unclear",
    }


@pytest.mark.parametrize(
    "text",
    [
        "don't pass me on to anyone, I only need the price list",
        "no need to fetch a colleague for this: how long is the warranty",
        "I'd rather not talk to anybody, where does it say so?",
        "nespojujte mě s nikým, jen napište cenu",
        "nemusíte volat kolegu, stačí odkaz",
        "nereikia jungti konsultanto, tik parašykite kainą",
        "verbinden Sie mich nicht weiter, ich suche nur die Preise",
        "ich möchte mit niemandem sprechen, wo steht das?",
    ],
)
def test_who_wants_nobody_called_gets_nobody(text: str) -> None:
    assert declines(text)
    decision = decide([CustomerTurn(text, request=0.99, question=0.9)], LIMITS)
    assert decision is None or decision.act is not Act.HAND_OFF


@pytest.mark.parametrize(
    "text",
    [
        "why don't you put me through to someone",
        "I don't want to talk to a bot",
        "don't transfer me to another department, let me speak with the manager",
        "I don't want to talk to anyone but your boss",
        "I have waited two hours without speaking to anyone",
        "I never get anybody on the phone",
        "don't call me, connect me here and now",
        "proč mě nespojíte s člověkem",
        "nechci mluvit s robotem",
        "nenoriu kalbėti su robotu",
        "warum verbinden Sie mich nicht",
        "ich brauche keinen Bot, sondern einen Menschen",
    ],
)
def test_other_words_for_no_still_ask(text: str) -> None:
    assert not declines(text)
    decision = decide([CustomerTurn(text, request=0.99)], LIMITS)
    assert decision is not None
    assert decision.reason is Reason.CUSTOMER_REQUEST
