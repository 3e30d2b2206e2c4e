"""The folder of exported models: a cache, made anew whenever a file is missing or damaged.

`<digest>.onnx` is a model, `<digest>.json` the note that vouches for it, written after it; a model that cannot be
exported has only a note, so that it is not tried at every start. Several systems may share the folder.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from knowledge_base.encoder.model_folder import model_name
from knowledge_base.encoder.onnx import OnnxEncoder
from knowledge_base.encoder.recipe import Recipe
from knowledge_base.errors import ExportUnusableError
from knowledge_base.settings import PACKAGED_ENCODER

logger = logging.getLogger(__name__)

FORMAT = 2  # raise it when `export` writes something else: all files are then made anew
EXPORT_DEADLINE_S = 300  # it takes ten seconds; a large model on a busy machine a minute
WRITER = "onnx"  # the package torch writes with
SOURCES = Path(__file__).parents[2]  # where Python finds this package


class ModelCache:
    """Exported models in a folder."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; it is made when first needed."""
        self._folder = folder

    def load(self, name: str, model_folder: Path, recipe: Recipe) -> OnnxEncoder:
        """Return the encoder of a model, exporting it first where need be.

        Raises:
            ExportUnusableError: it cannot be exported or read; the reason is worth a line in the log.
        """
        model = model_name(name, model_folder)
        file = self._folder / f"{model.rsplit('@', 1)[-1]}.onnx"
        note = self._trusted(file)
        if note is None:
            if find_spec(WRITER) is None:  # not remembered, so that the next start after its installation is fast
                raise ExportUnusableError(file, f"the package {WRITER}, which writes it, is not installed")
            logger.info("The encoder is made ready for a fast start, once", extra={"encoder": model})
            note = self._export(name, model_folder, file)
            if note.get("plain") is not None:
                logger.warning(
                    "The prepared encoder is a little slower than it could be",
                    extra={"encoder": model, "reason": str(note["plain"])},
                )
        if "refused" in note:
            raise ExportUnusableError(file, str(note["refused"]))
        return OnnxEncoder(model, recipe, file)

    def _trusted(self, file: Path) -> dict[str, Any] | None:
        """Return the note of a file that is whole; `None` when it has to be made."""
        try:
            note = dict(json.loads(_note(file).read_text(encoding="utf-8")))
            if note.get("format") != FORMAT:
                return None
            if "refused" in note:
                return note
            with file.open("rb") as data:
                if hashlib.file_digest(data, "sha256").hexdigest() == note.get("sha256"):
                    return note
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            logger.warning("A prepared encoder cannot be read and is made anew", extra={"reason": str(error)})
            return None
        logger.warning("A prepared encoder is damaged and is made anew", extra={"file": str(file)})
        return None

    def _export(self, name: str, model_folder: Path, file: Path) -> dict[str, Any]:
        """Write a file and its note.

        Raises:
            ExportUnusableError: the export did not come to an end, or the disk is full.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self._folder, prefix="export-") as draft:
                made = Path(draft) / file.name
                note = {"format": FORMAT, **_run_export(name, model_folder, made)}
                if "refused" not in note:
                    with made.open("rb") as data:
                        note["sha256"] = hashlib.file_digest(data, "sha256").hexdigest()
                        os.fsync(data.fileno())
                    made.replace(file)
                new_note = Path(draft) / "note"
                new_note.write_text(json.dumps(note), encoding="utf-8")
                new_note.replace(_note(file))
        except OSError as error:
            raise ExportUnusableError(file, str(error)) from error
        return note


def _run_export(name: str, model_folder: Path, target: Path) -> dict[str, Any]:
    """Run `export` in a process of its own and return its outcome.

    Raises:
        ExportUnusableError: it failed or took too long.
    """
    known = name if name == PACKAGED_ENCODER else str(model_folder.absolute())
    command = [sys.executable, "-m", "knowledge_base.encoder.export", known, str(target.absolute())]
    alive, held = os.pipe()  # the process ends when this one closes the pipe, and so with this one, however that ends
    try:
        with subprocess.Popen(
            command, cwd=SOURCES, stdin=alive, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            os.close(alive)
            try:
                written, said = process.communicate(timeout=EXPORT_DEADLINE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise ExportUnusableError(target, f"its export took over {EXPORT_DEADLINE_S} s") from None
    finally:
        os.close(held)
    try:
        return dict(json.loads(written))
    except ValueError:
        last = said.strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
        raise ExportUnusableError(target, f"its export failed: {last[0]}") from None


def _note(file: Path) -> Path:
    return file.with_suffix(".json")
