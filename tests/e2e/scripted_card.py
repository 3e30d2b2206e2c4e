"""The scorecard of the scripted conversations, as Markdown, with every failure."""

import statistics
from collections.abc import Callable, Iterable, Sequence

from tests.e2e.scripted_rows import KINDS, LANGUAGES, Button
from tests.e2e.scripted_verdict import ALWAYS, HANDING_OFF, Check, Verdict
from tests.support.wire import is_bot_message

# Share of conversations that must be right, below which something broke; docs/evaluation.md has what is reached.
# What must hold in every single one is in ALWAYS.
NEEDED = 0.8
SHOWN = 72  # characters of a message in the list of failures


def passed(verdicts: Sequence[Verdict]) -> bool:
    """Whether enough are right, and none breaks what must always hold."""
    right = sum(verdict.right for verdict in verdicts)
    return right >= NEEDED * len(verdicts) and not any(set(ALWAYS) & verdict.problems.keys() for verdict in verdicts)


def markdown(verdicts: Sequence[Verdict]) -> str:
    """The tables by kind and language, the turn times, and what went wrong where."""
    return "\n\n".join(
        part
        for part in (
            _table("kind", KINDS, verdicts, lambda verdict: verdict.script.kind),
            _table("language", LANGUAGES, verdicts, lambda verdict: verdict.script.language),
            times(verdicts),
            failures(verdicts),
        )
        if part
    )


def times(verdicts: Iterable[Verdict]) -> str:
    """How long the customers waited for a reply, from the socket."""
    waits = sorted(
        step.seconds * 1000 for verdict in verdicts for step in verdict.held.steps if step.seconds is not None
    )
    if len(waits) < 2:
        return ""
    p95 = statistics.quantiles(waits, n=20, method="inclusive")[-1]
    return (
        f"{len(waits)} turns, from sending to the reply at the socket: p50 {statistics.median(waits):.0f} ms, "
        f"p95 {p95:.0f} ms, longest {waits[-1]:.0f} ms."
    )


def failures(verdicts: Iterable[Verdict]) -> str:
    """One line for each conversation with a problem."""
    wrong = [verdict for verdict in verdicts if verdict.problems]
    lines = [f"{verdict.script.id}: {_problems(verdict)} ({_said(verdict)})" for verdict in wrong]
    return "```\n" + "\n".join(lines) + "\n```" if lines else ""


def transcript(verdict: Verdict) -> str:
    """All that was said in one conversation, and the verdict."""
    lines = [f"--- {verdict.script.id} ({verdict.held.conversation_id})"]
    for event in verdict.held.log:
        if event["kind"] == "message":
            message = event["message"]
            buttons = " ".join(f"[{button['title']}]" for button in message.get("buttons") or ())
            lines.append(f"{message['role']:>8}: {message['text']} {buttons}")
        elif event["kind"] == "handoff":
            lines.append(f" handoff: {event['handoff']['reason']}: {event['handoff']['line']}")
            lines.append(f"          {event['handoff'].get('signals')}")
    return "\n".join([*lines, f" verdict: {_problems(verdict) or 'right'}"])


def _table(title: str, names: Sequence[str], verdicts: Sequence[Verdict], group: Callable[[Verdict], str]) -> str:
    lines = [
        f"| {title} | conversations | right | {' | '.join((*HANDING_OFF, *ALWAYS))} | article |",
        "|---" * (4 + len(HANDING_OFF) + len(ALWAYS)) + "|",
    ]
    rows = [(name, [verdict for verdict in verdicts if group(verdict) == name]) for name in names]
    for name, members in [*rows, ("**all**", list(verdicts))]:
        if members:
            right = _share(sum(verdict.right for verdict in members), len(members))
            kept = [_kept(members, check) for check in (*HANDING_OFF, *ALWAYS)]
            shown = _kept([verdict for verdict in members if verdict.script.shows], Check.ARTICLE)
            lines.append(f"| {' | '.join([name, str(len(members)), right, *kept, shown])} |")
    return "\n".join(lines)


def _kept(members: Sequence[Verdict], check: Check) -> str:
    return _share(sum(check not in verdict.problems for verdict in members), len(members))


def _share(part: int, whole: int) -> str:
    return "–" if not whole else "all" if part == whole else f"{part} of {whole}"


def _problems(verdict: Verdict) -> str:
    return "; ".join(f"{check}: {what}" for check, what in verdict.problems.items())


def _said(verdict: Verdict) -> str:
    said = [str(step) if isinstance(step, Button) else step for step in verdict.script.says]
    text = " / ".join(said)
    replies = sum(is_bot_message(event) for event in verdict.held.log)
    return f"“{text if len(text) <= SHOWN else text[: SHOWN - 1] + '…'}”, {replies} replies"
