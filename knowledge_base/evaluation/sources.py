"""Which sets to measure on: the project's own always, and those of a folder."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from knowledge_base.encoder import Encoder, load_encoder, load_multilingual
from knowledge_base.errors import CannotStartError
from knowledge_base.evaluation.datasets import LabelledQuestion, LabelledSet, read_sets, read_shop
from knowledge_base.evaluation.vector_file import FileEncoder
from knowledge_base.settings import Settings

SHOP_QUESTIONS = Path(__file__).parent.parent.parent / "data" / "evaluation" / "shop" / "questions.jsonl"
FOREIGN_SHARE = 0.25  # questions of other sets, for a set without unanswerable ones of its own
SEED = 7


def load_sets(settings: Settings, folder: Path | None) -> list[LabelledSet]:
    """Return the demo shop and every set of the folder.

    Raises:
        CannotStartError: a set cannot be found.
    """
    if not SHOP_QUESTIONS.is_file():
        raise CannotStartError(
            f"The labelled questions {SHOP_QUESTIONS} are missing: restore them from the repository."
        )
    if folder is not None and not folder.is_dir():
        raise CannotStartError(
            f"The folder of labelled sets {folder} is missing: set EVALUATION_DATA or --data to one."
        )
    return [read_shop(settings.demo_folder, SHOP_QUESTIONS), *(read_sets(folder) if folder else ())]


def evaluation_encoder(settings: Settings) -> Encoder:
    """Return the encoder set, in front of a file of vectors that makes a second run fast."""
    return FileEncoder(load_encoder(settings), settings.var / "evaluation")


def evaluation_multilingual(settings: Settings) -> Encoder | None:
    """Return the multilingual encoder set in the same way, if there is one."""
    encoder = load_multilingual(settings)
    return None if encoder is None else FileEncoder(encoder, settings.var / "evaluation")


def questions_of(labelled: LabelledSet, split: str, most: int) -> list[LabelledQuestion]:
    """Return at most `most` questions; sets without a development half give theirs whatever the split."""
    splits = {question.split for question in labelled.questions}
    chosen = [question for question in labelled.questions if split not in splits or question.split == split]
    random.Random(SEED).shuffle(chosen)  # noqa: S311 - a reproducible sample, not a secret
    return chosen[:most]


def foreign_questions(labelled: LabelledSet, sets: Sequence[LabelledSet], count: int) -> list[LabelledQuestion]:
    """Return questions of other sets in the same language, which this one's base does not answer."""
    if labelled.holds_unanswerable:
        return []
    family = labelled.name.split("_")[0]  # sets cut from one source may answer each other
    strange = [
        question
        for other in sets
        if other.name.split("_")[0] != family
        for question in other.questions
        if question.gold
    ]
    spoken = {question.language for question in labelled.questions}
    pool = [question for question in strange if question.language in spoken] or strange
    return random.Random(SEED).sample(pool, min(len(pool), int(count * FOREIGN_SHARE)))  # noqa: S311
