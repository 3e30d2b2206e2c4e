"""Search for those who do not wait: questions asked in the background, of which nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from knowledge_base.articles import LiveArticle
from knowledge_base.encoder import CachingEncoder
from knowledge_base.errors import ConflictError, NotReadyError
from knowledge_base.indexer import Indexer
from knowledge_base.model_thread import ModelThread
from knowledge_base.search import Answer, Question, SearchIndex
from knowledge_base.store import LiveBase
from knowledge_base.vector_index import Vectors

Parts = Callable[[], tuple[Indexer, CachingEncoder, CachingEncoder | None]]
Asked = Sequence[tuple[str, str | None]]
"""Questions, each with its language."""

RETRY_AFTER_S = 2  # while an index that failed is built anew
ENCODER_LANGUAGE = "en"  # questions in it are compared by the English encoder, which tells their meanings apart better


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
            indexer, _, _ = self._parts()
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
        indexer, _, _ = self._parts()
        return await self._thread.run(lambda: indexer.vectors_of(unit_ids))

    async def ask(self, questions: Asked) -> list[Answer]:
        """Answer questions, all from one generation.

        Raises:
            NotReadyError: the models are still loading.
        """

        def work() -> list[Answer]:
            index, encoder, multilingual = self._now()
            return [index.search(asked) for asked in _vectorised(index, encoder, multilingual, questions)]

        return await self._thread.run(work)

    async def trial(self, article_id: str, changed: LiveArticle | None) -> Trial:
        """Return search as it would be if an article were `changed`, or were not there.

        Raises:
            NotReadyError: the models are still loading.
        """
        indexer, _, _ = self._parts()
        return Trial(*await indexer.as_if(article_id, changed))

    async def ask_both(self, trial: Trial, questions: Asked) -> list[tuple[Answer, Answer]]:
        """Answer questions as things are and as they would be.

        Raises:
            NotReadyError: the models are still loading.
            ConflictError: the base was changed since the trial began.
        """

        def work() -> list[tuple[Answer, Answer]]:
            index, encoder, multilingual = self._now()
            if index.generation != trial.base.generation:
                raise ConflictError("generation", "articles were changed meanwhile; ask again")
            asked = _vectorised(index, encoder, multilingual, questions)
            return [(index.search(one), trial.index.search(one)) for one in asked]

        return await self._thread.run(work)

    def _encoder_of(self, language: str | None) -> CachingEncoder:
        _, english, multilingual = self._parts()
        return english if multilingual is None or language in (None, ENCODER_LANGUAGE) else multilingual

    def _now(self) -> tuple[SearchIndex, CachingEncoder, CachingEncoder | None]:
        indexer, encoder, multilingual = self._parts()
        if indexer.current is None:
            raise NotReadyError(RETRY_AFTER_S)
        return indexer.current, encoder, multilingual


def _vectorised(
    index: SearchIndex, encoder: CachingEncoder, multilingual: CachingEncoder | None, questions: Asked
) -> list[Question]:
    """Return questions with their vectors, on the model thread."""
    rows = encoder.encode([text for text, _ in questions])
    made = [Question(text, row, language) for (text, language), row in zip(questions, rows, strict=True)]
    if multilingual is None:
        return made
    return [
        replace(one, multilingual=multilingual.encode([one.text])[0]) if index.wants_multilingual(one) else one
        for one in made
    ]
