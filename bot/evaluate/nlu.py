"""The trained model's NLU and its thresholds, exactly as a conversation meets them, many messages at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.channels.unparsed import is_wordless, parsed_as, wordless_intent
from bot.channels.wire import as_data
from bot.errors import EncoderUnavailableError, SettingsError
from bot.escalation.thresholds import Thresholds
from bot.escalation.turns import CustomerTurn
from bot.evaluate.dialogues import CUSTOMER, Dialogue
from bot.nlu.language import known
from bot.policies.escalation import EscalationPolicy
from bot.policies.tracker_turns import customer_turn

BATCH = 256  # messages that go through the components together; bounds the memory their features take
ATTEMPTS = 3  # a single message has a turn's deadline, which a busy machine may miss


@dataclass(frozen=True)
class Said:
    """A customer's message with the language the gateway knows and the one of the leg so far."""

    text: str
    language: str = ""
    leg_language: str = ""


class Nlu:
    """The NLU half of a trained model."""

    def __init__(self, model: Path, folder: Path) -> None:
        """Load ``model`` (a ``.tar.gz``), unpacked into the empty ``folder``.

        Raises:
            SettingsError: the model has no escalation policy, or thresholds that are nonsense.
        """
        self._metadata, self._runner = load_predict_graph_runner(folder, model, LocalModelStorage, DaskGraphRunner)
        configs = [n.config for n in self._metadata.predict_schema.nodes.values() if n.uses is EscalationPolicy]
        if not configs:
            raise SettingsError(f"{model} has no escalation policy; run `make train`.")
        self.limits = Thresholds.from_config(configs[0])

    def parse(self, messages: Sequence[Said]) -> list[CustomerTurn]:
        """Return what production would make of each message.

        Raises:
            EncoderUnavailableError: the knowledge base did not return vectors.
        """
        turns: list[CustomerTurn] = []
        for start in range(0, len(messages), BATCH):
            batch = [_user_message(said) for said in messages[start : start + BATCH]]
            asked = [message for message in batch if message.parse_data is None]
            for message, parsed in zip(asked, self._run(asked), strict=True):
                message.parse_data = parsed
            turns += [customer_turn(_uttered(message)) for message in batch]
        return turns

    def _run(self, messages: list[UserMessage]) -> list[dict[str, Any]]:
        if not messages:
            return []
        tracker = DialogueStateTracker("evaluation", [])
        target = self._metadata.nlu_target
        for attempt in range(1, ATTEMPTS + 1):
            try:
                results = self._runner.run({PLACEHOLDER_MESSAGE: messages, PLACEHOLDER_TRACKER: tracker}, [target])
                break
            except Exception as error:  # Rasa wraps whatever a component raises
                cause = error if isinstance(error, EncoderUnavailableError) else error.__cause__
                if not isinstance(cause, EncoderUnavailableError):
                    raise
                if attempt == ATTEMPTS:
                    raise cause from error
        return [message.as_dict(only_output_properties=True) for message in results[target]]


def parse_dialogues(nlu: Nlu, dialogues: Sequence[Dialogue]) -> list[dict[int, CustomerTurn]]:
    """Return for each dialogue the customer's turns by their index among all turns.

    Goes turn by turn through all dialogues at once: a short message is read in the language of the ones before it.
    """
    places = [[at for at, turn in enumerate(d.turns) if turn.role == CUSTOMER] for d in dialogues]
    parsed: list[dict[int, CustomerTurn]] = [{} for _ in dialogues]
    leg_languages = [""] * len(dialogues)
    for count in range(max(len(found) for found in places)):
        having = [number for number, found in enumerate(places) if len(found) > count]
        said = [
            Said(dialogues[n].turns[places[n][count]].text, dialogues[n].language, leg_languages[n]) for n in having
        ]
        for number, turn in zip(having, nlu.parse(said), strict=True):
            parsed[number][places[number][count]] = turn
            leg_languages[number] = turn.language
    return parsed


def _user_message(said: Said) -> UserMessage:
    metadata = {"language": said.language, "leg_language": said.leg_language}
    text = as_data(said.text)
    message = UserMessage(text, metadata={key: value for key, value in metadata.items() if value})
    if is_wordless(text):
        language = known(said.leg_language) or known(said.language)
        message.parse_data = parsed_as(text, wordless_intent(text), {"language": language} if language else {})
    return message


def _uttered(message: UserMessage) -> UserUttered:
    parsed = message.parse_data or {}
    return UserUttered(
        message.text, parsed.get("intent"), parsed.get("entities"), parse_data=parsed, metadata=message.metadata
    )
