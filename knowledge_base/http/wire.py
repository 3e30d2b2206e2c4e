"""Requests parsed and answers built: JSON lives here and nowhere deeper. Unknown fields are ignored, filters not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from knowledge_base.articles.fields import TOO_LARGE, Json, read_flag, read_language, read_object, read_text, storable
from knowledge_base.articles.rendering import passage_html
from knowledge_base.errors import InvalidRequestError
from knowledge_base.search.answering import Asked
from knowledge_base.search.question import Answer, Filters, Hit
from knowledge_base.vectors import Vectors

MAX_QUERY = 4_000  # characters; a customer's message is rarely over 500
MAX_HITS = 50
DEFAULT_HITS = 5
FILTERS = ("tags", "language")
MAX_TEXTS = 512  # texts of one /v1/embed call: a few seconds of the one thread that also searches
MAX_TEXT = 8_000  # characters; the encoder reads the first 256 word pieces anyway
WAIT = "wait"
MAX_COMMENT = 2_000
MAX_REASON = 64
HANDED_OFF = "handed_off"
MAX_PAGE = 200
DEFAULT_PAGE = 50


@dataclass(frozen=True)
class SearchRequest:
    """Body of `POST /v1/search`; `trial` says that no customer asks, so that it is no gap when nothing answers."""

    asked: Asked
    trial: bool


@dataclass(frozen=True)
class FeedbackRequest:
    """Body of `POST /v1/feedback`: a verdict, or the report that a question ended with an agent, or both."""

    helpful: bool | None
    query_id: str | None
    article_id: str | None
    comment: str | None
    handed_off: str | None  # the reason


def parse_search(body: object) -> SearchRequest:
    """Read the body of a search.

    Raises:
        InvalidRequestError: names the field and the limit.
    """
    fields = read_object(body)
    query = read_text(fields, "query", MAX_QUERY)
    if query is None or not query.strip():
        raise InvalidRequestError("query", "must be a text that is not empty")
    previous = read_text(fields, "previous", MAX_QUERY)
    asked = Asked(query, read_language(fields), _limit(fields), _filters(fields), previous)
    return SearchRequest(asked, read_flag(fields, "trial"))


@dataclass(frozen=True)
class EmbedRequest:
    """Body of `POST /v1/embed`.

    Attributes:
        multilingual: whether the vectors of the second encoder are wanted too.
        wait: whether to wait until that encoder is loaded, or known not to be there.
    """

    texts: list[str]
    multilingual: bool = False
    wait: bool = False


def parse_embed(body: object) -> EmbedRequest:
    """Read the body of an embedding call.

    Raises:
        InvalidRequestError: names the field and the limit.
    """
    fields = read_object(body)
    texts, multilingual = fields.get("texts"), fields.get("multilingual")
    if not (multilingual is None or isinstance(multilingual, bool) or multilingual == WAIT):
        raise InvalidRequestError("multilingual", f'must be true, false or "{WAIT}"')
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise InvalidRequestError("texts", "must be a list of texts")
    if len(texts) > MAX_TEXTS:
        raise InvalidRequestError("texts", f"has {len(texts)} entries, the limit is {MAX_TEXTS}", TOO_LARGE)
    for number, text in enumerate(texts):
        if len(text) > MAX_TEXT:
            raise InvalidRequestError(
                f"texts[{number}]", f"has {len(text)} characters, the limit is {MAX_TEXT}", TOO_LARGE
            )
    return EmbedRequest([storable(text) for text in texts], bool(multilingual), multilingual == WAIT)


def vectors_json(model: str, vectors: Vectors) -> Json:
    """Return the vectors of one encoder."""
    return {"model": model, "dimension": int(vectors.shape[1]), "vectors": vectors.tolist()}


def parse_feedback(body: object) -> FeedbackRequest:
    """Read the body of a verdict.

    Raises:
        InvalidRequestError: names the field and the limit.
    """
    fields = read_object(body)
    helpful, outcome = fields.get("helpful"), read_text(fields, "outcome", MAX_REASON)
    if outcome not in (None, HANDED_OFF):
        raise InvalidRequestError("outcome", f"must be {HANDED_OFF!r}")
    if not isinstance(helpful, bool) and not (helpful is None and outcome is not None):
        raise InvalidRequestError("helpful", "must be true or false")
    query_id, article_id = read_text(fields, "query_id", 200), read_text(fields, "article_id", 200)
    if not query_id and (not article_id or outcome is not None):
        reason = "either query_id or article_id must be given" if outcome is None else "must be given with an outcome"
        raise InvalidRequestError("query_id", reason)
    reason = read_text(fields, "reason", MAX_REASON) or ""
    comment = read_text(fields, "comment", MAX_COMMENT)
    return FeedbackRequest(helpful, query_id or None, article_id or None, comment, None if outcome is None else reason)


def search_json(query_id: str, answer: Answer) -> Json:
    """Build the answer to a search."""
    return {
        "query_id": query_id,
        "confidence": round(answer.confidence, 4),
        "answerable": answer.answerable,
        "language": answer.language,
        "hits": [_hit_json(hit) for hit in answer.hits],
        "generation": answer.generation,
        "way": None if answer.way is None else answer.way.value,
    }


def article_url(article_id: str) -> str:
    """Return where people read an article: a path on the gateway."""
    return f"/help/{article_id}"


def time_json(moment: datetime) -> str:
    """Return a time as RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _hit_json(hit: Hit) -> Json:
    return {
        "article_id": hit.article.article_id,
        "external_id": hit.article.external_id,
        "title": hit.article.title,
        "url": article_url(hit.article.article_id),
        "language": hit.article.language,
        "tags": list(hit.article.tags),
        "passage": hit.passage,
        "heading": hit.heading,
        "html": passage_html(hit.markdown),
        "highlight": [list(span) for span in hit.highlight],
        "score": round(hit.score, 4),
        "dense": round(hit.dense, 4),
        "lexical": round(hit.lexical, 4),
        **({} if hit.rerank is None else {"rerank": round(hit.rerank, 4)}),
    }


def _limit(fields: Json) -> int:
    value = fields.get("limit")
    if value is None:
        return DEFAULT_HITS
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MAX_HITS:
        raise InvalidRequestError("limit", f"must be a whole number between 1 and {MAX_HITS}")
    return value


def _filters(fields: Json) -> Filters:
    """Read `filters`; one that is not known is refused, since what was to be left out would be found."""
    filters = fields.get("filters")
    if filters is None:
        return Filters()
    if not isinstance(filters, dict):
        raise InvalidRequestError("filters", "must be an object")
    if unknown := sorted(filters.keys() - set(FILTERS)):
        raise InvalidRequestError("filters", f"{unknown[0]!r:.50} is no filter; there are {' and '.join(FILTERS)}")
    tags = filters.get("tags")
    if tags is not None and (not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags)):
        raise InvalidRequestError("filters.tags", "must be a list of texts")
    try:
        language = read_language(filters)
    except InvalidRequestError as error:
        raise InvalidRequestError("filters.language", "must be a language code such as 'en'") from error
    return Filters(tuple(tags or ()), language)
