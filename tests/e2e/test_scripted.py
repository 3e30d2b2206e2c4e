"""The scripted conversations: that the scripts are sound, that each check can fail, and a sample against the system."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from handoff_gateway.core.lines import LINES
from scripts.settings import ROOT
from tests.e2e.conftest import Running
from tests.e2e.scripted import hold_all
from tests.e2e.scripted_card import ALWAYS, failures, markdown, passed, times, transcript
from tests.e2e.scripted_rows import LANGUAGES, Button, Script, Wanted, all_scripts, scripts_of
from tests.e2e.scripted_verdict import PROMISE, Check, Held, Step, Verdict, judge
from tests.support.languages import language_of

EVERY = 7  # every seventh script: 43 of all kinds and languages, in well under a minute
RESPONSES = ROOT / "bot/domain/responses.yml"

Event = dict[str, Any]


# --- the scripts ------------------------------------------------------------------------------------------------------


def test_there_are_three_hundred_of_all_kinds_and_none_twice() -> None:
    scripts = all_scripts()
    assert len(scripts) == 300
    assert min(Counter(script.kind for script in scripts).values()) >= 30
    assert len({script.id for script in scripts}) == 300
    assert len({script.says for script in scripts}) == 300
    assert min(Counter(script.language for script in scripts if script.language != "any").values()) >= 30


def test_scripts_name_articles_that_exist() -> None:
    articles = {path.stem for path in (ROOT / "data/knowledge").glob("*.md")}
    assert [(s.id, s.shows - articles) for s in all_scripts() if s.shows - articles] == []


def test_scripts_are_not_what_the_bot_was_trained_on() -> None:
    """A sentence of five words or more stands in no training file: the figures would be too kind."""
    trained = "\n".join(path.read_text(encoding="utf-8").casefold() for path in (ROOT / "data/nlu").rglob("*.yml"))
    said = {(script.id, step) for script in all_scripts() for step in script.says if not isinstance(step, Button)}
    assert [(name, text) for name, text in said if len(text.split()) > 4 and text.casefold() in trained] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "vague-01"}, "id"),
        ({"language": "fr"}, "language"),
        ({"page": "any"}, "language"),
        ({"says": ["hm"] * 7}, "says"),
        ({"says": []}, "says"),
        ({"why": []}, "why"),
        ({"why": ["boredom"]}, "why"),
        ({"owner": "bot"}, "why"),
        ({"from": 3}, "from/by"),
        ({"by": 9}, "from/by"),
        ({"until": 2}, "until"),
    ],
)
def test_a_script_that_is_not_sound_is_refused_by_name(tmp_path: Path, change: Event, field: str) -> None:
    row = {"id": "angry-01", "language": "en", "says": ["hm", "no"], "owner": "queue", "why": ["frustration"], **change}
    (tmp_path / "angry.yml").write_text(yaml.safe_dump([row]), encoding="utf-8")
    with pytest.raises(ValueError, match=f"{row['id']}.*{field}"):
        scripts_of(tmp_path / "angry.yml")


# --- the judge --------------------------------------------------------------------------------------------------------

SCRIPT = Script(
    "angry-01",
    "angry",
    "en",
    "en",
    ("hello", "this is hopeless"),
    Wanted.QUEUE,
    frozenset({"frustration"}),
    2,
    2,
    frozenset(),
)


def log_of(*events: Event) -> tuple[Event, ...]:
    """Number events of one episode."""
    return tuple({"seq": seq, "episode": 1, **event} for seq, event in enumerate(events, 1))


def said(role: str, text: str, **more: Any) -> Event:
    return {"kind": "message", "message": {"role": role, "text": text, **more}}


def handoff(reason: str = "frustration", line: str = "I am passing this on to a colleague.") -> Event:
    return {"kind": "handoff", "handoff": {"reason": reason, "line": line}}


QUEUED = {"kind": "owner", "owner": "queue"}
GOOD = (said("customer", "hello"), said("bot", "Hello!"), said("customer", "this is hopeless"), handoff(), QUEUED)


def verdict_on(script: Script, *events: Event, **more: Any) -> Verdict:
    log = log_of(*events)
    wrote = [e["seq"] for e in log if e["kind"] == "message" and e["message"]["role"] == "customer"]
    steps = tuple(Step(number, seq, 0.1) for number, seq in enumerate(wrote, 1))
    return judge(script, Held("con_1", log, steps, **more))


def test_a_good_conversation_has_no_problems() -> None:
    verdict = verdict_on(SCRIPT, *GOOD)
    assert (verdict.right, verdict.reason, verdict.handed_off_at, verdict.problems) == (True, "frustration", 2, {})


@pytest.mark.parametrize(
    ("check", "events"),
    [
        (Check.OWNER, GOOD[:3]),
        (Check.REASON, (*GOOD[:3], handoff("low_confidence"), QUEUED)),
        (Check.MOMENT, (GOOD[0], handoff(), QUEUED, GOOD[2])),
        (Check.ONE_LINE, (*GOOD[:3], QUEUED)),
        (Check.ONE_LINE, (*GOOD[:3], handoff(line=" "), QUEUED)),
        (Check.LANGUAGE, (*GOOD[:3], handoff(line="Předávám tuto konverzaci kolegovi."), QUEUED)),
        (Check.ONE_LINE, (*GOOD[:3], handoff(), handoff(), QUEUED)),
        (Check.LOOP, (*GOOD[:3], handoff(), handoff(), QUEUED)),
        (Check.LOOP, (*GOOD[:2], GOOD[1], GOOD[1], *GOOD[2:])),
        (Check.LOOP, (*GOOD, said("bot", "Did that help?"))),
        (Check.PROMISE, (*GOOD[:1], said("bot", "One moment, I'll connect you."), *GOOD[2:])),
    ],
)
def test_each_check_can_fail(check: Check, events: tuple[Event, ...]) -> None:
    assert check in verdict_on(SCRIPT, *events).problems


def test_silence_is_a_problem() -> None:
    assert Check.ANSWERED in verdict_on(SCRIPT, *GOOD, silent=("step 2 got nothing",)).problems


def test_whoever_may_be_served_by_both_may_not_be_handed_off_for_any_reason() -> None:
    either = replace(SCRIPT, wanted=Wanted.EITHER)
    assert verdict_on(either, *GOOD[:3]).right
    assert verdict_on(either, *GOOD).right
    assert not verdict_on(either, *GOOD[:3], handoff("turn_limit"), QUEUED).right


def test_an_article_counts_when_shown_and_when_offered() -> None:
    wants = replace(SCRIPT, shows=frozenset({"wool-care"}))
    shown = said("bot", "Wash it cold.", sources=[{"article_id": "wool-care"}])
    offered = said(
        "bot", "One of these?", buttons=[{"title": "Wool", "payload": '/choose_article{"article_id": "wool-care"}'}]
    )
    assert Check.ARTICLE in verdict_on(wants, *GOOD).problems
    assert Check.ARTICLE not in verdict_on(replace(wants, wanted=Wanted.EITHER), *GOOD).problems
    assert Check.ARTICLE not in verdict_on(wants, shown, *GOOD).problems
    assert Check.ARTICLE not in verdict_on(wants, offered, *GOOD).problems


def test_an_article_may_speak_of_people() -> None:
    told = said("bot", "Someone will look at it within a day.", sources=[{"article_id": "contact-us"}])
    assert Check.PROMISE not in verdict_on(SCRIPT, told, *GOOD).problems


def spoken() -> list[tuple[str, str, str]]:
    """Everything the bot and the gateway say of their own: name, language, text."""
    found = [(name, language, line) for language, lines in LINES.items() for name, line in lines.items()]
    for name, variants in yaml.safe_load(RESPONSES.read_text(encoding="utf-8"))["responses"].items():
        for variant in variants:
            language = next((c["value"] for c in variant.get("condition") or () if c["name"] == "language"), "en")
            found.append((name.removeprefix("utter_"), language, variant["text"]))
    return found


def test_lines_of_a_handoff_are_promises_and_nothing_else_the_bot_says_is() -> None:
    lines = {name for language in LINES.values() for name in language}
    for name, language, text in spoken():
        is_line = name in lines or name.startswith("handoff_")
        assert bool(PROMISE.search(text)) == is_line, (name, language, text)


def test_what_the_bot_says_is_told_by_its_language() -> None:
    lines = [(language, text) for _, language, text in spoken() if PROMISE.search(text)]
    assert [(language, text) for language, text in lines if language_of(text) != language] == []
    told = [(language, language_of(text)) for _, language, text in spoken()]
    assert {pair for pair in told if pair[1] is not None} == {(language, language) for language in LANGUAGES[:-1]}
    assert language_of("42") is None


def test_language_slip_qnabot_838() -> None:
    """The bot's own words after the customer's last message are in the customer's language, like the line."""
    czech, kept = replace(SCRIPT, language="cs"), GOOD[:3]
    assert Check.LANGUAGE in verdict_on(czech, *kept, said("bot", "Did that help?")).problems
    assert Check.LANGUAGE not in verdict_on(czech, *kept, said("bot", "Pomohlo to?")).problems
    article = said("bot", "Wash it cold. Did that help?", sources=[{"article_id": "wool-care"}])
    assert Check.LANGUAGE not in verdict_on(czech, *kept, article).problems


def test_the_scorecard_counts_and_names_what_failed() -> None:
    good, bad = verdict_on(SCRIPT, *GOOD), verdict_on(SCRIPT, *GOOD[:3])
    silent = verdict_on(SCRIPT, *GOOD, silent=("step 2 got nothing",))
    assert passed([good])
    assert not passed([good, bad])
    assert passed([good] * 9 + [bad])
    assert not passed([good] * 99 + [silent])
    card = markdown([good, bad])
    assert "| angry | 2 | 1 of 2 |" in card
    assert "angry-01: owner: no person was called" in failures([good, bad])
    assert "p95 100 ms" in times([good, bad])
    assert "handoff: frustration" in transcript(good)
    assert all(str(check) in card for check in ALWAYS)


# --- the system -------------------------------------------------------------------------------------------------------


async def test_a_sample_is_handled_as_a_good_observer_would_want(running: Running) -> None:
    """Nearly all right; and in every one exactly one line, a reply to everything, no loop and no empty promise."""
    verdicts = await hold_all(running.http, running.ws, running.system.service_token(), all_scripts()[::EVERY])
    assert passed(verdicts), "\n" + markdown(verdicts)
