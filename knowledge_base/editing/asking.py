"""Search for those who do not wait: questions asked in the background, of which nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from knowledge_base.articles.articles import LiveArticle
from knowledge_base.encoder import Encoder
from knowledge_base.errors import ConflictError, NotReadyError
from knowledge_base.search.answering import Asked, Encoders, answer
from knowledge_base.search.indexer import Indexer
from knowledge_base.search.model_thread import ModelThread
from knowledge_base.search.question import Answer
from knowledge_base.search.search import SearchIndex
from knowledge_base.store.live import LiveBase
from knowledge_base.text.languages import ENGLISH
from knowledge_base.vectors import Vectors

Parts = Callable[[], tuple[Indexer, Encoders]]
Questions = Sequence[tuple[str, str | None]]
"""Questions, each with its language."""

RETRY_AFTER_S = 2  # a start takes a few seconds; asking more often only costs it time


@dataclass(frozen=True)
class Trial:
    """Search as it would be after a change, of the same generation as `base`."""

    base: LiveBase
    index: SearchIndex


class Asking:
    """Asks the index of now. Callers ask in small slices, since each call is one job of the model thread."""

    def __init__(self, thread: ModelThread, parts: Parts) -> None:
        """Prepare.

        Args:
            parts: returns indexer, encoder and multilingual encoder; raises `NotReadyError` while there are none.
        """
        self._thread = thread
        self._parts = parts

    @property
    def generation(self) -> int:
        """The generation that answers now; 0 before the first."""
        try:
            indexer, _ = self._parts()
        except NotReadyError:
            return 0
        return 0 if indexer.current is None else indexer.current.generation

    def meaning_encoder(self, language: str | None) -> str:
        """Return the name of the encoder behind `meanings`: it changes when a better one is there.

        Raises:
            NotReadyError: the models are still loading.
        """
        return self._encoder_of(language).model

    async def meanings(self, texts: Sequence[str], language: str | None = None) -> Vectors:
        """Return one row a text, by which texts of a language are compared.

        Raises:
            NotReadyError: the models are still loading.
        """
        encoder = self._encoder_of(language)
        return await self._thread.run(lambda: encoder.encode(texts))

    async def unit_vectors(self, unit_ids: Sequence[int]) -> Vectors:
        """Return the vectors of units of the index of now, as `meanings` would without a language.

        Raises:
            NotReadyError: the models are still loading.
            ConflictError: one of them is gone.
        """
        indexer, _ = self._parts()
        return await self._thread.run(lambda: indexer.vectors_of(unit_ids))

    async def ask(self, questions: Questions) -> list[Answer]:
        """Answer questions, all from one generation.

        Raises:
            NotReadyError: the models are still loading.
        """

        def work() -> list[Answer]:
            index, encoders = self._now()
            return _answers(index, encoders, questions)

        return await self._thread.run(work)

    async def trial(self, article_id: str, changed: LiveArticle | None) -> Trial:
        """Return search as it would be if an article were `changed`, or were not there.

        Raises:
            NotReadyError: the models are still loading.
        """
        indexer, _ = self._parts()
        return Trial(*await indexer.as_if(article_id, changed))

    async def ask_both(self, trial: Trial, questions: Questions) -> list[tuple[Answer, Answer]]:
        """Answer questions as things are and as they would be.

        Raises:
            NotReadyError: the models are still loading.
            ConflictError: the base was changed since the trial began.
        """

        def work() -> list[tuple[Answer, Answer]]:
            index, encoders = self._now()
            if index.generation != trial.base.generation:
                raise ConflictError("generation", "articles were changed meanwhile; ask again")
            before = _answers(index, encoders, questions)
            return list(zip(before, _answers(trial.index, encoders, questions), strict=True))

        return await self._thread.run(work)

    def _encoder_of(self, language: str | None) -> Encoder:
        encoders = self._parts()[1]
        return (
            encoders.english if encoders.multilingual is None or language in (None, ENGLISH) else encoders.multilingual
        )

    def _now(self) -> tuple[SearchIndex, Encoders]:
        indexer, encoders = self._parts()
        if indexer.current is None:
            raise NotReadyError(RETRY_AFTER_S)
        return indexer.current, encoders


def _answers(index: SearchIndex, encoders: Encoders, questions: Questions) -> list[Answer]:
    """Answer questions on the model thread."""
    encoders.english.encode([text for text, _ in questions])  # together, and remembered: faster than one by one
    return [answer(index, encoders, Asked(text, language)) for text, language in questions]
