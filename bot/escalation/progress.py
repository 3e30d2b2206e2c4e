"""How long a leg has been going on without getting anywhere. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bot.escalation.signals import words
from bot.escalation.turns import BotTurn, Cause, CustomerTurn, Result, Turn

PLEASANTRIES = frozenset({"greet", "thank", "goodbye", "bot_challenge"})  # neither get a conversation on nor hold it up
_GOOD = frozenset({Result.ANSWERED, Result.HELPED})
FEW_WORDS = 6  # of a remark; who is angry at an answer mostly says why
_DISPUTES = frozenset({Result.NOT_HELPED, Result.REPEATED})  # say of the answer before that it was none


def stuck_turns(turns: Sequence[Turn]) -> int:
    """Count the customer's messages since the last one that got them further, pleasantries and asides left out.

    An answer gets a customer further, until they say that it did not help. A question that was told to be outside this
    business gets nobody anywhere, but nobody could help there.
    """
    count, disputed = 0, False
    for said, results in reversed(_exchanges(turns)):
        if _helped(results, disputed):
            break
        disputed = any(did.result in _DISPUTES for did in results)
        outside = any(did.cause is Cause.OUTSIDE for did in results)
        aside = said.intent in PLEASANTRIES and not results
        count += not outside and not aside
    return count


def asked_back_since_answer(before: Sequence[Turn]) -> int:
    """Count how often the bot asked what was meant since its last answer."""
    count = 0
    for turn in reversed(before):
        if isinstance(turn, BotTurn):
            if turn.result is Result.ANSWERED:
                break
            count += turn.result is Result.ASKED_BACK and turn.cause is not Cause.OUTSIDE
    return count


def is_served(said: CustomerTurn, before: Sequence[Turn]) -> bool:
    """Say whether a few words follow the bot's answer, and all it did in this leg was to answer, no thumb down."""
    did = [turn.result for turn in before if isinstance(turn, BotTurn)]
    answered = bool(did) and set(did) <= _GOOD and isinstance(before[-1], BotTurn)
    return answered and not said.thumbs_down and len(words(said.text)) <= FEW_WORDS


def _exchanges(turns: Sequence[Turn]) -> list[tuple[CustomerTurn, list[BotTurn]]]:
    """Each message of the customer with what the bot did about it."""
    found: list[tuple[CustomerTurn, list[BotTurn]]] = []
    for turn in turns:
        if isinstance(turn, CustomerTurn):
            found.append((turn, []))
        elif found:
            found[-1][1].append(turn)
    return found


def _helped(results: Sequence[BotTurn], disputed: bool) -> bool:
    good = (Result.HELPED, Result.HANDED_OFF) if disputed else (Result.ANSWERED, Result.HELPED, Result.HANDED_OFF)
    return any(did.result in good for did in results)
