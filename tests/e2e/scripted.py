"""Hold the scripted conversations with a running Tandem, as its customers would, and judge each like a good observer.

    make run                                   # in one terminal
    python -m tests.e2e.scripted               # in another: the scorecard and every failure
    python -m tests.e2e.scripted angry-03      # only these, each with all that was said

Each is a customer with a socket of their own, a few at a time. The log is read as an agent reads it, reasons included.
"""

import argparse
import asyncio
import sys
import time
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import httpx

from scripts.settings import SystemSettings
from scripts.system import System, gateway_url
from tests.e2e.scripted_card import markdown, passed, transcript
from tests.e2e.scripted_rows import Button, Script, all_scripts
from tests.e2e.scripted_verdict import Held, Step, Verdict, article_of, judge, shown_in
from tests.support.wire import Customer, Frame, is_bot_message

AT_ONCE = 4  # customers at the same time: what one machine with two cores serves without queueing
REPLY_WITHIN_S = 15.0  # the gateway gives the bot 8 s and then calls a person itself; the rest is for a busy machine
LOG_WITHIN_S = 60.0
_PAYLOADS = {
    Button.FIRST_ARTICLE: ("/choose_article", ""),
    Button.PERSON: ("/request_agent", ""),
    Button.HELPFUL: ("/feedback", "true"),
    Button.NOT_HELPFUL: ("/feedback", "false"),
}


class Actor:
    """Plays one script on one socket."""

    def __init__(self, customer: Customer, script: Script) -> None:
        """Take the customer's place."""
        self._customer = customer
        self._script = script
        self.steps: list[Step] = []
        self.silent: list[str] = []

    async def play(self) -> None:
        """Do every step in order, waiting for each reply; stop where none comes.

        Whoever sees the article they want among the buttons presses it before going on. Once a person has been called,
        the rest is still written (customers do), but nobody owes it a reply.
        """
        for number, said in enumerate(self._script.says, 1):
            frame = self._press(said) if isinstance(said, Button) else {"type": "send", "text": said}
            if frame is None or (isinstance(said, Button) and self._handed_off()):
                continue
            if not await self._do(number, f"step {number}", frame):
                return
            wanted = self._wanted_button()
            if wanted is not None and not await self._do(number, f"the article offered at step {number}", wanted):
                return

    async def _do(self, number: int, what: str, frame: Frame) -> bool:
        """Send one frame and wait for what it is owed; False when that did not come."""
        waiting = self._handed_off()
        started = time.perf_counter()
        ack = await self._put(frame)
        if ack["type"] != "ack":
            self.silent.append(f"{what} was refused: {ack['code']}, {ack['message']}")
            return False
        replied = not waiting and await self._replied(ack["seq"])
        self.steps.append(Step(number, ack["seq"], time.perf_counter() - started if replied else None))
        if not waiting and not replied:
            self.silent.append(f"{what} got nothing within {REPLY_WITHIN_S:.0f} s")
        return waiting or replied

    async def _put(self, frame: Frame) -> Frame:
        key = str(uuid.uuid4())
        await self._customer.put({**frame, "client_message_id": key})
        return await self._customer.frame(lambda got: got.get("client_message_id") == key and got["type"] != "event")

    async def _replied(self, seq: int) -> bool:
        """Wait for what the customer sees of an answer: a message of the bot, or that a person is called."""

        def seen() -> bool:
            said = any(event["seq"] > seq and is_bot_message(event) for event in self._customer.history())
            return said or self._handed_off()

        try:
            await self._customer.until(seen, REPLY_WITHIN_S)
        except TimeoutError:
            return False
        return True

    def _handed_off(self) -> bool:
        return any(event["kind"] == "handoff" for event in self._customer.history())

    def _press(self, button: Button) -> Frame | None:
        """The frame of a press, or None where the newest message of the bot offers no such button."""
        name, value = _PAYLOADS[button]
        for offered in self._buttons():
            if offered["payload"].startswith(name) and value in offered["payload"]:
                return press_of(offered)
        return {"type": "request_agent"} if button is Button.PERSON else None  # the widget's own button

    def _wanted_button(self) -> Frame | None:
        """The press of an article the customer wants and has not been shown."""
        if self._handed_off() or self._script.shows & shown_in(self._customer.history()):
            return None
        fitting = (press_of(button) for button in self._buttons() if article_of(button) in self._script.shows)
        return next(fitting, None)

    def _buttons(self) -> list[Frame]:
        """What the newest message of the bot offers."""
        said = [event["message"] for event in self._customer.history() if is_bot_message(event)]
        return list(said[-1].get("buttons") or ()) if said else []


def press_of(button: Frame) -> Frame:
    """The frame that presses a button."""
    return {"type": "send", "text": button["title"], "payload": button["payload"]}


async def hold(gateway_http: str, gateway_ws: str, token: str, script: Script) -> Verdict:
    """Hold one conversation to its end and judge it."""
    async with Customer(gateway_ws, language=script.page) as customer:
        actor = Actor(customer, script)
        await actor.play()
        log = await _log(gateway_http, token, customer.conversation_id)
        await customer.put({"type": "end"})
    return judge(script, Held(customer.conversation_id, tuple(log), tuple(actor.steps), tuple(actor.silent)))


async def hold_all(gateway_http: str, gateway_ws: str, token: str, scripts: Iterable[Script]) -> list[Verdict]:
    """Hold conversations, a few at a time; the verdicts are in the order of the scripts."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(script: Script) -> Verdict:
        async with room:
            return await hold(gateway_http, gateway_ws, token, script)

    return await asyncio.gather(*(one(script) for script in scripts))


async def _log(gateway_http: str, token: str, conversation_id: str) -> list[Frame]:
    """The events of a conversation as agents see them."""
    async with httpx.AsyncClient(timeout=LOG_WITHIN_S, trust_env=False) as client:
        answer = await client.get(
            f"{gateway_http}/v1/conversations/{conversation_id}/events", headers={"Authorization": f"Bearer {token}"}
        )
    answer.raise_for_status()
    events: list[dict[str, Any]] = answer.json()["events"]
    return events


def section(system: System) -> str:
    """Everything about the scripted conversations that belongs into docs/evaluation.md."""
    socket = f"ws://127.0.0.1:{system.settings.gateway_ws_port}"
    verdicts = asyncio.run(hold_all(gateway_url(system.settings), socket, system.service_token(), all_scripts()))
    return markdown(verdicts)


def chosen(names: Sequence[str]) -> list[Script]:
    """The scripts with these ids, all of them without any.

    Raises:
        SystemExit: there is no script of that id.
    """
    scripts = all_scripts()
    unknown = set(names) - {script.id for script in scripts}
    if unknown:
        raise SystemExit(f"there is no script {', '.join(sorted(unknown))}: see data/evaluation/scripted")
    return [script for script in scripts if not names or script.id in names]


def main() -> None:
    """Hold them with the system that `make run` started here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("script", nargs="*", help="ids of scripts; all without any")
    scripts = chosen(parser.parse_args().script)
    settings = SystemSettings.from_env()
    token = (settings.var / "secrets/service_token").read_text().strip()
    socket = f"ws://127.0.0.1:{settings.gateway_ws_port}"
    verdicts = asyncio.run(hold_all(gateway_url(settings), socket, token, scripts))
    if len(verdicts) < len(all_scripts()):
        print("\n\n".join(transcript(verdict) for verdict in verdicts))
    else:
        print(markdown(verdicts))
    sys.exit(not passed(verdicts))


if __name__ == "__main__":
    main()
