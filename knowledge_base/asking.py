"""Search for those who do not wait: questions asked in the background, of which nothing is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from knowledge_base.encoder import CachingEncoder
from knowledge_base.errors import NotReadyError
from knowledge_base.indexer import Indexer
from knowledge_base.model_thread import ModelThread
from knowledge_base.search import Answer, Question, SearchIndex
from knowledge_base.vector_index import Vectors

Parts = Callable[[], tuple[Indexer, CachingEncoder]]


class Asking:
    """Asks the index of now. Callers ask in small slices, since each call is one job of the model thread."""

    def __init__(self, thread: ModelThread, parts: Parts) -> None:
        """Prepare.

        Args:
            parts: returns indexer and encoder, and raises `NotReadyError` while there are none.
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

    @property
    def meaning_encoder(self) -> str:
        """Name of the encoder behind `meanings`."""
        return self._parts()[1].model

    async def meanings(self, texts: Sequence[str]) -> Vectors:
        """Return one row a text, by which questions are compared.

        Raises:
            NotReadyError: the models are still loading.
        """
        _, encoder = self._parts()
        return await self._thread.run(lambda: encoder.encode(texts))

    async def ask(self, questions: Sequence[tuple[str, str | None]]) -> list[Answer]:
        """Answer questions, each with its language, all from one generation.

        Raises:
            NotReadyError: the models are still loading.
        """
        indexer, encoder = self._parts()

        def work() -> list[Answer]:
            index = indexer.current
            return [] if index is None else answers(index, encoder, questions)

        return await self._thread.run(work)


def answers(index: SearchIndex, encoder: CachingEncoder, questions: Sequence[tuple[str, str | None]]) -> list[Answer]:
    """Answer questions on the model thread."""
    rows = encoder.encode([text for text, _ in questions])
    return [
        index.search(Question(text, vector, language)) for (text, language), vector in zip(questions, rows, strict=True)
    ]
