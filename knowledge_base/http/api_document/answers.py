"""What a change would do to answers, and the golden set."""

from __future__ import annotations

from knowledge_base.articles.articles import MAX_QUESTION, ArticleState
from knowledge_base.articles.fields import MAX_NUMBER
from knowledge_base.editing.answer_diff import MOST_GOLDEN, Action
from knowledge_base.editing.warnings_report import WarningKind
from knowledge_base.http.api_document.operations import (
    NOT_FOUND,
    Answer,
    Operation,
    Parameter,
    Subject,
    array,
    integer,
    nullable,
    number,
    record,
    ref,
    string,
)
from knowledge_base.http.api_document.searching import LANGUAGE_WANTED
from knowledge_base.http.wire_answers import DISMISSED, MAX_ID, MAX_REVISION, OPEN
from knowledge_base.store.known_questions import Source

REVISION = string("of the whole set; changes with every question", maxLength=MAX_REVISION)
WARNING_STATE = record({"id": string(), "state": string(enum=[OPEN, DISMISSED])})
WARNING_REFUSALS = {**NOT_FOUND, 409: ref("Error")}
GOLDEN = record({"golden": array(ref("GoldenQuestion")), "revision": REVISION})

ANSWERS = Subject(
    "Answers before and after a change",
    {
        ("POST", "/v1/articles/<article_id:str>/answer-diff"): Operation(
            "List the known questions that would be answered otherwise if a version were published",
            Answer(schema=ref("AnswerDiff")),
            query=(Parameter("action", string(enum=[action.value for action in Action])),),
            body=record(
                {"version": nullable(integer("default: the newest", minimum=1, maximum=MAX_NUMBER))}, ["version"]
            ),
            refusals={**NOT_FOUND, 409: ref("Error")},
        ),
        ("GET", "/v1/warnings"): Operation(
            "List articles that repeat or contradict each other, and those nobody looks after",
            Answer(schema=ref("WarningReport")),
            query=(Parameter("state", string(enum=[OPEN, DISMISSED])),),
            refusals={409: ref("Error")},
        ),
        ("POST", "/v1/warnings/<warning_id:str>/dismiss"): Operation(
            "Say that there is nothing to mend", Answer(schema=WARNING_STATE), refusals=WARNING_REFUSALS
        ),
        ("POST", "/v1/warnings/<warning_id:str>/reopen"): Operation(
            "Warn again of what was dismissed", Answer(schema=WARNING_STATE), refusals=WARNING_REFUSALS
        ),
        ("POST", "/v1/articles/<article_id:str>/check"): Operation(
            "List what the newest version of an article would repeat or contradict",
            Answer(schema=ref("WarningReport")),
            refusals={**NOT_FOUND, 409: ref("Error")},
        ),
        ("GET", "/v1/golden"): Operation(
            "Return the questions whose right answer the editors have written down", Answer(schema=GOLDEN)
        ),
        ("PUT", "/v1/golden"): Operation(
            "Replace the golden set",
            Answer(schema=GOLDEN),
            body=record(
                {
                    "golden": array(
                        record(
                            {
                                "question": string(minLength=1, maxLength=MAX_QUESTION),
                                "article_id": nullable(string("none: not to be answered", maxLength=MAX_ID)),
                                "language": nullable(LANGUAGE_WANTED),
                            },
                            ["article_id", "language"],
                        ),
                        maxItems=MOST_GOLDEN,
                    ),
                    "revision": nullable(
                        string("as it was read: refused when it is not so any more", maxLength=MAX_REVISION)
                    ),
                },
                ["revision"],
            ),
            refusals={409: ref("Error")},
        ),
    },
    {
        "GoldenQuestion": record(
            {
                "question": string(),
                "article_id": nullable(string()),
                "language": nullable(string()),
                "title": nullable(string("of the article; none when it is gone")),
                "state": nullable(string(enum=[state.value for state in ArticleState])),
            }
        ),
        "WarningReport": record(
            {
                "generation": integer(minimum=0),
                "truncated": {"type": "boolean", "description": "whether the base was too large to compare all of it"},
                "warnings": array(
                    record(
                        {
                            "id": nullable(string("none where only mending the article helps")),
                            "kind": string(enum=[kind.value for kind in WarningKind]),
                            "articles": array(record({"id": string(), "title": string()})),
                            "evidence": array(string()),
                            "similarity": nullable(number()),
                            "advice": string(),
                            "dismissed": nullable(record({"at": string(), "by": string()})),
                        }
                    )
                ),
            }
        ),
        "First": record(
            {
                "article_id": string(),
                "title": string(),
                "passage": string(),
                "confidence": number(),
                "answerable": {"type": "boolean"},
            }
        ),
        "AnswerDiff": record(
            {
                "generation": integer(minimum=0),
                "known": integer("questions there were to ask", minimum=0),
                "asked": integer("questions asked in time", minimum=0),
                "truncated": {"type": "boolean", "description": "whether there are more"},
                "golden": record(
                    {
                        "asked": integer("golden questions asked", minimum=0),
                        "right": integer("that get the article written down for them", minimum=0),
                        "right_then": integer("that would after the change", minimum=0),
                    }
                ),
                "changes": array(
                    record(
                        {
                            "question": string(),
                            "language": nullable(string()),
                            "source": string(enum=[source.value for source in Source]),
                            "expected": nullable(string("article of the golden set")),
                            "breaks": {"type": "boolean", "description": "whether a golden answer is lost"},
                            "before": nullable(ref("First")),
                            "after": nullable(ref("First")),
                        }
                    )
                ),
            }
        ),
    },
)
