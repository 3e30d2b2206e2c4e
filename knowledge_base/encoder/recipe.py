"""What it takes to serve a sentence-transformers folder without sentence-transformers: read from its files.

Only models that are a transformer, the mean of its tokens and a length of 1 can be: nearly all small encoders. Whether
what is read here is enough is not believed but measured, see `export`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge_base.encoder.prompts import Prompts, prompts_of

MODULES = (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"])
DEFAULT_LENGTH = 512  # word pieces, where the model's files do not say


@dataclass(frozen=True)
class Recipe:
    """How a model reads a text.

    Attributes:
        tokenizer: its `tokenizer.json`.
        length: word pieces it reads; the rest of a text is not read.
        lower_case: whether texts are put in lower case first.
        prompts: what is put in front of a text.
    """

    tokenizer: Path
    length: int
    lower_case: bool
    prompts: Prompts


def read_recipe(name: str, folder: Path) -> Recipe | None:
    """Return how to serve the model in a folder; `None` when only sentence-transformers can."""
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        if [str(module["type"]).rsplit(".", 1)[-1] for module in modules] not in MODULES:
            return None
        root = folder / modules[0]["path"]
        if not _is_mean(_read(folder / modules[1]["path"] / "config.json")):
            return None
        limits, asked = _read(root / "tokenizer_config.json"), _read(root / "sentence_bert_config.json")
        positions = _read(root / "config.json").get("max_position_embeddings", DEFAULT_LENGTH)
        length = asked.get("max_seq_length") or min(limits.get("model_max_length", positions), positions)
        config = _read(folder / "config_sentence_transformers.json")
        tokenizer = root / "tokenizer.json"
        if not tokenizer.is_file():
            return None
        prompts = prompts_of(name, config.get("prompts") or {}, config.get("default_prompt_name"))
        return Recipe(tokenizer, int(length), bool(asked.get("do_lower_case")), prompts)
    except (OSError, ValueError, TypeError, KeyError):  # no such model: sentence-transformers will say what is wrong
        return None


def _is_mean(pooling: Mapping[str, Any]) -> bool:
    """Tell whether a pooling module takes the mean of all tokens and nothing else."""
    if not pooling.get("include_prompt", True):
        return False
    if "pooling_mode" in pooling:
        return pooling["pooling_mode"] in ("mean", ["mean"])
    modes = {mode for mode, on in pooling.items() if mode.startswith("pooling_mode_") and on}
    return modes == {"pooling_mode_mean_tokens"}


def _read(path: Path) -> dict[str, Any]:
    """Return a JSON object; empty when the model has no such file."""
    if not path.is_file():
        return {}
    return dict(json.loads(path.read_text(encoding="utf-8")))
