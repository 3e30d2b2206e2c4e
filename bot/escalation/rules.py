"""Decide from the turns of one leg whether to hand off, to ask back, or to go on as usual.

Pure: the same turns, thresholds and topics give the same decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.escalation.declined import declines
from bot.escalation.frustration import bad_verdicts, combined, frustration, is_upset, quote, times
from bot.escalation.outside import insists, is_plainly_outside, lets_go
from bot.escalation.progress import PLEASANTRIES, asked_back_since_answer, is_served, stuck_turns
from bot.escalation.questions import is_same, is_similar, is_similar_to_answered, repeats
from bot.escalation.sensitive import Touched, touched
from bot.escalation.thresholds import Thresholds
from bot.escalation.topics import NO_TOPICS, Topics
from bot.escalation.turns import Act, BotTurn, Cause, CustomerTurn, Decision, Reason, Result, Signal, Turn

AGREES, DISAGREES = "affirm", "deny"
REQUEST_AGENT, UNCLEAR = "request_agent", "unclear"
SMALL_TALK = PLEASANTRIES | {AGREES, DISAGREES}
DOUBTFUL = frozenset({"nlu_fallback", REQUEST_AGENT, "frustration"})  # intents that are searched for without being sure
UNSERVED = frozenset({Reason.REPEATED_QUESTION})  # reasons that make people angry
BAD_VERDICTS = 2  # that reach a person
AGAIN = 1 / 3  # of the way to 1 by which anger must exceed the threshold where anger was the last reason
SERVED = 1 / 3  # the same where a few words follow an answer in a leg in which nothing went wrong


def decide(turns: Sequence[Turn], limits: Thresholds, topics: Topics = NO_TOPICS) -> Decision | None:
    """Return what to do next, or None when the ordinary flow goes on.

    Args:
        turns: the turns of this leg, oldest first; those before an earlier handoff do not count.
        limits: the thresholds.
        topics: sensitive topics; none when they are not given.
    """
    turns = since_handoff(turns)
    said = next((turn for turn in reversed(turns) if isinstance(turn, CustomerTurn)), None)
    if not turns or said is None:
        return None
    last, before = turns[-1], turns[:-1]
    if isinstance(last, CustomerTurn):
        decision = _after_customer(last, before, limits, topics)
    else:
        decision = _after_bot(last, before, said, limits)
    if decision is not None and decision.act is Act.HAND_OFF:
        decision = _with_mood(decision, said, before, limits)
    return _kindly(decision, last, said, before, limits)


def since_handoff(turns: Sequence[Turn]) -> Sequence[Turn]:
    """Return the turns after the last handoff."""
    for index in range(len(turns) - 1, -1, -1):
        turn = turns[index]
        if isinstance(turn, BotTurn) and turn.result is Result.HANDED_OFF:
            return turns[index + 1 :]
    return turns


def _after_customer(said: CustomerTurn, before: Sequence[Turn], limits: Thresholds, topics: Topics) -> Decision | None:
    if said.is_thumb:
        return _bad_verdict(said, before)
    if said.is_payload:
        if said.intent == REQUEST_AGENT:
            return _hand_off(Reason.CUSTOMER_REQUEST, Signal("request", 1.0, "pressed “talk to a person”"))
        return None
    topic = touched(said, topics, limits)
    asked = _requested(said, limits)
    if topic is not None and not topic.topic.last:
        return _sensitive(topic, *asked)
    if asked:
        return _hand_off(Reason.CUSTOMER_REQUEST, *asked)
    signals = frustration(said, before, limits)
    if combined(signals) >= _anger_needed(said, before, limits):
        return _hand_off(Reason.FRUSTRATION, *signals)
    if topic is not None:
        return _sensitive(topic)
    return (
        _reply_to_bot(said, before, limits)
        or _repeat(said, before, limits)
        or _set_phrase_again(said, before, limits)
        or _question(said, limits)
    )


def _requested(said: CustomerTurn, limits: Thresholds) -> tuple[Signal, ...]:
    if said.request < limits.in_language("request", said.language) or declines(said.text):
        return ()
    words = f"asked for a person: “{quote(said.request_clause or said.text)}”"
    return (Signal("request", said.request, words),)


def _sensitive(found: Touched, *others: Signal) -> Decision:
    named = f" ({found.entry})" if found.entry is not None else ""
    signal = Signal("policy", found.score, f"{found.topic.says}{named}: “{quote(found.text)}”")
    return replace(_hand_off(Reason.POLICY, signal, *others), topic=found.topic.name)


def _anger_needed(said: CustomerTurn, before: Sequence[Turn], limits: Thresholds) -> float:
    """More than the threshold where the customer is likelier to be a bit short than angry.

    That is one whom a person had to calm before, and one who says a few words to the answer just got, in a leg in
    which nothing went wrong: those are mostly content ("then I'll walk").
    """
    limit = limits.in_language("frustration", said.language)
    shares = (AGAIN if Reason.FRUSTRATION.value in said.earlier else 0.0, SERVED if is_served(said, before) else 0.0)
    return limit + (1 - limit) * max(shares)


def _patience(reason: Reason, said: CustomerTurn) -> int:
    """How much more it takes to hand off for ``reason`` when a person was called for it before in this episode."""
    return int(reason.value in said.earlier)


def _reply_to_bot(said: CustomerTurn, before: Sequence[Turn], limits: Thresholds) -> Decision | None:
    if said.intent not in (AGREES, DISAGREES) or said.question >= limits.question or not before:
        return None
    bot = before[-1]
    if not isinstance(bot, BotTurn):
        return None
    if bot.result is Result.ASKED_BACK and bot.cause is not Cause.UNCLEAR:
        if bot.cause is Cause.OUTSIDE and (said.intent == AGREES or lets_go(said.text)):
            return None
        if said.intent == DISAGREES:
            words = f"none of what the bot offered fitted: “{quote(said.text)}”"
            return _hand_off(Reason.LOW_CONFIDENCE, Signal("low_confidence", 1.0, words))
        if bot.cause is Cause.UNANSWERED and bot.offered:
            words = f"said yes to several articles at once: “{quote(said.text)}”"
            return _hand_off(Reason.LOW_CONFIDENCE, Signal("low_confidence", 1.0, words))
        return _hand_off(Reason.CUSTOMER_REQUEST, Signal("request", 1.0, "said yes when offered a person"))
    if bot.result is Result.ANSWERED:
        return Decision(Act.RECORD_FEEDBACK)
    return None


def _repeat(said: CustomerTurn, before: Sequence[Turn], limits: Thresholds) -> Decision | None:
    if said.intent in SMALL_TALK and said.question < limits.question:
        return None
    count = repeats(said, before, limits)
    if count >= 2 + _patience(Reason.REPEATED_QUESTION, said):
        return _hand_off(Reason.REPEATED_QUESTION, _repeated(count + 1))
    if count >= 1:
        return Decision(Act.ASK_BACK, cause=Cause.REPEATED)
    if said.intent not in SMALL_TALK and is_similar_to_answered(said, before, limits):
        return Decision(Act.ANSWER, cause=Cause.REPEATED)  # the action looks whether it would show the same again
    return None


def _set_phrase_again(said: CustomerTurn, before: Sequence[Turn], limits: Thresholds) -> Decision | None:
    """What the bot answers with a set phrase (nothing to understand, a bare yes or no) must not go on for ever."""
    if said.intent not in (UNCLEAR, AGREES, DISAGREES) or said.question >= limits.question:
        return None
    count = 1 + stuck_turns(before)
    if count >= limits.turns_without_progress + _patience(Reason.LOW_CONFIDENCE, said):
        return _hand_off(Reason.LOW_CONFIDENCE, _stuck(count))
    previous = next((turn for turn in reversed(before) if isinstance(turn, CustomerTurn)), None)
    if said.intent == UNCLEAR and previous is not None and previous.intent == UNCLEAR:
        return Decision(Act.ASK_BACK, cause=Cause.UNCLEAR)
    return None


def _question(said: CustomerTurn, limits: Thresholds) -> Decision | None:
    """A greeting or a "thanks" with a question in it is one; what may be none needs an article that is surer."""
    if said.intent in SMALL_TALK and said.question >= limits.question:
        return Decision(Act.ANSWER)
    if said.intent in DOUBTFUL and said.question < limits.question:
        return Decision(Act.ANSWER, sure=limits.doubtful)
    return None


def _after_bot(did: BotTurn, before: Sequence[Turn], said: CustomerTurn, limits: Thresholds) -> Decision | None:
    if did.result is Result.PERSON_ONLY:
        words = f"the article “{did.title}” is for people only"
        return _hand_off(Reason.POLICY, Signal("policy", 1.0, words))
    if did.result is Result.UNANSWERED:
        return _unanswered(did, before, said, limits)
    if did.result is Result.REPEATED:
        count = _times_repeated(before)
        if count >= 1 + _patience(Reason.REPEATED_QUESTION, said):
            return _hand_off(Reason.REPEATED_QUESTION, _repeated(count + 2))
        return Decision(Act.ASK_BACK, cause=Cause.REPEATED)
    if did.result is Result.NOT_HELPED:
        return _bad_verdict(said, [*before, did])
    return None


def _bad_verdict(said: CustomerTurn, turns: Sequence[Turn]) -> Decision:
    """Ask back after the first; said, pressed and thumbs down count together."""
    count = bad_verdicts(said, turns)
    if count >= BAD_VERDICTS:
        words = f"said {times(count)} that the answer did not help"
        return _hand_off(Reason.LOW_CONFIDENCE, Signal("not_helped", 1.0, words))
    return Decision(Act.ASK_BACK, cause=Cause.NOT_HELPED)


def _times_repeated(before: Sequence[Turn]) -> int:
    """Count the messages that asked again for what had been shown; asking back about it is part of the same turn."""
    count, counted = 0, False
    for turn in before:
        if isinstance(turn, CustomerTurn):
            counted = False
        elif not counted and (turn.result is Result.REPEATED or turn.cause is Cause.REPEATED):
            count, counted = count + 1, True
    return count


def _unanswered(did: BotTurn, before: Sequence[Turn], said: CustomerTurn, limits: Thresholds) -> Decision:
    earlier = before[: _index_of(said, before)]
    asked_back = asked_back_since_answer(earlier)
    told = [turn for turn in earlier if isinstance(turn, BotTurn)][-1:]
    if told and told[0].cause is Cause.OUTSIDE and (insists(said.text) or said.question < limits.question):
        words = f"says that it matters: “{quote(said.text)}”"
        return _hand_off(Reason.LOW_CONFIDENCE, Signal("low_confidence", 1.0, words))
    if not asked_back and not insists(said.text) and is_plainly_outside(did=did, said=said, limits=limits):
        if _was_told_outside(said, earlier, limits):
            words = "asked again about something no article is about"
            return _hand_off(Reason.LOW_CONFIDENCE, Signal("low_confidence", 1.0, words))
        return Decision(Act.ASK_BACK, cause=Cause.OUTSIDE)
    if asked_back > _patience(Reason.LOW_CONFIDENCE, said):
        words = "no article answers this, also after asking back"
        return _hand_off(Reason.LOW_CONFIDENCE, Signal("low_confidence", 1.0, words))
    count = stuck_turns([*before, did])
    if count >= limits.turns_without_progress + _patience(Reason.LOW_CONFIDENCE, said):
        return _hand_off(Reason.LOW_CONFIDENCE, _stuck(count))
    return Decision(Act.ASK_BACK, cause=Cause.UNANSWERED)


def _was_told_outside(said: CustomerTurn, earlier: Sequence[Turn], limits: Thresholds) -> bool:
    """Say whether the same was asked before and the bot said that it is about something else."""
    asked: CustomerTurn | None = None
    for turn in earlier:
        if isinstance(turn, CustomerTurn):
            asked = turn
        elif turn.cause is Cause.OUTSIDE and asked is not None and _asks_again(said, asked, limits):
            return True
    return False


def _asks_again(said: CustomerTurn, asked: CustomerTurn, limits: Thresholds) -> bool:
    return is_same(said, asked, limits) or is_similar(said, asked, limits)


def _index_of(said: CustomerTurn, turns: Sequence[Turn]) -> int:
    return max(index for index, turn in enumerate(turns) if turn is said)


def _with_mood(decision: Decision, said: CustomerTurn, before: Sequence[Turn], limits: Thresholds) -> Decision:
    """Tell the agent about anger that comes with another reason.

    Who gets the same answer again and is not calm about it, or asks nothing any more but objects, is handed off for
    being fed up: the repetition is what it comes from, and stands among the signals.
    """
    if decision.reason is Reason.FRUSTRATION or said.is_payload:
        return decision
    earlier = [turn for turn in before if turn is not said]
    signals = frustration(said, earlier, limits)
    if combined(signals) < limits.in_language("frustration", said.language) / 2:
        asks = said.question >= limits.question or repeats(said, earlier, limits) > 0
        if decision.reason not in UNSERVED or asks:
            return decision
        signals = (Signal("objects", 1.0, f"asks no more, only objects: “{quote(said.text)}”"),)
    if decision.reason in UNSERVED and decision.topic is None:
        named = {signal.name for signal in signals}
        rest = tuple(signal for signal in decision.signals if signal.name not in named)
        return replace(decision, reason=Reason.FRUSTRATION, signals=(*signals, *rest))
    named = {signal.name for signal in decision.signals}
    return replace(decision, signals=(*decision.signals, *(s for s in signals if s.name not in named)))


def _kindly(
    decision: Decision | None, last: Turn, said: CustomerTurn, before: Sequence[Turn], limits: Thresholds
) -> Decision | None:
    """Say once in a leg that one is sorry, where the customer is upset and is served."""
    if not is_upset(said, limits) or any(isinstance(turn, BotTurn) and turn.kind for turn in [*before, last]):
        return decision
    if decision is None:
        answers = isinstance(last, CustomerTurn) and said.intent not in SMALL_TALK | {UNCLEAR}
        return Decision(Act.ANSWER, kind=True) if answers else None
    if decision.act is Act.RECORD_FEEDBACK or decision.reason is Reason.FRUSTRATION or decision.topic is not None:
        return decision  # the line of a handoff for frustration, or of a topic, fits as it is
    return replace(decision, kind=True)


def _hand_off(reason: Reason, *signals: Signal) -> Decision:
    return Decision(Act.HAND_OFF, reason=reason, signals=signals)


def _repeated(count: int) -> Signal:
    return Signal("repeated_question", 1.0, f"asked the same thing {times(count)}")


def _stuck(count: int) -> Signal:
    return Signal("stuck", 1.0, f"{count} messages in a row got the customer no further")
