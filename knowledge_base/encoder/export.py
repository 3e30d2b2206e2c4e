"""Writes the transformer of a sentence-transformers folder as ONNX, once, and proves that it gives the same vectors.

A process of its own (`python -m knowledge_base.encoder.export NAME FILE`): torch takes seconds to import and half a
gigabyte to hold, and what serves afterwards needs none of it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from knowledge_base.encoder.model_folder import model_folder, model_name
from knowledge_base.encoder.onnx import OnnxEncoder
from knowledge_base.encoder.recipe import read_recipe
from knowledge_base.encoder.sentence_transformer import SentenceTransformerEncoder
from knowledge_base.errors import CannotStartError, ExportUnusableError

OPSET = 17  # what every ONNX Runtime of the last years reads
TOLERANCE = 1e-3  # most a number of a vector may differ; 1e-6 is usual, a wrong tokenizer or pooling gives 1e-1
PROBES = (
    "Where is my order?",
    "",
    "wifi",
    "  two  spaces\tand a tab\n",
    "Příliš žluťoučký kůň; ÀÇÉ, ĄŽUOLAS, Straße, Ελληνικά, 日本語, 😀",
    "You can return a pair of shoes within thirty days, unworn and in its box. " * 3,
    "A text that is longer than what any model reads. " * 200,
)


@dataclass(frozen=True)
class Exported:
    """What came of an export.

    Attributes:
        difference: the largest between a number of its vectors and of those torch gives for the probes.
        plain: why its steps were not put together, which makes it a little slower; `None` when they were.
    """

    difference: float
    plain: str | None = None


def export(name: str, target: Path) -> Exported:
    """Write the transformer to `target`, with its steps put together where that goes.

    Args:
        name: a folder or the packaged model.
        target: file to write; nothing else may write it meanwhile.

    Raises:
        EncoderUnavailableError: the model cannot be loaded.
        ExportUnusableError: it cannot be exported, or the vectors differ.
    """
    folder = model_folder(name)
    recipe = None if folder is None else read_recipe(name, folder)
    if folder is None or recipe is None:
        raise ExportUnusableError(target, "the model is more than a transformer and the mean of its tokens")
    slow = SentenceTransformerEncoder(name)
    wanted = [(slow.encode([text]), slow.encode_passages([text])) for text in PROBES]
    together = slow.encode(PROBES)

    def difference(file: Path) -> float:
        fast = OnnxEncoder(model_name(name, folder), recipe, file)
        made = [(fast.encode([text]), fast.encode_passages([text])) for text in PROBES]
        pairs = [(together, fast.encode(PROBES))]
        pairs += [
            (before, after)
            for befores, afters in zip(wanted, made, strict=True)
            for before, after in zip(befores, afters, strict=True)
        ]
        largest = max(float(np.abs(before - after).max()) for before, after in pairs)
        if not largest <= TOLERANCE:  # not a number counts as different
            raise ExportUnusableError(file, f"its vectors differ by {largest:.1e} from those of torch")
        return largest

    transformer = slow.transformer[0].auto_model
    _write(transformer, target)
    return _fused(target, transformer.config, difference)


def _fused(target: Path, config: Any, difference: Callable[[Path], float]) -> Exported:
    """Put the steps of the model in `target` together; leave it as it is where that fails or changes its vectors.

    Raises:
        ExportUnusableError: the vectors of the model as it is differ.
    """
    draft = target.with_name(f"{target.name}.fused")
    try:
        _fuse(target, draft, config)
        exported = Exported(difference(draft))
        draft.replace(target)
    except ExportUnusableError as error:
        draft.unlink(missing_ok=True)
        return Exported(difference(target), error.reason)
    return exported


def _write(transformer: Any, target: Path) -> None:
    import torch

    class Sentence(torch.nn.Module):
        """Word pieces to a vector: the transformer, the mean of its tokens, a length of 1."""

        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, ids: Any, mask: Any) -> Any:
            tokens = self.transformer(input_ids=ids, attention_mask=mask).last_hidden_state
            weights = mask.unsqueeze(-1).to(tokens.dtype)
            mean = (tokens * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, dim=-1)

    transformer.set_attn_implementation("eager")  # the only one that can be traced
    example = torch.ones(2, 8, dtype=torch.long)
    try:
        with warnings.catch_warnings(), torch.inference_mode():
            warnings.simplefilter("ignore")  # of the exporter, about shapes; the probes show whether they were right
            torch.onnx.export(
                Sentence().eval(),
                (example, example),
                str(target),
                input_names=["ids", "mask"],
                output_names=["vectors"],
                dynamic_axes={
                    "ids": {0: "texts", 1: "pieces"},
                    "mask": {0: "texts", 1: "pieces"},
                    "vectors": {0: "texts"},
                },
                opset_version=OPSET,
                dynamo=False,
            )
    except Exception as error:
        raise ExportUnusableError(target, f"torch cannot export it ({error})") from error


def _fuse(source: Path, target: Path, config: Any) -> None:
    """Let the runtime's own tool put attention, and sums with what normalises them, into one step each.

    It knows the shape that models like BERT have and leaves others as they are; the probes show whether it was right.
    """
    heads, width = (getattr(config, name, 0) for name in ("num_attention_heads", "hidden_size"))
    try:
        from onnxruntime.transformers.optimizer import optimize_model  # needs the package onnx

        fused = optimize_model(str(source), "bert", num_heads=heads, hidden_size=width, opt_level=1)
        fused.save_model_to_file(str(target))
    except Exception as error:
        raise ExportUnusableError(source, f"its steps cannot be put together ({error})") from error


def _end_with_parent() -> None:
    """End this process when the one that started it does, however it does."""

    def wait() -> None:
        sys.stdin.buffer.read()
        os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def main() -> int:
    """Export, and print the outcome as JSON: `{"difference", "plain"}`, or `{"refused"}` when it will never do."""
    _end_with_parent()
    name, target = sys.argv[1:]
    try:
        outcome: dict[str, object] = asdict(export(name, Path(target)))
    except ExportUnusableError as error:
        outcome = {"refused": error.reason}
    except CannotStartError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(outcome), flush=True)
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # torch is slow to take down
