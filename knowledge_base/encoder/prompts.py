"""What a model wants to read in front of a text, so that it knows a question from a passage. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

PASSAGE_NAMES = ("document", "passage", "corpus")  # what models call it, in the order sentence-transformers looks
E5 = re.compile(r"(?:^|[-_./])e5(?:[-_.]|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Prompts:
    """Put in front of a question and of a passage."""

    question: str = ""
    passage: str = ""


E5_PROMPTS = Prompts("query: ", "passage: ")  # the E5 models were trained with these, and seldom say so in a file


def prompts_of(name: str, prompts: Mapping[str, str | None], default: str | None) -> Prompts:
    """Return the prompts of a model.

    Args:
        name: the model's name or the last part of its folder.
        prompts: as the model's own configuration names them.
        default: which of them holds for a text that is neither.
    """
    fallback = (prompts.get(default) if default else None) or ""
    passage = next((prompts[known] for known in PASSAGE_NAMES if prompts.get(known)), None)
    found = Prompts(prompts.get("query") or fallback, passage or fallback)
    if found == Prompts() and E5.search(name):
        return E5_PROMPTS
    return found
