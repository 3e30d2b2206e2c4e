"""What a good observer would say about one scripted conversation, from the log an agent sees. Pure."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from tests.e2e.scripted_rows import Script, Wanted
from tests.support.languages import language_of
from tests.support.wire import Frame, is_bot_message

SAME_MESSAGE = 3  # times the bot may not say the very same thing
# What the bot may only say when it hands off in the same breath: somebody is coming, or you are being passed on.
# Offering a person ("I can pass you on", "would you like to talk to a person?") is not a promise.
PROMISE = re.compile(
    r"\b(?:i am|i'm|we are|we're) (?:now )?(?:passing|connecting|transferring|handing|forwarding|putting) "
    r"|\b(?:i will|i'll|we will|we'll|let me) (?:now )?(?:pass|connect|transfer|hand|forward|put) "
    r"|\b(?:somebody|someone|a colleague|a person|an agent) (?:is|will)\b"
    r"|\bpředáv(?:ám|áme)\b|\bpřed(?:ám|áme)\b|\bspoj(?:ím|íme)\b|\bpřepoj(?:uji|uju|ujeme|ím)\b"
    r"|\bkoleg(?:a|yně) (?:se|vám|vás)\b|\bvstupuje kolega\b"
    r"|\bperduod(?:u|ame)\b|\bperduosi(?:u|me)\b|\bsujungsi(?:u|me)\b|\b(?:kolega|žmogus) (?:su|par|at)\w+"
    r"|\bprisijungia kolega\b"
    r"|\bich (?:gebe|übergebe|verbinde|leite)\b|\b(?:und|daher|deshalb) (?:gebe|übergebe|verbinde|leite) (?:ich )?"
    r"|\b(?:kollegin|kollege) (?:kommt|meldet|wird|übernimmt)\b",
    re.IGNORECASE,
)


class Check(StrEnum):
    """One thing that is looked at. A conversation is right when it is handed off as it should be, or not at all."""

    OWNER = "owner"
    REASON = "reason"
    MOMENT = "moment"
    LANGUAGE = "language"
    ARTICLE = "article"
    ONE_LINE = "one line"
    LOOP = "no loop"
    ANSWERED = "nothing unanswered"
    PROMISE = "no empty promise"


HANDING_OFF = (Check.OWNER, Check.REASON, Check.MOMENT, Check.LANGUAGE)
ALWAYS = (Check.ONE_LINE, Check.LOOP, Check.ANSWERED, Check.PROMISE)  # of every conversation, without exception


@dataclass(frozen=True)
class Step:
    """One thing the customer did: when it was acknowledged, and how long the reply took (None: none was owed)."""

    number: int
    seq: int
    seconds: float | None


@dataclass(frozen=True)
class Held:
    """One conversation as it was held.

    Attributes:
        log: its events, as an agent sees them.
        steps: what the customer did.
        silent: the steps that got neither a reply nor a person, or an error instead of an `ack`; each with what it was.
    """

    conversation_id: str
    log: tuple[Frame, ...]
    steps: tuple[Step, ...]
    silent: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a conversation, check by check; nothing when all is well."""

    script: Script
    held: Held
    reason: str | None
    handed_off_at: int | None
    problems: dict[Check, str] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Whether the right party had it in the end, for the right reason, in time, told in the right language."""
        return not set(HANDING_OFF) & self.problems.keys()


def judge(script: Script, held: Held) -> Verdict:
    """Look at everything."""
    handoffs = [event for event in held.log if event["kind"] == "handoff"]
    reason = str(handoffs[-1]["handoff"]["reason"]) if handoffs else None
    step = _step_of(held, handoffs[0]) if handoffs else None
    found = {
        Check.OWNER: _owner(script, held),
        Check.REASON: _reason(script, reason),
        Check.MOMENT: _moment(script, step),
        Check.LANGUAGE: _language(script, held, handoffs),
        Check.ARTICLE: _article(script, reason, held.log),
        Check.ONE_LINE: _one_line(held.log, handoffs),
        Check.LOOP: _loop(held.log),
        Check.ANSWERED: "; ".join(held.silent),
        Check.PROMISE: _promise(held.log),
    }
    return Verdict(script, held, reason, step, {check: what for check, what in found.items() if what})


def shown_in(log: Iterable[Frame]) -> set[str]:
    """The articles the bot answered from."""
    said = [event["message"] for event in log if is_bot_message(event)]
    return {str(source["article_id"]) for message in said for source in message.get("sources") or ()}


def offered_in(log: Iterable[Frame]) -> set[str]:
    """The articles the bot offered as buttons."""
    said = [event["message"] for event in log if is_bot_message(event)]
    buttons = (article_of(button) for message in said for button in message.get("buttons") or ())
    return {article for article in buttons if article is not None}


def article_of(button: Frame) -> str | None:
    """The article a button stands for, if it stands for one."""
    name, brace, given = button["payload"].partition("{")
    return str(json.loads(brace + given)["article_id"]) if name == "/choose_article" else None


def _owner(script: Script, held: Held) -> str:
    person = _with_a_person(held.log)
    if script.wanted is Wanted.EITHER or person == (script.wanted is Wanted.QUEUE):
        return ""
    return "a person was called" if person else "no person was called"


def _with_a_person(log: tuple[Frame, ...]) -> bool:
    owners = [event["owner"] for event in log if event["kind"] == "owner"]
    return bool(owners) and owners[-1] in ("queue", "agent")


def _reason(script: Script, reason: str | None) -> str:
    if reason is None or script.wanted is Wanted.BOT or reason in script.why:
        return ""
    return f"handed off for {reason}, not {' or '.join(sorted(script.why))}"


def _moment(script: Script, step: int | None) -> str:
    if step is None or script.wanted is Wanted.BOT or script.earliest <= step <= script.latest:
        return ""
    return f"handed off at step {step}, not from {script.earliest} to {script.latest}"


def _article(script: Script, reason: str | None, log: tuple[Frame, ...]) -> str:
    """Whoever may get a person instead need not have been shown anything."""
    served = script.wanted is Wanted.EITHER and reason is not None
    found = shown_in(log) | offered_in(log)
    if not script.shows or served or script.shows & found:
        return ""
    return f"showed {', '.join(sorted(found)) or 'nothing'}, not {' or '.join(sorted(script.shows))}"


def _language(script: Script, held: Held, handoffs: list[Frame]) -> str:
    """The line of a handoff, and the bot's own words at the end, in the customer's language (articles are in theirs).

    A line in which no language is to be told is a wrong one: the customer could not tell either. Before the last step
    the customer may have written in another.
    """
    if script.language == "any":
        return ""
    last = max((step.seq for step in held.steps), default=0)
    at_the_end = [event["message"] for event in held.log if is_bot_message(event) and event["seq"] > last]
    own = [str(message["text"]) for message in at_the_end if not message.get("sources")]
    lines = [str(event["handoff"].get("line") or "") for event in handoffs]
    right = [(text, {script.language, None}) for text in own] + [(line, {script.language}) for line in lines]
    for text, languages in right:
        if text.strip() and language_of(text) not in languages:
            return f"in {language_of(text)}, not {script.language}: {text!r}"
    return ""


def _one_line(log: tuple[Frame, ...], handoffs: list[Frame]) -> str:
    if _with_a_person(log) and not handoffs:
        return "passed on in silence"
    if len(handoffs) > 1:
        return f"{len(handoffs)} lines"
    return "no line" if any(not str(event["handoff"].get("line") or "").strip() for event in handoffs) else ""


def _loop(log: tuple[Frame, ...]) -> str:
    said = Counter(event["message"]["text"] for event in log if is_bot_message(event))
    again = [text for text, count in said.items() if count >= SAME_MESSAGE]
    if again:
        return f"said {SAME_MESSAGE} times: {again[0]!r}"
    calls = Counter(event["episode"] for event in log if event["kind"] == "handoff")
    if any(count > 1 for count in calls.values()):
        return "handed off more than once in an episode"
    handed_off = next((event["seq"] for event in log if event["kind"] == "handoff"), None)
    if handed_off is not None and any(event["seq"] > handed_off and is_bot_message(event) for event in log):
        return "the bot spoke after the handoff"
    return ""


def _promise(log: tuple[Frame, ...]) -> str:
    """A bot message that says somebody comes. Articles may speak of people; the bot's own words may not."""
    for event in log:
        if is_bot_message(event) and not event["message"].get("sources") and PROMISE.search(event["message"]["text"]):
            return f"promised without a handoff: {event['message']['text']!r}"
    return ""


def _step_of(held: Held, handoff: Frame) -> int | None:
    """The step a handoff answers: a turn is written whole before the customer's next message."""
    return max((step.number for step in held.steps if step.seq <= handoff["seq"]), default=None)
