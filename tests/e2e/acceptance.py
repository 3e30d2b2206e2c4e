"""Drive a running Tandem over its wire, as customers would, and count what came of it.

    make run                              # in one terminal
    python -m tests.e2e.acceptance        # in another: prints the score and every miss

All plainly worded English questions of the shop's test split and its questions nobody wrote down, ten requests for a
person, five angry messages and five more questions no shop can know, each by a customer of its own. A hundred questions
rather than twenty, because one in twenty is luck.
"""

import argparse
import asyncio
import json
import sys
from dataclasses import dataclass, field
from typing import Any

import httpx

from scripts.settings import ROOT, SystemSettings
from tests.support.wire import PATIENCE_S, Customer, Frame, is_bot_message

SHOP_QUESTIONS = ROOT / "data/evaluation/shop/questions.jsonl"
MESSAGES = ROOT / "data/evaluation/acceptance/messages.jsonl"
# Shares below which something broke; docs/evaluation.md has what is reached. Unknowable is the weak spot: a question
# that shares a telling word with the base ("fill in my tax return") is sometimes answered from it.
NEEDED = {"routine": 0.9, "customer_request": 1.0, "frustration": 1.0, "unknowable": 0.85}
NONE_OF_THESE = "No, none of these is what I mean"


@dataclass
class Score:
    """What came of one kind of message: how many went right, and a line for each that did not.

    `outright` counts the questions answered at once, rightly or wrongly, without asking back.
    """

    asked: int = 0
    right: int = 0
    outright: int = 0
    misses: list[str] = field(default_factory=list)

    def count(self, row: Frame, well: bool, what: str) -> None:
        """Record one conversation."""
        self.asked += 1
        self.right += well
        if not well:
            self.misses.append(f"{row['id']} {row['text']!r}: {what}")


def rows(path: Any) -> list[Frame]:
    """The rows of a JSONL file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def shop_questions(**wanted: str) -> list[Frame]:
    """The English questions of the shop's test split with these labels."""
    wanted = {"split": "test", "language": "en", **wanted}
    return [row for row in rows(SHOP_QUESTIONS) if wanted.items() <= row.items()]


def first_article(turn: list[Frame]) -> str | None:
    """The first article a turn answered from."""
    for event in turn:
        if is_bot_message(event) and event["message"].get("sources"):
            return str(event["message"]["sources"][0]["article_id"])
    return None


def handoff_reason(turn: list[Frame]) -> str | None:
    """Why a turn ended with a person, as far as a customer can see: only that it did."""
    return next((event["handoff"].get("reason", "handed off") for event in turn if event["kind"] == "handoff"), None)


def first_offered(turn: list[Frame]) -> str | None:
    """The first article a turn that asked back offered as a button."""
    for event in turn:
        for button in event.get("message", {}).get("buttons") or []:
            name, _, given = button["payload"].partition("{")
            if name == "/choose_article":
                return str(json.loads("{" + given)["article_id"])
    return None


async def routine(gateway_ws: str, row: Frame, score: Score) -> None:
    """A routine question must bring the right article first: as the answer, or on top of what is offered."""
    async with Customer(gateway_ws) as customer:
        turn = await customer.ask(row["text"])
        found = first_article(turn)
        score.outright += found is not None
        found = found or first_offered(turn)
        score.count(
            row,
            found in {row["article_id"], *row.get("also", [])},
            f"wanted {row['article_id']}, got {found or handoff_reason(turn) or 'nothing'}",
        )
        await customer.put({"type": "end"})


async def handed_off(gateway_ws: str, row: Frame, score: Score, reasons: "Reasons") -> None:
    """A request or an angry message must be handed off at once, for that reason."""
    async with Customer(gateway_ws) as customer:
        turn = await customer.ask(row["text"])
        reason = await reasons.of(customer.conversation_id) if handoff_reason(turn) else None
        score.count(row, reason == row["kind"], f"wanted {row['kind']}, got {reason or 'no handoff'}")
        await customer.put({"type": "end"})


async def unknowable(gateway_ws: str, row: Frame, score: Score) -> None:
    """A question nobody wrote down is never answered, and reaches a person after at most one ask-back."""
    async with Customer(gateway_ws) as customer:
        turn = await customer.ask(row["text"])
        answered = first_article(turn)
        if answered is None and handoff_reason(turn) is None:
            first, asked = turn[0]["seq"], (await customer.send(NONE_OF_THESE))["seq"]

            def settled() -> list[Frame]:  # a handoff may belong to the first turn, and still be on its way
                later = [event for event in customer.history() if event["seq"] >= first]
                done = any(e["kind"] == "handoff" or (e["seq"] > asked and is_bot_message(e)) for e in later)
                return later if done else []

            turn = list(await customer.until(settled, PATIENCE_S))
            answered = first_article(turn)
        score.count(
            row,
            answered is None and handoff_reason(turn) is not None,
            f"answered from {answered}" if answered else "not handed off after one ask-back",
        )
        await customer.put({"type": "end"})


class Reasons:
    """Looks up handoff reasons, which only agents may see, over HTTP."""

    def __init__(self, gateway_http: str, token: str) -> None:
        """Sign requests to `gateway_http` with an account's or the service's token."""
        self._address, self._token = gateway_http, token

    async def of(self, conversation_id: str) -> str | None:
        """The reason of the newest handoff of a conversation."""
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            answer = await client.get(
                f"{self._address}/v1/conversations/{conversation_id}/events",
                headers={"Authorization": f"Bearer {self._token}"},
            )
        answer.raise_for_status()
        handoffs = [event for event in answer.json()["events"] if event["kind"] == "handoff"]
        return str(handoffs[-1]["handoff"]["reason"]) if handoffs else None


async def drive(gateway_http: str, gateway_ws: str, token: str) -> dict[str, Score]:
    """Hold all conversations, one after the other; returns kind → score."""
    scores = {kind: Score() for kind in NEEDED}
    reasons = Reasons(gateway_http, token)
    for row in shop_questions(kind="routine", wording="everyday"):
        await routine(gateway_ws, row, scores["routine"])
    for row in shop_questions(kind="unanswerable"):
        await unknowable(gateway_ws, row, scores["unknowable"])
    for row in rows(MESSAGES):
        if row["kind"] == "unknowable":
            await unknowable(gateway_ws, row, scores["unknowable"])
        else:
            await handed_off(gateway_ws, row, scores[row["kind"]], reasons)
    return scores


def passed(scores: dict[str, Score]) -> bool:
    """Whether the drive meets its mark in every kind."""
    return all(score.right >= NEEDED[kind] * score.asked for kind, score in scores.items())


def report(scores: dict[str, Score]) -> str:
    """The score, and every miss."""
    lines = []
    for kind, score in scores.items():
        outright = f" ({score.outright} answered at once)" if kind == "routine" else ""
        lines.append(f"{kind:<18}{score.right:>3} of {score.asked}{outright}")
        lines += [f"    {miss}" for miss in score.misses]
    return "\n".join(lines)


def main() -> None:
    """Drive the system that `make run` started here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    settings = SystemSettings.from_env()
    token = (settings.var / "secrets/service_token").read_text().strip()
    scores = asyncio.run(
        drive(f"http://127.0.0.1:{settings.gateway_port}", f"ws://127.0.0.1:{settings.gateway_ws_port}", token)
    )
    print(report(scores))
    sys.exit(not passed(scores))


if __name__ == "__main__":
    main()
