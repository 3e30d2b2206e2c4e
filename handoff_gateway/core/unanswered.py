"""What the customer said that nobody has answered, and what of it the bot takes up when the conversation is its again.

Pure. An agent who writes has answered all of it, a reply of the bot what it replies to. A handoff answers the words
that asked for a person; those the bot knew no answer to stay open for the agent, and come back with the conversation.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from handoff_gateway.core.events import Cause, HandedOff

KEPT = 5  # messages; whoever writes more in a row says the same again, or says it better at the end
EXCERPT_LENGTH = 280  # characters of each in a summary; the bot gets the whole

# The bot's own doubts; the same one right after an agent gave the conversation back would send it round in a circle.
DOUBTS = frozenset({"frustration", "low_confidence", "repeated_question"})
NO_ANSWER = DOUBTS | {"bot_unavailable", "turn_limit"}  # reasons that leave what was said without an answer


class Unanswered(Struct, frozen=True, omit_defaults=True):
    """A message of the customer's; `passed_on` once it was the reason of a handoff."""

    seq: int
    text: str
    passed_on: bool = False


Words = tuple[Unanswered, ...]


def after_words(words: Words, seq: int, text: str) -> Words:
    """Return what is unanswered after the customer has written."""
    return (*words, Unanswered(seq, text[:EXCERPT_LENGTH]))[-KEPT:]


def after_reply(words: Words, answered: int) -> Words:
    """Return what is unanswered after the bot has replied to the message at `answered`."""
    return tuple(said for said in words if said.seq > answered)


def after_handoff(words: Words, event: HandedOff) -> Words:
    """Return what is unanswered after a handoff."""
    about = event.in_reply_to
    if about is None:
        return words
    if event.reason not in NO_ANSWER:
        return after_reply(words, about)
    return tuple(replace(said, passed_on=True) if said.seq <= about else said for said in words)


def taken_up(words: Words, cause: Cause) -> Words:
    """Return what the bot takes up when it gets the conversation.

    From an agent everything. A customer who left the queue, or was promised a call, knows what became of the words that
    led there: only what they said since is open.
    """
    if cause is Cause.HANDED_BACK:
        return words
    if cause in {Cause.LEFT_QUEUE, Cause.PROMISED}:
        return tuple(said for said in words if not said.passed_on)
    return ()
