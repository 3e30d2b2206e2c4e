"""Articles, their versions and the audit."""

from __future__ import annotations

from knowledge_base.articles.articles import (
    ARTICLE_ID,
    MAX_BODY,
    MAX_EXTERNAL_ID,
    MAX_QUESTION,
    MAX_QUESTIONS,
    MAX_TAG,
    MAX_TAGS,
    MAX_TITLE,
    ArticleState,
)
from knowledge_base.articles.differences import FIELDS
from knowledge_base.articles.differences import Operation as LineOperation
from knowledge_base.articles.fields import MAX_NUMBER
from knowledge_base.http.api_document.operations import (
    BOOLEAN,
    DAY,
    HTML,
    NOT_FOUND,
    TIME,
    Answer,
    Operation,
    Parameter,
    Schema,
    Subject,
    array,
    integer,
    nullable,
    page,
    record,
    ref,
    string,
)
from knowledge_base.http.api_document.searching import LANGUAGE_WANTED, MAX_ID
from knowledge_base.http.routes_articles import MAX_FILTER
from knowledge_base.http.wire import DEFAULT_PAGE, MAX_PAGE
from knowledge_base.store.audit import Action

ARTICLE = "/v1/articles/<article_id:str>"
STATE = string(enum=[state.value for state in ArticleState])
VERSION = integer(minimum=1, maximum=MAX_NUMBER)
TEXTS = array(string())
NEWEST = integer("the newest version, as far as you know", minimum=1, maximum=MAX_NUMBER)

TITLE_WANTED = string(minLength=1, maxLength=MAX_TITLE)
BODY_WANTED = string("Markdown", minLength=1, maxLength=MAX_BODY)
WANTED: dict[str, Schema] = {
    "questions": nullable(
        array(
            string(minLength=1, maxLength=MAX_QUESTION),
            maxItems=MAX_QUESTIONS,
            description="other ways to ask it: searched, not shown",
        )
    ),
    "tags": nullable(array(string(minLength=1, maxLength=MAX_TAG), maxItems=MAX_TAGS)),
    "review_on": nullable(DAY),
    "translation_of": nullable(string("the article in another language", maxLength=MAX_ID)),
    "state": nullable(STATE),
}
HEAD: dict[str, Schema] = {
    "id": string(),
    "external_id": nullable(string()),
    "title": string(),
    "language": string(),
    "tags": TEXTS,
    "review_on": nullable(DAY),
    "state": STATE,
    "version": integer("the newest version", minimum=1),
    "live_version": nullable(integer("what customers see", minimum=1)),
    "has_draft": BOOLEAN,
    "group": string("shared by an article and its translations"),
    "translation_of": nullable(string()),
    "url": string("the help page's path on the gateway"),
    "created_at": TIME,
    "updated_at": TIME,
    "updated_by": string(),
}
CONTENT: dict[str, Schema] = {
    "title": string(),
    "body": string(),
    "language": string(),
    "questions": TEXTS,
    "tags": TEXTS,
    "review_on": nullable(DAY),
}
FULL: dict[str, Schema] = HEAD | {
    "body": string(),
    "html": HTML,
    "questions": TEXTS,
    "translations": array(record({"id": string(), "language": string(), "title": string(), "state": STATE})),
    "live": nullable(record({"version": integer(minimum=1), **CONTENT, "html": HTML})),
}
VERSION_HEAD: dict[str, Schema] = {
    "article_id": string(),
    "version": integer(minimum=1),
    "title": string(),
    "language": string(),
    "tags": TEXTS,
    "review_on": nullable(DAY),
    "created_at": TIME,
    "created_by": string(),
}
ANY_VALUE: Schema = {"description": "the value of the field"}

LIMIT = Parameter("limit", integer(f"default {DEFAULT_PAGE}", minimum=1, maximum=MAX_PAGE))
CURSOR = Parameter("cursor", string("`next_cursor` of the page before", maxLength=MAX_FILTER))
NUMBERED_CURSOR = Parameter("cursor", integer("`next_cursor` of the page before", minimum=1, maximum=MAX_NUMBER))
CHANGED = Answer(schema=ref("ChangedArticle"))
STALE = {409: ref("Conflict")}


def _filter(name: str, description: str) -> Parameter:
    return Parameter(name, string(description, maxLength=MAX_FILTER))


