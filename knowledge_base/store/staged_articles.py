"""Articles as search is to know them, packed to be kept until an import is committed. Pure."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge_base.articles.articles import LiveArticle, StoredUnit, Unit, UnitKind

FAST = 1  # how hard to pack: a third of the size at once; packing harder takes longer than writing more


@dataclass(frozen=True)
class StagedArticles:
    """Some articles of an import.

    Attributes:
        articles: as they will be published, with the ids their units will have.
        gone: ids of those it takes out of search.
    """

    articles: tuple[LiveArticle, ...]
    gone: frozenset[str] = frozenset()

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all of them."""
        return self.gone | {article.article_id for article in self.articles}


def pack(staged: StagedArticles) -> bytes:
    """Return articles as bytes, which `unpack` reads."""
    data = {"articles": [_article(article) for article in staged.articles], "gone": sorted(staged.gone)}
    return zlib.compress(json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode(), FAST)


def unpack(data: bytes) -> StagedArticles:
    """Return the articles packed in `data`."""
    found = json.loads(zlib.decompress(data))
    return StagedArticles(tuple(_read_article(row) for row in found["articles"]), frozenset(found["gone"]))


def _article(article: LiveArticle) -> list[object]:
    head = [article.article_id, article.external_id, article.group, article.title, article.language, article.tags]
    return [*head, [_unit(stored) for stored in article.units]]


def _unit(stored: StoredUnit) -> list[object]:
    unit = stored.unit
    texts = [unit.text, unit.encoder_text, unit.content_hash, unit.heading, unit.markdown]
    return [stored.unit_id, unit.kind.value, *texts, unit.sentences]


def _read_article(row: Sequence[object]) -> LiveArticle:
    article_id, external_id, group, title, language, tags, units = row
    return LiveArticle(
        article_id=str(article_id),
        external_id=None if external_id is None else str(external_id),
        group=str(group),
        title=str(title),
        language=str(language),
        tags=tuple(tags),  # type: ignore[arg-type]  # as `_article` wrote it
        units=tuple(_read_unit(str(article_id), unit) for unit in units),  # type: ignore[attr-defined]
    )


def _read_unit(article_id: str, row: Sequence[object]) -> StoredUnit:
    unit_id, kind, text, encoder_text, content_hash, heading, markdown, sentences = row
    unit = Unit(
        kind=UnitKind(str(kind)),
        text=str(text),
        encoder_text=str(encoder_text),
        content_hash=str(content_hash),
        heading=str(heading),
        markdown=str(markdown),
        sentences=tuple((start, end) for start, end in sentences),  # type: ignore[attr-defined]
    )
    return StoredUnit(int(unit_id), article_id, unit)  # type: ignore[call-overload]
