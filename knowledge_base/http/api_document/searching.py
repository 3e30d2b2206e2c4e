"""Search, vectors, feedback, health."""

from __future__ import annotations

from knowledge_base.articles.fields import MAX_LANGUAGE
from knowledge_base.http.api_document.operations import (
    BOOLEAN,
    HTML,
    NOT_FOUND,
    Answer,
    Operation,
    Schema,
    Subject,
    array,
    integer,
    nullable,
    number,
    record,
    ref,
    string,
)
from knowledge_base.http.wire import (
    DEFAULT_HITS,
    FILTERS,
    HANDED_OFF,
    MAX_COMMENT,
    MAX_HITS,
    MAX_QUERY,
    MAX_REASON,
    MAX_TEXT,
    MAX_TEXTS,
    WAIT,
)
from knowledge_base.search.ranking import Way

VECTORS = {"model": string(), "dimension": integer(minimum=1), "vectors": array(array(number()))}

MAX_ID = 200

LANGUAGE_WANTED = string(
    "a language code; of `en-GB` the first part counts", pattern="^([A-Za-z]{2}([-_].*)?)?$", maxLength=MAX_LANGUAGE
)
STATE_OF_SERVICE: Schema = {
    "status": string(enum=["ok", "starting"]),
    "generation": integer("what search knows", minimum=0),
    "articles": integer("published ones", minimum=0),
    "passages": integer(minimum=0),
    "pending": integer("changes search does not know yet", minimum=0),
    "multilingual": nullable(string("encoder of languages other than English; without one words decide in them")),
    "multilingual_problem": nullable(string("why it could not be loaded, and what to do")),
}

SEARCHING = Subject(
    "Search",
    {
        ("POST", "/v1/search"): Operation(
            "Find the articles that answer a question, and say how likely the first does",
            Answer(schema=ref("SearchAnswer")),
            body=record(
                {
                    "query": string("the question", minLength=1, maxLength=MAX_QUERY),
                    "previous": nullable(
                        string(
                            "the question before it: tried together when this one has no answer", maxLength=MAX_QUERY
                        )
                    ),
                    "language": nullable(LANGUAGE_WANTED),
                    "limit": nullable(integer(f"hits; default {DEFAULT_HITS}", minimum=1, maximum=MAX_HITS)),
                    "filters": nullable(
                        {
                            **record(
                                {"tags": nullable(array(string())), "language": nullable(LANGUAGE_WANTED)},
                                FILTERS,
                                "`tags`: only articles with all of them; `language`: only articles in it",
                            ),
                            "additionalProperties": False,
                        }
                    ),
                    "trial": nullable(
                        dict(BOOLEAN) | {"description": "somebody tries search out: no gap if unanswered"}
                    ),
                },
                ["previous", "language", "limit", "filters", "trial"],
            ),
        ),
        ("POST", "/v1/embed"): Operation(
            "Turn texts into vectors of length 1",
            Answer(schema=record({**VECTORS, "multilingual": nullable(record(VECTORS))}, ["multilingual"])),
            "`multilingual`: also of the second encoder, null where there is none; `wait`: once that is known.",
            body=record(
                {
                    "texts": array(string(maxLength=MAX_TEXT), maxItems=MAX_TEXTS),
                    "multilingual": {"enum": [True, False, WAIT, None]},
                },
                ["multilingual"],
            ),
        ),
        ("POST", "/v1/feedback"): Operation(
            "Keep what somebody said about an answer or an article, or that a question ended with a person",
            Answer(schema=record({"feedback_id": nullable(integer())})),
            "`helpful` with `query_id` or `article_id`, or `outcome` with `query_id`, must be given.",
            body=record(
                {
                    "query_id": nullable(string(maxLength=MAX_ID)),
                    "article_id": nullable(string(maxLength=MAX_ID)),
                    "helpful": nullable(BOOLEAN),
                    "comment": nullable(string(maxLength=MAX_COMMENT)),
                    "outcome": {"enum": [HANDED_OFF, None]},
                    "reason": nullable(string("of the handoff", maxLength=MAX_REASON)),
                },
                ["query_id", "article_id", "helpful", "comment", "outcome", "reason"],
            ),
            refusals=NOT_FOUND,
        ),
        ("GET", "/health"): Operation(
            "Say whether searches are answered",
            Answer(schema=record(STATE_OF_SERVICE)),
            "503 with the same fields while the models load.",
            refusals={503: record({**STATE_OF_SERVICE, "retry_after_s": integer()})},
        ),
        ("GET", "/metrics"): Operation("Return the counters for Prometheus", Answer(content_type="text/plain")),
    },
    {
        "SearchAnswer": record(
            {
                "query_id": string("names this answer in feedback"),
                "confidence": number("calibrated probability that the first hit answers it", minimum=0, maximum=1),
                "answerable": {"type": "boolean", "description": "whether the confidence is high enough to answer"},
                "language": nullable(string("the language the question is in, when that is certain")),
                "hits": array(ref("Hit")),
                "generation": integer("the state of the base that answered"),
                "way": {
                    "enum": [*(each.value for each in Way), None],
                    "description": "how the question was compared: by meaning with the encoder of English or the "
                    "multilingual one, or, in another language without that, mostly by words; `null` where nothing was",
                },
            }
        ),
        "Hit": record(
            {
                "article_id": string(),
                "external_id": nullable(string()),
                "title": string(),
                "url": string("the help page's path on the gateway"),
                "language": string(),
                "tags": array(string()),
                "passage": string("the best passage, as plain text"),
                "heading": string("the headings above it, joined by ` › `"),
                "html": HTML,
                "highlight": array(array(integer(), minItems=2, maxItems=2)),
                "score": number(),
                "dense": number("how near in meaning"),
                "lexical": number("how many words are shared, weighted"),
                "rerank": number("what the reranker says of it, where one is set: decides the order"),
            },
            ["rerank"],
        ),
    },
)
