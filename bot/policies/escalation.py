"""Rasa policy around ``bot.escalation.rules``: reads the turns from the tracker, turns a decision into an action.

It abstains when the rules decide nothing, so the ordinary flow (``data/rules``) goes on.
"""

# ruff: noqa: ARG002, ARG003 - Rasa and Sanic fix these signatures

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from bot.errors import SettingsError
from bot.escalation.details import details_of
from bot.escalation.rules import decide, since_handoff
from bot.escalation.thresholds import Thresholds
from bot.escalation.topics import Topics, load_topics
from bot.escalation.turns import Act, BotTurn, CustomerTurn, Decision, Turn
from bot.policies.tracker_turns import turns_of

ACTIONS = {
    Act.HAND_OFF: "action_handoff",
    Act.ASK_BACK: "action_ask_back",
    Act.ANSWER: "action_answer",
    Act.RECORD_FEEDBACK: "action_record_feedback",
}
LISTEN = "action_listen"
SLOT_DECISION = "escalation"
OF_RASA = frozenset({"name", "max_history"})  # what Rasa itself may put into a policy's config


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class EscalationPolicy(Policy):
    """Chooses handing off, asking back, answering or taking feedback where the rules say so."""

    @staticmethod
    def supported_data() -> SupportedData:
        """The policy learns from neither; it must run beside both."""
        return SupportedData.ML_AND_RULE_DATA

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Thresholds of ``rules.Thresholds`` by name, and the priority above RulePolicy's 4."""
        return {"priority": 5, **vars(Thresholds())}

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> None:
        """Read the thresholds from ``config``, and the sensitive topics, which may change without training.

        Raises:
            SettingsError: a threshold is nonsense, there is none of that name, or the topics cannot be read.
        """
        super().__init__(config, model_storage, resource, execution_context)
        unknown = sorted(config.keys() - self.get_default_config().keys() - OF_RASA)
        if unknown:
            raise SettingsError(f"config.yml: EscalationPolicy has no threshold {unknown[0]!r}.")
        self._limits = Thresholds.from_config(config)
        self._topics = load_topics()

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> EscalationPolicy:
        """Load the policy; all it knows is in its config."""
        return cls(config, model_storage, resource, execution_context)

    def train(
        self,
        training_trackers: list[TrackerWithCachedStates],
        domain: Domain,
        **kwargs: Any,
    ) -> Resource:
        """Keep an empty resource: the rules are not learned."""
        with self._model_storage.write_to(self._resource) as folder:
            (folder / "escalation.txt").write_text("The escalation rules take their thresholds from config.yml.\n")
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Predict the decided action with certainty, or nothing."""
        turns = turns_of(tracker.events)
        name, events = self._next(turns, tracker)
        scores = self._default_predictions(domain)
        if name is not None and name in domain.action_names_or_texts:
            scores[domain.index_for_action(name)] = 1.0
        return self._prediction(scores, optional_events=events)

    def _next(self, turns: list[Any], tracker: DialogueStateTracker) -> tuple[str | None, list[Event]]:
        if not turns:
            return None, []
        after_customer = tracker.latest_action_name == LISTEN and isinstance(turns[-1], CustomerTurn)
        if not after_customer and not isinstance(turns[-1], BotTurn):
            return None, []
        decision = decide(turns, self._limits, self._topics)
        if decision is not None:
            details = known_details(turns, self._topics) if decision.act is Act.HAND_OFF else {}
            return ACTIONS[decision.act], [SlotSet(SLOT_DECISION, as_slot(decision, _message_id(tracker), details))]
        if after_customer:
            return None, []
        return LISTEN, []


def _message_id(tracker: DialogueStateTracker) -> str | None:
    latest = tracker.get_last_event_for(UserUttered)
    return latest.message_id if isinstance(latest, UserUttered) else None


def known_details(turns: Sequence[Turn], topics: Topics) -> dict[str, str]:
    """Return what the customer named in this leg, kind → value."""
    typed = [turn for turn in since_handoff(turns) if isinstance(turn, CustomerTurn) and not turn.is_payload]
    return details_of([turn.text for turn in typed], topics)


def as_slot(decision: Decision, message_id: str | None, details: Mapping[str, str]) -> dict[str, Any]:
    """Return a decision as the JSON the actions read; it counts for one message only."""
    return {
        "message_id": message_id,
        "reason": decision.reason.value if decision.reason else None,
        "cause": decision.cause.value if decision.cause else None,
        "topic": decision.topic,
        "kind": decision.kind,
        "sure": decision.sure,
        "details": dict(details),
        "signals": {
            signal.name: {"score": round(signal.score, 3), "words": signal.words} for signal in decision.signals
        },
    }
