"""Single messages and the acceptance drive, each sent to the whole running system by a customer of its own."""

import asyncio
import tempfile
from collections import Counter
from pathlib import Path

from scripts.settings import ROOT
from scripts.system import System, gateway_url, running_system
from tests.e2e.acceptance import SHOP_QUESTIONS, Reasons, drive, handoff_reason, report, rows
from tests.e2e.scripted import section as scripted_conversations
from tests.support.wire import Customer, Frame

MESSAGES = ROOT / "data/evaluation/escalation/messages.jsonl"
REASON_OF = {"request": "customer_request", "frustration": "frustration"}
AT_ONCE = 4  # customers at the same time


async def reason_for(gateway_ws: str, row: Frame, reasons: Reasons) -> str:
    """Send one message as a new customer; why it was handed off, or an empty string."""
    async with Customer(gateway_ws, language=row["language"]) as customer:
        turn = await customer.ask(row["text"])
        reason = await reasons.of(customer.conversation_id) if handoff_reason(turn) else None
        await customer.put({"type": "end"})
    return reason or ""


async def all_reasons(system: System, asked: list[Frame]) -> list[str]:
    """Send every message, a few customers at a time; one reason each, in order."""
    reasons = Reasons(gateway_url(system.settings), system.service_token())
    room = asyncio.Semaphore(AT_ONCE)

    async def one(row: Frame) -> str:
        async with room:
            return await reason_for(f"ws://127.0.0.1:{system.settings.gateway_ws_port}", row, reasons)

    return await asyncio.gather(*(one(row) for row in asked))


def share(part: int, whole: int) -> str:
    """A share with its numbers, so that nobody takes three messages for a percentage."""
    return f"{part / whole:.2f} ({part} of {whole})" if whole else "–"


def trigger_table(asked: list[Frame], found: list[str]) -> str:
    """Precision and recall per trigger and split, and what was handed off needlessly."""
    lines = ["| split | trigger | recall | precision |", "|---|---|---|---|"]
    for split in ("dev", "test"):
        pairs = [(row["label"], reason) for row, reason in zip(asked, found, strict=True) if row["split"] == split]
        for label, reason in REASON_OF.items():
            meant = sum(known == label for known, _ in pairs)
            fired = sum(given == reason for _, given in pairs)
            both = sum(known == label and given == reason for known, given in pairs)
            lines.append(f"| {split} | `{reason}` | {share(both, meant)} | {share(both, fired)} |")
    return "\n".join(lines)


def false_alarm_line(asked: list[Frame], found: list[str]) -> str:
    """How many ordinary questions of the shop's test split woke a person at once, and why."""
    woken = Counter(reason for reason in found if reason)
    named = ", ".join(f"{count} × `{reason}`" for reason, count in woken.most_common())
    return (
        f"Of {len(asked)} routine questions of the shop's test split, {share(woken.total(), len(asked))} were "
        f"handed to a person at once{': ' + named if named else ''}."
    )


def escalation_section() -> str:
    """Run the whole system and measure it over its wire."""
    messages = rows(MESSAGES)
    routine = [row for row in rows(SHOP_QUESTIONS) if row["split"] == "test" and row["kind"] == "routine"]
    with tempfile.TemporaryDirectory(prefix="tandem-evaluate-") as var, running_system(Path(var)) as system:
        found = asyncio.run(all_reasons(system, messages))
        woken = asyncio.run(all_reasons(system, routine))
        scores = asyncio.run(
            drive(
                gateway_url(system.settings),
                f"ws://127.0.0.1:{system.settings.gateway_ws_port}",
                system.service_token(),
            )
        )
    return "\n\n".join(
        [
            trigger_table(messages, found),
            false_alarm_line(routine, woken),
            "The acceptance drive:",
            f"```\n{report(scores)}\n```",
        ]
    )


def scripted_section() -> str:
    """Hold the scripted conversations with a whole system of their own."""
    with tempfile.TemporaryDirectory(prefix="tandem-evaluate-") as var, running_system(Path(var)) as system:
        return scripted_conversations(system)
