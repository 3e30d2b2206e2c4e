"""A draft article out of a gap. Pure."""

from __future__ import annotations

from knowledge_base.articles.articles import MAX_QUESTION, MAX_TITLE, ArticleState, Content, NewArticle
from knowledge_base.store.gaps import Gap

FALLBACK_LANGUAGE = "en"
SKELETON = (
    "Write the answer here, the most important sentence first.\n\n## Details\n\nWhat else a customer needs to know.\n"
)


def draft_of(gap: Gap, proposed: str | None) -> NewArticle:
    """Return a draft without an id: the question as title, the other wordings as alternative questions.

    Args:
        proposed: an agent's answer to the question, taken as the body.
    """
    title = gap.question.strip()[:MAX_TITLE].strip()
    wordings = dict.fromkeys(text.strip()[:MAX_QUESTION].strip() for text in gap.examples)
    content = Content(
        title=title,
        body=proposed or SKELETON,
        language=gap.languages[0] if gap.languages else FALLBACK_LANGUAGE,
        questions=tuple(text for text in wordings if text and text != title),
    )
    return NewArticle(article_id="", content=content, state=ArticleState.DRAFT)
