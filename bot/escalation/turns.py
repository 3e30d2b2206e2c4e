"""A dialogue as the rules see it: plain turns, no tracker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Result(str, Enum):
    """How the bot's part of a turn ended."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    REPEATED = "repeated"  # the search came back with the very passage that was shown before; it was not shown again
    PERSON_ONLY = "person_only"  # the article that answers is tagged as one for people; it was not shown
    ASKED_BACK = "asked_back"
    HELPED = "helped"
    NOT_HELPED = "not_helped"
    HANDED_OFF = "handed_off"
    UNAVAILABLE = "unavailable"


class Reason(str, Enum):
    """Why a conversation is handed to a person."""

    CUSTOMER_REQUEST = "customer_request"
    FRUSTRATION = "frustration"
    LOW_CONFIDENCE = "low_confidence"
    REPEATED_QUESTION = "repeated_question"
    POLICY = "policy"


class Cause(str, Enum):
    """Why the bot asks back."""

    UNANSWERED = "unanswered"
    OUTSIDE = "outside"  # plainly about something this business has nothing to do with: said so, nobody is called
    REPEATED = "repeated"
    NOT_HELPED = "not_helped"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Reading:
    """How probably a message, or a clause of it, touches each of the sensitive topics the bot has learned."""

    text: str
    scores: Mapping[str, float]


@dataclass(frozen=True)
class CustomerTurn:
    """What the customer wrote, and what was made of it.

    Scores are probabilities, each with the clause that reached it: ``frustration`` is anger at the service or the bot,
    ``upset`` anger or distress whatever it is about.

    Attributes:
        likely: languages the message may be in, where that was looked at; ``language`` is the one it is taken for.
        topics: what was read about sensitive topics, loudest first; empty where the bot has learned none.
        is_payload: a button was pressed, or a thumb.
        is_thumb: it has no words: it is one thumb down too many.
        thumbs_down: answers of this leg with a thumb down, by then.
        at: when it came, in seconds on any clock; 0 where that is not known.
        earlier: reasons for which the conversation was with a person before, in this episode.
    """

    text: str
    intent: str = "question"
    confidence: float = 1.0
    request: float = 0.0
    request_clause: str = ""
    frustration: float = 0.0
    frustration_clause: str = ""
    upset: float = 0.0
    question: float = 0.0
    vector: str = ""
    language: str = "en"
    likely: tuple[str, ...] = ()
    topics: tuple[Reading, ...] = ()
    is_payload: bool = False
    at: float = 0.0
    earlier: tuple[str, ...] = ()
    is_thumb: bool = False
    thumbs_down: int = 0


@dataclass(frozen=True)
class BotTurn:
    """What the bot did about it.

    Attributes:
        confidence: the knowledge base's probability that its first hit answers.
        nearness: cosine of the first hit; 1 where nothing was searched.
        title: of the article that was shown or would have been.
        kind: the bot said that it is sorry.
    """

    result: Result
    cause: Cause | None = None
    offered: tuple[str, ...] = ()  # ids of the articles offered as buttons
    article_id: str | None = None
    confidence: float = 1.0
    nearness: float = 1.0
    title: str = ""
    kind: bool = False


Turn = CustomerTurn | BotTurn


@dataclass(frozen=True)
class Signal:
    """One thing that speaks for a handoff: a score between 0 and 1, and why, in words an agent understands."""

    name: str
    score: float
    words: str


@dataclass(frozen=True)
class Decision:
    """What to do next instead of the ordinary answer.

    Attributes:
        topic: the sensitive topic a handoff is about, if it has a name.
        kind: say first that one is sorry.
        sure: how sure an answer must be to be given, where that is more than the knowledge base asks for.
    """

    act: Act
    reason: Reason | None = None
    cause: Cause | None = None
    signals: tuple[Signal, ...] = field(default=())
    topic: str | None = None
    kind: bool = False
    sure: float = 0.0


class Act(str, Enum):
    """The bot's possible next steps that the rules may choose."""

    HAND_OFF = "hand_off"
    ASK_BACK = "ask_back"
    ANSWER = "answer"
    RECORD_FEEDBACK = "record_feedback"
