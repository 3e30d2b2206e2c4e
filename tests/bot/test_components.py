"""The NLU components and the policy inside Rasa's machinery, with vectors from a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.channels.completed import failure_of, offered_payloads
from bot.errors import EncoderUnavailableError, SettingsError
from bot.escalation.clauses import MAX_CLAUSES, MAX_LETTERS
from bot.escalation.turns import CustomerTurn
from bot.nlu.embedding_featurizer import EmbeddingFeaturizer
from bot.nlu.encoder_client import BATCH, FIRST_CHARACTERS, LAST_CHARACTERS, EncoderClient
from bot.nlu.escalation_scorer import ESCALATION, EscalationScorer
from bot.nlu.language import LanguageEntity, build_detector
from bot.policies.escalation import SLOT_DECISION, EscalationPolicy
from bot.policies.tracker_turns import turns_of
from bot.trackers import BoundedTrackerStore
from tests.actions.knowledge_base import TOKEN, StandIn, vector

CONTEXT = ExecutionContext(GraphSchema({}), node_name="node")
DOMAIN = Domain.from_path("bot/domain")


@pytest.fixture
def storage(tmp_path: Path) -> LocalModelStorage:
    folder = tmp_path / "model"
    folder.mkdir()
    return LocalModelStorage(folder)


@pytest.fixture
def featurizer(storage: LocalModelStorage, environment: Path) -> Iterator[EmbeddingFeaturizer]:
    config = EmbeddingFeaturizer.get_default_config()
    component = EmbeddingFeaturizer.create(config, storage, Resource("featurizer"), CONTEXT)
    yield component
    component.close()


def examples(*pairs: tuple[str, str]) -> TrainingData:
    return TrainingData([Message.build(text, intent) for text, intent in pairs])


def dense(message: Message) -> np.ndarray:
    _, sentence = message.get_dense_features(TEXT, [])
    assert sentence is not None
    return np.asarray(sentence.features)


def test_a_message_gets_the_encoders_vector_in_one_call(featurizer: EmbeddingFeaturizer, knowledge: StandIn) -> None:
    message = Message({TEXT: "My parcel is late, where is it?"})
    featurizer.process([message])
    assert dense(message).shape == (1, len(vector("x")))
    assert dense(message)[0] == pytest.approx(vector("My parcel is late, where is it?"), abs=1e-6)
    assert len(knowledge.calls) == 1, "the message and its clauses go together"


@pytest.mark.parametrize("part", ["the pump leaks, and so on. ", "nostop", "日本語"])
def test_of_a_message_of_64_kib_its_start_and_its_end_are_encoded(
    featurizer: EmbeddingFeaturizer, knowledge: StandIn, part: str
) -> None:
    text = "hello. " + part * (65_536 // len(part)) + ". get me a person"
    message = Message({TEXT: text})
    featurizer.process([message])
    (body,) = knowledge.asked("/v1/embed")
    whole = FIRST_CHARACTERS + 1 + LAST_CHARACTERS
    assert len(body["texts"]) <= 1 + MAX_CLAUSES
    assert sum(map(len, body["texts"])) <= whole + MAX_LETTERS
    longest = max(body["texts"], key=len)
    assert (longest[:FIRST_CHARACTERS], longest[-LAST_CHARACTERS:]) == (
        text[:FIRST_CHARACTERS],
        text[-LAST_CHARACTERS:],
    )
    assert "get me a person" in body["texts"]
    assert dense(message).any()


def test_training_calls_in_batches_and_never_twice_for_a_text(
    featurizer: EmbeddingFeaturizer, knowledge: StandIn
) -> None:
    texts = [f"question number {n}" for n in range(BATCH + 1)]
    data = examples(*((text, "question") for text in [*texts, texts[0]]))
    featurizer.process_training_data(data)
    assert [len(body["texts"]) for body in knowledge.asked("/v1/embed")] == [BATCH, 1]
    assert all(dense(message).any() for message in data.training_examples)


def test_a_message_without_words_gets_zeros(featurizer: EmbeddingFeaturizer) -> None:
    message = Message({TEXT: "…"})
    featurizer.process([message])
    assert not dense(message).any()


@pytest.mark.usefixtures("environment")
def test_the_fingerprint_changes_with_the_encoder(knowledge: StandIn) -> None:
    before = EmbeddingFeaturizer.fingerprint_addon({})
    assert before == EmbeddingFeaturizer.fingerprint_addon({})
    knowledge.model = "another"
    assert EmbeddingFeaturizer.fingerprint_addon({}) != before


def test_a_failing_encoder_fails_the_message(featurizer: EmbeddingFeaturizer, knowledge: StandIn) -> None:
    knowledge.status = 503
    with pytest.raises(EncoderUnavailableError):
        featurizer.process([Message({TEXT: "hello"})])


def test_a_hanging_encoder_fails_at_the_deadline(knowledge: StandIn) -> None:
    client = EncoderClient(knowledge.url, TOKEN, 0.2)
    knowledge.hang()
    with pytest.raises(EncoderUnavailableError):
        client.encode(["hello"])
    client.close()


def test_vectors_of_another_encoder_are_forgotten(knowledge: StandIn) -> None:
    client = EncoderClient(knowledge.url, TOKEN, 30)
    client.encode(["one"])
    client.encode(["one"])
    assert len(knowledge.calls) == 1
    knowledge.model = "another"
    client.encode(["two"])
    assert client.encode(["one"]).model == "another"
    assert len(knowledge.calls) == 3
    client.close()


WORDS = ("talk to a person", "give me a human", "an agent please", "put me through")
FED_UP = ("you are useless", "this is a joke", "what a waste of time", "stupid bot")
ROUTINE = ("where is my order", "how do I return it", "what does shipping cost", "when do you open")


def test_the_scorer_learns_saves_loads_and_looks_at_clauses(
    storage: LocalModelStorage, featurizer: EmbeddingFeaturizer, tmp_path: Path
) -> None:
    labelled = (
        [(t, "request_agent") for t in WORDS]
        + [(t, "frustration") for t in FED_UP]
        + [(t, "question") for t in ROUTINE]
    )
    data = tmp_path / "escalation"
    data.mkdir()
    texts = [
        f"put me through to {who}" for who in ("a person", "someone", "an agent", "your manager", "billing", "sales")
    ]
    group = {"name": "pass on", "says": ["request"], "texts": texts}
    (data / "en.yml").write_text(yaml.safe_dump({"language": "en", "groups": [group]}))
    config, resource = {"data": str(data)}, Resource("scorer")
    trained_on = featurizer.process_training_data(examples(*labelled))
    EscalationScorer.create(config, storage, resource, CONTEXT).train(trained_on)
    scorer = EscalationScorer.load(config, storage, resource, CONTEXT)
    message = Message({TEXT: "where is my order, talk to a person"})
    featurizer.process([message])
    scorer.process([message])
    scored = message.get(ESCALATION)
    assert scored["request"]["clause"] == "talk to a person"
    assert scored["request"]["score"] > 0.5
    assert set(scored) == {"request", "frustration", "upset", "question", "topics", "vector"}
    assert scored["topics"] == [], "there was nothing to learn about topics"
    assert scored["vector"]
    assert ESCALATION in message.output_properties


def test_the_scorer_reads_sensitive_topics_clause_by_clause(
    storage: LocalModelStorage, featurizer: EmbeddingFeaturizer, tmp_path: Path
) -> None:
    data = tmp_path / "escalation"
    (data / "topics").mkdir(parents=True)
    (data / "en.yml").write_text(yaml.safe_dump({"language": "en", "groups": [{"name": "a", "texts": list(ROUTINE)}]}))
    law = ["you will hear from my lawyer", "my lawyer writes to you", "we meet in court", "the court decides then"]
    groups = [{"topic": "law", "texts": law}, {"name": "calm", "texts": ["my lawyer wants a printer", *ROUTINE]}]
    (data / "topics" / "en.yml").write_text(yaml.safe_dump({"language": "en", "groups": groups}))
    config, resource = {"data": str(data)}, Resource("scorer")
    trained_on = featurizer.process_training_data(examples(*((text, "question") for text in ROUTINE)))
    EscalationScorer.create(config, storage, resource, CONTEXT).train(trained_on)
    scorer = EscalationScorer.load(config, storage, resource, CONTEXT)
    message = Message({TEXT: "where is my order? we meet in court"})
    featurizer.process([message])
    scorer.process([message])
    first = message.get(ESCALATION)["topics"][0]
    assert first["clause"] == "we meet in court"
    assert first["scores"]["law"] > 0.5
    event = UserUttered("x", parse_data={"escalation": message.get(ESCALATION)})
    (turn,) = turns_of([event])
    assert isinstance(turn, CustomerTurn)
    assert turn.topics[0].scores == first["scores"]


@pytest.mark.usefixtures("environment")
def test_the_scorers_fingerprint_covers_the_messages_it_learns_from(tmp_path: Path) -> None:
    config = {"data": str(tmp_path)}
    before = EscalationScorer.fingerprint_addon(config)
    assert before == EscalationScorer.fingerprint_addon(config)
    (tmp_path / "en.yml").write_text("language: en")
    changed = EscalationScorer.fingerprint_addon(config)
    assert changed != before
    (tmp_path / "topics").mkdir()
    (tmp_path / "topics" / "en.yml").write_text("language: en")
    assert EscalationScorer.fingerprint_addon(config) not in (before, changed)


@pytest.mark.parametrize(
    ("text", "metadata", "language"),
    [
        ("Where is my order and when does it arrive?", {}, "en"),
        ("Kde je moje objednávka a kdy dorazí?", {"language": "en"}, "cs"),
        ("Kur yra mano užsakymas ir kada jis atvyks?", {"language": "en"}, "lt"),
        ("Wo ist meine Bestellung und wann kommt sie an?", {}, "de"),
        ("ok", {"language": "cs"}, "cs"),
        ("ok", {"language": "cs", "leg_language": "lt"}, "lt"),
        ("DHL?", {"language": "de-AT"}, "de"),
        ("ok", {"language": "fr"}, "en"),
        ("ok", {}, "en"),
        ("我要退货", {}, "en"),
        # without accents a sentence is hardly ever certain; it is enough that it leads what was spoken so far
        ("chtela bych poradit s vyberem spacaku", {"language": "en"}, "cs"),
        ("noriu grazinti du megztinius", {"language": "en"}, "lt"),
        ("could an adviser ring me instead of the Automat", {"language": "de"}, "en"),
        ("my Czech is too bad for this, where do I pay?", {"leg_language": "cs"}, "en"),
        # somebody else's words and names say nothing about the language of who writes
        ("what does „Zásilka byla doručena“ mean", {"language": "en"}, "en"),
        ("do you deliver to Dlouhá Loučka", {"language": "en"}, "en"),
        ("mate skladem Mountain Equipment Ascent Jacket", {"language": "cs"}, "cs"),
        ('"Wo ist mein Paket heute?"', {"language": "en"}, "de"),
    ],
)
def test_language(text: str, metadata: dict[str, str], language: str) -> None:
    message = Message({TEXT: text, "metadata": metadata})
    LanguageEntity(build_detector()).process([message])
    (entity,) = message.get("entities")
    assert (entity["entity"], entity["value"]) == ("language", language)


def policy(storage: LocalModelStorage) -> EscalationPolicy:
    return EscalationPolicy.create(EscalationPolicy.get_default_config(), storage, Resource("policy"), CONTEXT)


def customer(text: str, message_id: str = "m1", **scores: float) -> UserUttered:
    parsed = {
        "intent": {"name": "question", "confidence": 0.9},
        "escalation": {name: {"score": score, "clause": text} for name, score in scores.items()},
    }
    return UserUttered(text, intent=parsed["intent"], parse_data=parsed, message_id=message_id)


def tracker(*events: Event) -> DialogueStateTracker:
    return DialogueStateTracker.from_events("c1.1", [ActionExecuted("action_listen"), *events], DOMAIN.slots)


def predicted(storage: LocalModelStorage, *events: Event) -> str | None:
    prediction = policy(storage).predict_action_probabilities(tracker(*events), DOMAIN)
    if prediction.max_confidence == 0:
        return None
    return str(DOMAIN.action_names_or_texts[prediction.max_confidence_index])


def test_the_policy_hands_off_with_the_reason_in_a_slot(storage: LocalModelStorage) -> None:
    prediction = policy(storage).predict_action_probabilities(tracker(customer("a person", request=0.99)), DOMAIN)
    assert DOMAIN.action_names_or_texts[prediction.max_confidence_index] == "action_handoff"
    assert prediction.policy_priority == 5
    (event,) = prediction.optional_events
    assert isinstance(event, SlotSet)
    assert event.key == SLOT_DECISION
    assert event.value["reason"] == "customer_request"
    assert event.value["message_id"] == "m1"


def test_the_policy_abstains_on_ordinary_questions(storage: LocalModelStorage) -> None:
    assert predicted(storage, customer("where is it", question=0.9)) is None


def test_the_policy_asks_back_after_an_unanswered_question_then_listens(storage: LocalModelStorage) -> None:
    asked = [
        customer("who won", question=0.9),
        ActionExecuted("action_answer"),
        SlotSet("outcome", {"result": "unanswered"}),
    ]
    assert predicted(storage, *asked) == "action_ask_back"
    done = [ActionExecuted("action_ask_back"), SlotSet("outcome", {"result": "asked_back", "cause": "unanswered"})]
    assert predicted(storage, *asked, *done) == "action_listen"


def test_training_and_loading_the_policy(storage: LocalModelStorage) -> None:
    resource = policy(storage).train([], DOMAIN)
    loaded = EscalationPolicy.load(EscalationPolicy.get_default_config(), storage, resource, CONTEXT)
    assert loaded.priority == 5


@pytest.mark.parametrize("nonsense", [{"frustration": 7}, {"frustation": 0.6}])
def test_the_policy_refuses_thresholds_that_make_no_sense(
    storage: LocalModelStorage, nonsense: dict[str, float]
) -> None:
    with pytest.raises(SettingsError, match=next(iter(nonsense))):
        EscalationPolicy.create(
            {**EscalationPolicy.get_default_config(), **nonsense}, storage, Resource("policy"), CONTEXT
        )


@pytest.mark.parametrize("scored", [{"score": 0.7, "clause": "I am so upset"}, None])
def test_how_upset_the_customer_is_is_read_where_it_was_scored(scored: dict[str, object] | None) -> None:
    parsed = {"intent": {"name": "question"}, "escalation": {} if scored is None else {"upset": scored}}
    (turn,) = turns_of([UserUttered("I am so upset", parse_data=parsed)])
    assert isinstance(turn, CustomerTurn)
    assert turn.upset == (0.7 if scored else 0.0)


def test_an_action_without_an_outcome_was_lost() -> None:
    asked = customer("how?")
    lost = tracker(asked, ActionExecuted("action_answer"), ActionExecuted("action_listen"))
    assert "action_answer" in str(failure_of(lost, "m1"))
    kept = tracker(asked, ActionExecuted("action_answer"), SlotSet("outcome", {"result": "answered"}))
    assert failure_of(kept, "m1") is None
    down = tracker(asked, ActionExecuted("action_answer"), SlotSet("outcome", {"result": "unavailable"}))
    assert "knowledge base" in str(failure_of(down, "m1"))
    assert failure_of(kept, "another message")
    assert failure_of(None, "m1")
    assert offered_payloads(None) == set()


async def test_the_tracker_store_forgets_the_oldest_leg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.trackers.MAX_LEGS", 2)
    store = BoundedTrackerStore(DOMAIN)
    for leg in ("a.1", "b.1", "a.1", "c.1"):
        await store.save(DialogueStateTracker.from_events(leg, [ActionExecuted("action_listen")], DOMAIN.slots))
    assert await store.retrieve("b.1") is None
    assert await store.retrieve("a.1") is not None
    assert await store.retrieve("c.1") is not None


async def test_an_erased_conversation_is_gone_and_a_turn_still_running_does_not_bring_it_back() -> None:
    store = BoundedTrackerStore(DOMAIN)
    trackers = {
        leg: DialogueStateTracker.from_events(leg, [ActionExecuted("action_listen")], DOMAIN.slots)
        for leg in ("a.1", "a.2", "ab.1")
    }
    for tracker in trackers.values():
        await store.save(tracker)
    store.forget("a")
    await store.save(trackers["a.2"])
    assert [leg for leg in trackers if await store.retrieve(leg) is not None] == ["ab.1"]
