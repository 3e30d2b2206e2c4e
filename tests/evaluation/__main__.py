"""`make evaluate`: how well search answers, and how well the whole system knows when a person is needed.

Search is measured on `data/evaluation/shop` and on every labelled set in the folder that `EVALUATION_DATA` names (see
docs/evaluation.md); escalation on `data/evaluation/escalation`, each message sent over the wire by its own customer,
and on the whole conversations of `data/evaluation/scripted`.
Prints the tables and writes them into docs/evaluation.md, the figures into docs/evaluation.json, the pictures into
docs/images.

    python -m tests.evaluation            # everything
    python -m tests.evaluation --search   # search alone, without starting the system
"""

import argparse
import asyncio
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from scripts.settings import ROOT
from scripts.system import System, gateway_url, running_system
from scripts.train import train_if_needed
from tests.e2e.acceptance import SHOP_QUESTIONS, Reasons, drive, handoff_reason, report, rows
from tests.e2e.scripted import section as scripted_conversations
from tests.support.report import measured_with, write_between
from tests.support.wire import Customer, Frame

PAGE = ROOT / "docs/evaluation.md"
FIGURES = ROOT / "docs/evaluation.json"
PICTURES = ROOT / "docs/images"
PEER = ROOT / ".venv-peer/bin/python"
MESSAGES = ROOT / "data/evaluation/escalation/messages.jsonl"
REASON_OF = {"request": "customer_request", "frustration": "frustration"}
AT_ONCE = 4  # customers at the same time


def search_table() -> str:
    """What the knowledge base says of itself."""
    with tempfile.TemporaryDirectory(prefix="tandem-evaluate-") as folder:
        table = Path(folder) / "search.md"
        command = [str(ROOT / ".venv/bin/python"), "-m", "knowledge_base", "evaluate", "--markdown", str(table)]
        command += ["--json", str(FIGURES), "--pictures", str(PICTURES), "--peer", str(PEER)]
        subprocess.run(command, cwd=ROOT, check=True)
        return table.read_text(encoding="utf-8").strip()


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


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--search", action="store_true", help="leave out escalation")
    search_only = parser.parse_args().search
    command = measured_with("make evaluate")
    write_between(PAGE, "search", f"{command}\n\n{search_table()}")
    if search_only:
        return
    train_if_needed("")
    text = escalation_section()
    print(text)
    write_between(PAGE, "escalation", f"{command}\n\n{text}")
    text = scripted_section()
    print(text)
    write_between(PAGE, "scripted", f"{command}\n\n{text}")


if __name__ == "__main__":
    main()
