"""How near two texts must be to mean the same: cosines of different encoders are different measures. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from knowledge_base.vectors import Vectors


@dataclass(frozen=True)
class Nearness:
    """Thresholds for one family of encoders.

    Attributes:
        same_meaning: cosine to the centre of a group of questions from which a question belongs to it.
        same_meaning_across: the same for a question in another language than the group.
        same_question: cosine of two questions from which an editor would call them one.
        same_subject: cosine of two passages, each with its title, from which their sentences are worth comparing.
        same_words: cosine from which two questions of the same telling words are one; then others are only if all the
            telling words of one are among the other's. `None` where vectors alone decide.
    """

    same_meaning: float
    same_meaning_across: float
    same_question: float
    same_subject: float
    same_words: float | None = None


# Chosen on labelled development questions (three sets, 2,077 questions, groups scored by B-cubed F1): the best values
# are .60, .50 and .60. Higher ones split meanings apart, and an editor sees one gap as five small ones.
USUAL = Nearness(same_meaning=0.60, same_meaning_across=0.70, same_question=0.85, same_subject=0.70)
# In an encoder of English texts of other languages are near each other by their letters: questions that have nothing to
# do with each other have cosines up to .7 (Czech, German, Lithuanian; data/evaluation/meanings).
# So words decide beside the vectors whether two are one: chosen on half of data/evaluation/duplicates, that finds 25
# instead of 16 of 30 near copies, and 17 instead of 8 of 30 of the other half, without warning of two questions. Among
# 1,100 titles of Czech, German and Lithuanian help it warns of four pairs instead of eleven.
STRANGE = Nearness(same_meaning=0.70, same_meaning_across=0.70, same_question=0.90, same_subject=0.85, same_words=0.70)
# E5 was trained with a low temperature: unrelated questions have cosines about .80. Measured in the same way: .92 is
# best or nearly so on all three sets, .90 already puts different meanings together.
# Across languages (titles of help pages in four languages, and data/evaluation/meanings): from .86 on a question joins
# its translation in 19 of 20 cases between English and German, 4 of 5 between those and Czech, one to two of three with
# Lithuanian, and no other; among the titles of one manual 6 to 10 in 100 join another.
E5 = Nearness(same_meaning=0.92, same_meaning_across=0.86, same_question=0.95, same_subject=0.90)


def nearness(model: str, *, strange: bool = False) -> Nearness:
    """Return the thresholds for an encoder, by its name.

    Args:
        strange: whether the texts are in a language it was not made for.
    """
    if strange:
        return STRANGE
    return E5 if "e5" in model.casefold() else USUAL


def normalised(rows: Vectors) -> Vectors:
    """Return rows of length 1; rows of zeros stay as they are."""
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