EDITING = Subject(
    "Articles",
    {
        ("GET", "/v1/articles"): Operation(
            "List articles in order of id, a page at a time",
            Answer(schema=page("articles", ref("ListedArticle"), string())),
            query=(
                _filter("q", "a part of the title, whatever the case and diacritics"),
                _filter("tag", "a tag the article carries"),
                _filter("language", "a two-letter code"),
                Parameter("state", STATE),
                LIMIT,
                CURSOR,
            ),
        ),
        ("POST", "/v1/articles"): Operation(
            "Add an article",
            Answer(201, ref("ChangedArticle")),
            "A draft, unless `state` is `published`. Without an `id` one is made from the title.",
            body=record(
                {
                    "title": TITLE_WANTED,
                    "body": BODY_WANTED,
                    "id": nullable(string(pattern=f"^{ARTICLE_ID.pattern}$")),
                    "external_id": nullable(string(minLength=1, maxLength=MAX_EXTERNAL_ID)),
                    "language": nullable(LANGUAGE_WANTED),
                    **WANTED,
                },
                ["id", "external_id", "language", *WANTED],
            ),
            refusals={409: ref("Error")},
        ),
        ("GET", ARTICLE): Operation(
            "Return one article: its newest version, and the one customers see",
            Answer(schema=ref("Article")),
            refusals=NOT_FOUND,
        ),
        ("PUT", ARTICLE): Operation(
            "Replace fields of the newest version by making a new one",
            CHANGED,
            "What is not given stays, `null` empties. A published article keeps its live version, with the draft "
            "beside it, unless `state` is `published`.",
            body=record(
                {"version": NEWEST, "title": TITLE_WANTED, "body": BODY_WANTED, "language": LANGUAGE_WANTED, **WANTED},
                ["title", "body", "language", *WANTED],
            ),
            refusals={**NOT_FOUND, **STALE},
        ),
        ("DELETE", ARTICLE): Operation(
            "Delete an article with all its versions; the audit stays",
            Answer(204, content_type=None),
            query=(Parameter("version", NEWEST),),
            refusals={**NOT_FOUND, **STALE},
        ),
        ("POST", f"{ARTICLE}/publish"): Operation(
            "Make the newest version the live one",
            CHANGED,
            body=record({"version": nullable(NEWEST)}, ["version"]),
            body_required=False,
            refusals={**NOT_FOUND, **STALE},
        ),
        ("POST", f"{ARTICLE}/archive"): Operation(
            "Take an article out of search; its versions stay",
            CHANGED,
            body=record({"version": nullable(NEWEST)}, ["version"]),
            body_required=False,
            refusals={**NOT_FOUND, **STALE},
        ),
        ("POST", f"{ARTICLE}/rollback"): Operation(
            "Bring an old version back as a new one, published when the article is live",
            CHANGED,
            body=record({"version": integer("the one to bring back", minimum=1, maximum=MAX_NUMBER)}),
            refusals={**NOT_FOUND, **STALE},
        ),
        ("GET", f"{ARTICLE}/versions"): Operation(
            "List the versions of an article, newest first, a page at a time",
            Answer(schema=page("versions", record(VERSION_HEAD), string())),
            query=(LIMIT, NUMBERED_CURSOR),
            refusals=NOT_FOUND,
        ),
        ("GET", f"{ARTICLE}/versions/<number:str>"): Operation(
            "Return one version with its text",
            Answer(schema=record(VERSION_HEAD | CONTENT | {"html": HTML})),
            refusals=NOT_FOUND,
        ),
        ("GET", f"{ARTICLE}/diff"): Operation(
            "Compare two versions, by default what is live with what is newest",
            Answer(
                schema=record(
                    {
                        "article_id": string(),
                        "from": VERSION,
                        "to": VERSION,
                        "fields": array(
                            record({"field": string(enum=list(FIELDS)), "from": ANY_VALUE, "to": ANY_VALUE})
                        ),
                        "body": array(
                            record({"operation": string(enum=[item.value for item in LineOperation]), "lines": TEXTS})
                        ),
                    }
                )
            ),
            query=(Parameter("from", VERSION), Parameter("to", VERSION)),
            refusals=NOT_FOUND,
        ),
        ("POST", "/v1/preview"): Operation(
            "Show Markdown as customers would see it",
            Answer(schema=record({"html": HTML})),
            body=record({"body": string("Markdown", maxLength=MAX_BODY)}),
        ),
        ("GET", "/v1/audit"): Operation(
            "List who changed what, newest first, a page at a time",
            Answer(schema=page("entries", ref("AuditEntry"), string())),
            query=(_filter("article_id", "only changes of this article"), LIMIT, NUMBERED_CURSOR),
        ),
    },
    {
        "ListedArticle": record(HEAD),
        "Article": record(FULL),
        "ChangedArticle": record(
            FULL | {"generation": integer("searches that carry it, or a later one, know the change", minimum=0)}
        ),
        "Conflict": record(
            {
                "error": string(),
                "field": string(),
                "yours": {"type": "object", "description": "what you sent"},
                "current": ref("Article"),
            },
            ["yours", "current"],
            "Nothing was done: somebody else has changed the article since you read it (`field` is `version`, both "
            "texts come back), or its group has an article in its language already.",
        ),
        "AuditEntry": record(
            {
                "id": integer(minimum=1),
                "at": TIME,
                "by": record({"id": string(), "name": string()}),
                "action": string(enum=[action.value for action in Action]),
                "article_id": string(),
                "title": string(),
                "from_version": nullable(VERSION),
                "to_version": nullable(VERSION),
            }
        ),
    },
)
