"""The half of ``python -m bot.evaluate`` that loads Rasa; run by ``__main__`` with a knowledge base to encode with."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import BotError
from bot.escalation.thresholds import Thresholds
from bot.escalation.topics import Topics, load_topics
from bot.escalation.turns import CustomerTurn, Reason
from bot.evaluate.bot_turns import BotTurnClassifier, Utterance, parts_of, read_examples
from bot.evaluate.dialogues import AGENT, BOT, CUSTOMER, Dialogue, read_dialogues
from bot.evaluate.knowledge import Knowledge
from bot.evaluate.metrics import measure
from bot.evaluate.nlu import Nlu, parse_dialogues
from bot.evaluate.options import Options, parse
from bot.evaluate.predictions import as_row, judged, of_outcome
from bot.evaluate.replay import Found, Step, replay
from bot.evaluate.report import write
from bot.nlu.encoder_client import EncoderClient
from bot.settings import Settings


def classify_bot_turns(dialogues: Sequence[Dialogue], settings: Settings) -> dict[str, Utterance]:
    """Return what every text of a bot's in the dialogues did."""
    texts = sorted({text for dialogue in dialogues for text in _bot_texts(dialogue)})
    if not texts:
        return {}
    examples = read_examples()
    client = EncoderClient(settings.knowledge_url, settings.service_token(), settings.train_embed_deadline_s)
    try:
        known = client.encode([example.text for example in examples], both=False).vectors
        parts = sorted({part for text in texts for part in parts_of(text)})
        vectors: dict[str, np.ndarray] = dict(zip(parts, client.encode(parts, both=False).vectors, strict=True))
    finally:
        client.close()
    return dict(zip(texts, BotTurnClassifier(examples, known).classify(texts, vectors), strict=True))


def steps_of(
    dialogue: Dialogue,
    said: dict[int, CustomerTurn],
    utterances: dict[str, Utterance],
    found: dict[int, Found | None],
) -> list[Step]:
    """Return a dialogue as the steps to replay."""
    steps: list[Step] = []
    for index in sorted(said):
        after = _after(dialogue, index)
        text = "\n".join(turn for role, turn in after if role == BOT)
        ends = any(role == AGENT for role, _ in after)
        steps.append(Step(index, said[index], utterances.get(text), found.get(index), ends))
    return steps


def _after(dialogue: Dialogue, index: int) -> list[tuple[str, str]]:
    """Return what the bot and agents said between a customer's turn and the next one."""
    after: list[tuple[str, str]] = []
    for turn in dialogue.turns[index + 1 :]:
        if turn.role == CUSTOMER:
            break
        after.append((turn.role, turn.text))
    return after


def _bot_texts(dialogue: Dialogue) -> list[str]:
    places = [at for at, turn in enumerate(dialogue.turns) if turn.role == CUSTOMER]
    return ["\n".join(t for role, t in _after(dialogue, at) if role == BOT) for at in places if _after(dialogue, at)]


def run(options: Options, settings: Settings) -> None:
    """Evaluate one file: the verdicts to stdout, the figures to stderr and into a file."""
    dialogues = read_dialogues(options.file)
    with ThreadPoolExecutor(1, "bot turns") as beside, tempfile.TemporaryDirectory(prefix="tandem-model-") as folder:
        classified = beside.submit(classify_bot_turns, dialogues, settings)  # the encoder idles while a model is loaded
        nlu = Nlu(settings.model, Path(folder))
        parsed = parse_dialogues(nlu, dialogues)
        utterances = classified.result()
    found = _asked(options, parsed)
    steps = [steps_of(d, said, utterances, hits) for d, said, hits in zip(dialogues, parsed, found, strict=True)]
    topics = load_topics()
    outcomes = [replay(each, nlu.limits, topics=topics) for each in steps]
    for dialogue, outcome in zip(dialogues, outcomes, strict=True):
        print(json.dumps(as_row(dialogue.id, outcome), ensure_ascii=False))
    sys.stdout.flush()
    pairs = judged(dialogues, map(of_outcome, outcomes))
    if pairs:
        figures = measure(pairs)
        figures["alone"] = _alone(dialogues, steps, nlu.limits, topics)
        write(figures, options.json)


def _asked(options: Options, parsed: Sequence[dict[int, CustomerTurn]]) -> list[dict[int, Found | None]]:
    if options.knowledge is None or options.knowledge_token_file is None:
        return [{} for _ in parsed]
    knowledge = Knowledge(options.knowledge, options.knowledge_token_file.read_text(encoding="utf-8").strip())
    try:
        return [dict(zip(said, knowledge.found(list(said.values())), strict=True)) for said in parsed]
    finally:
        knowledge.close()


def _alone(
    dialogues: Sequence[Dialogue], steps: Sequence[list[Step]], limits: Thresholds, topics: Topics
) -> dict[str, Any]:
    """Return what each trigger does when no other one counts."""
    figures: dict[str, Any] = {}
    # dialogue by dialogue: what was made of its messages is still remembered when it is replayed for the next reason
    replayed = [[of_outcome(replay(each, limits, reason, topics)) for reason in Reason] for each in steps]
    for reason, outcomes in zip(Reason, zip(*replayed, strict=True), strict=True):
        alone = measure(judged(dialogues, outcomes))
        figures[reason.value] = {"reason": alone["reasons"].get(reason.value), "ordinary": alone["ordinary"]}
    return figures


def main() -> int:
    """Evaluate; return 1 with one sentence when something is missing."""
    try:
        run(parse(sys.argv[1:]), Settings.from_env())
    except BotError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
