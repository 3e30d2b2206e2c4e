"""Drive a running Tandem over its wire, as customers would, and count what came of it.

    make run                              # in one terminal
    python -m tests.e2e.acceptance        # in another: prints the score and every miss

Twenty routine questions, ten requests for a person, five angry messages and five questions nobody wrote down, each by a
customer of its own.
"""

import argparse
import asyncio
import json
import random
import sys
from dataclasses import dataclass, field
from typing import Any

from scripts.settings import ROOT, SystemSettings
from tests.support.wire import Customer, Frame, is_bot_message

SHOP_QUESTIONS = ROOT / "data/evaluation/shop/questions.jsonl"
MESSAGES = ROOT / "data/evaluation/acceptance/messages.jsonl"
ROUTINE_COUNT = 20
ROUTINE_NEEDED = 18
SEED = 20  # which twenty of the test split; fixed, so that two runs compare
NONE_OF_THESE = "No, none of these is what I mean"


@dataclass
class Score:
    """What came of one kind of message: how many went right, and a line for each that did not."""

    asked: int = 0
    right: int = 0
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


def routine_questions() -> list[Frame]:
    """Twenty plainly worded English questions of the test split; the oblique ones are for `make evaluate`."""
    wanted = {"split": "test", "kind": "routine", "language": "en", "wording": "everyday"}
    pool = [row for row in rows(SHOP_QUESTIONS) if wanted.items() <= row.items()]
    return random.Random(SEED).sample(pool, ROUTINE_COUNT)  # noqa: S311


def first_article(turn: list[Frame]) -> str | None:
    """The first article a turn answered from."""
    for event in turn:
        if is_bot_message(event) and event["message"].get("sources"):
            return str(event["message"]["sources"][0]["article_id"])
    return None


def handoff_reason(turn: list[Frame]) -> str | None:
    """Why a turn ended with a person, as far as a customer can see: only that it did."""
    return next((event["handoff"].get("reason", "handed off") for event in turn if event["kind"] == "handoff"), None)


async def routine(gateway_ws: str, row: Frame, score: Score) -> None:
    """A routine question must be answered from the right article."""
    async with Customer(gateway_ws) as customer:
        turn = await customer.ask(row["text"])
        found = first_article(turn)
        score.count(
            row,
            found in {row["article_id"], *row.get("also", [])},
            f"wanted {row['article_id']}, got {found or handoff_reason(turn) or 'an ask-back'}",
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
            turn = await customer.ask(NONE_OF_THESE)
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
        import httpx

        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            answer = await client.get(
                f"{self._address}/v1/conversations/{conversation_id}/events",
                headers={"Authorization": f"Bearer {self._token}"},
            )
        answer.raise_for_status()
        handoffs = [event for event in answer.json()["events"] if event["kind"] == "handoff"]
        return str(handoffs[-1]["handoff"]["reason"]) if handoffs else None


async def drive(gateway_http: str, gateway_ws: str, token: str) -> dict[str, Score]:
    """Hold all forty conversations, one after the other; returns kind → score."""
    scores = {kind: Score() for kind in ("routine", "customer_request", "frustration", "unknowable")}
    reasons = Reasons(gateway_http, token)
    for row in routine_questions():
        await routine(gateway_ws, row, scores["routine"])
    for row in rows(MESSAGES):
        if row["kind"] == "unknowable":
            await unknowable(gateway_ws, row, scores["unknowable"])
        else:
            await handed_off(gateway_ws, row, scores[row["kind"]], reasons)
    return scores


def passed(scores: dict[str, Score]) -> bool:
    """Whether the drive meets its mark: 18 of 20 routine questions, all of the rest."""
    rest = [score for kind, score in scores.items() if kind != "routine"]
    return scores["routine"].right >= ROUTINE_NEEDED and all(score.right == score.asked for score in rest)


def report(scores: dict[str, Score]) -> str:
    """The score, and every miss."""
    lines = []
    for kind, score in scores.items():
        lines.append(f"{kind:<18}{score.right:>3} of {score.asked}")
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
