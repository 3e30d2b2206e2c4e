"""Rasa's default pipeline: DIET and a fallback at 0.7, taught the very messages ours is taught. Runs in ``.venv-rasa``.

    python -m tests.evaluation.rivals.rasa_default FOLDER < texts.json > parsed.json

Reads a JSON list of texts and writes, in order, ``{"intent", "confidence", "ranking": {intent: confidence}}``. The
trained model is kept in FOLDER under the digest of what it was made from.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.loader import load_predict_graph_runner
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.model_training import train_nlu
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.importers.utils import training_data_from_paths
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.examples import read

EPOCHS = 12  # the default is 100; this many messages bring the loss down within these, and training stays bounded
CONFIG = f"""\
recipe: default.v1
assistant_id: baseline
language: en
pipeline:
  - name: WhitespaceTokenizer
  - name: RegexFeaturizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: DIETClassifier
    epochs: {EPOCHS}
    constrain_similarities: true
    random_seed: 7
  - name: FallbackClassifier
    threshold: 0.7
    ambiguity_threshold: 0.1
"""
INTENT_OF = (("request", "request_agent"), ("frustration", "frustration"))  # the first that is true of a message
BATCH = 256


def taught() -> TrainingData:
    """The NLU examples, and the messages of data/escalation by what they say first of all."""
    paths = sorted(str(path) for path in Path("data/nlu").rglob("*.yml"))
    data = training_data_from_paths(paths, "en")
    seen = {message.get("text") for message in data.intent_examples}
    more = []
    for example in read(Path("data/escalation")):
        if example.text not in seen:
            intent = next((intent for label, intent in INTENT_OF if label in example.says), "question")
            more.append(Message.build(example.text, intent))
            seen.add(example.text)
    return data.merge(TrainingData(more))


def trained(folder: Path) -> Path:
    """The model's archive, trained unless it is there."""
    text = taught().nlu_as_yaml()
    name = "rasa-default-" + hashlib.sha256((CONFIG + text).encode()).hexdigest()[:12]
    archive = folder / f"{name}.tar.gz"
    if not archive.exists():
        folder.mkdir(parents=True, exist_ok=True)
        config, data = folder / "rasa-default.yml", folder / "rasa-default-nlu.yml"
        config.write_text(CONFIG, encoding="utf-8")
        data.write_text(text, encoding="utf-8")
        train_nlu(str(config), str(data), str(folder), fixed_model_name=name)
    return archive


def parsed(archive: Path, texts: list[str], unpacked: Path) -> list[dict[str, Any]]:
    """What the model makes of each text."""
    metadata, runner = load_predict_graph_runner(unpacked, archive, LocalModelStorage, DaskGraphRunner)
    tracker = DialogueStateTracker("baseline", [])
    found: list[dict[str, Any]] = []
    for start in range(0, len(texts), BATCH):
        messages = [UserMessage(text.lstrip("/") or "?") for text in texts[start : start + BATCH]]
        inputs = {PLACEHOLDER_MESSAGE: messages, PLACEHOLDER_TRACKER: tracker}
        for message in runner.run(inputs, [metadata.nlu_target])[metadata.nlu_target]:
            intent = message.get("intent") or {}
            ranking = {each["name"]: float(each["confidence"]) for each in message.get("intent_ranking") or ()}
            confidence = float(intent.get("confidence") or 0.0)
            found.append({"intent": intent.get("name"), "confidence": confidence, "ranking": ranking})
    return found


def main() -> None:
    """Train if needed, and parse what stands in stdin."""
    texts = json.load(sys.stdin)
    output, sys.stdout = sys.stdout, sys.stderr  # Rasa prints while it trains
    archive = trained(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory() as unpacked:
        found = parsed(archive, texts, Path(unpacked))
    json.dump(found, output)


if __name__ == "__main__":
    main()
