"""Articles as Markdown files with YAML front matter: `title`, `questions`, `language`, `tags`, `translation_of`."""

from __future__ import annotations

from pathlib import Path

import yaml

from knowledge_base.articles.articles import Content, NewArticle, check_article
from knowledge_base.errors import InvalidArticleError

FENCE = "---"


def read_folder(folder: Path) -> list[NewArticle]:
    """Read every `*.md` file of a folder, sorted by name; the file's stem is the article's id.

    Raises:
        InvalidArticleError: a file is not an article, or a translation's original is missing.
    """
    articles = [read_file(path) for path in sorted(folder.glob("*.md")) if path.stem.lower() != "readme"]
    known = {article.article_id for article in articles}
    for article in articles:
        if article.translation_of is not None and article.translation_of not in known:
            raise InvalidArticleError(
                article.article_id, f"translation_of names {article.translation_of!r}, not in {folder}"
            )
    return articles


def read_file(path: Path) -> NewArticle:
    """Read one article.

    Raises:
        InvalidArticleError: the file is not UTF-8, has no front matter, or breaks a limit.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidArticleError(path.name, "the file is not UTF-8 text") from error
    return parse(text, path.stem, path.name)


def parse(text: str, article_id: str, source: str) -> NewArticle:
    """Turn the text of a file into an article.

    Raises:
        InvalidArticleError: as `read_file`.
    """
    lines = text.splitlines()
    if not lines or lines[0].strip() != FENCE:
        raise InvalidArticleError(source, "the file must begin with front matter between two lines '---'")
    try:
        end = next(number for number, line in enumerate(lines[1:], 1) if line.strip() == FENCE)
    except StopIteration:
        raise InvalidArticleError(source, "the front matter has no closing line '---'") from None
    try:
        head = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.YAMLError as error:
        raise InvalidArticleError(source, f"the front matter is not YAML ({' '.join(str(error).split())})") from error
    if not isinstance(head, dict):
        raise InvalidArticleError(source, "the front matter must hold fields such as 'title: …'")
    translation_of = head.get("translation_of")
    article = NewArticle(
        article_id=article_id,
        external_id=article_id,
        translation_of=None if translation_of is None else str(translation_of),
        content=Content(
            title=str(head.get("title") or "").strip(),
            body="\n".join(lines[end + 1 :]).strip() + "\n",
            language=str(head.get("language") or "en"),
            questions=_texts(head.get("questions"), "questions", source),
            tags=_texts(head.get("tags"), "tags", source),
        ),
    )
    check_article(article, source)
    return article


def _texts(value: object, name: str, source: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise InvalidArticleError(source, f"{name} must be a list")
    return tuple(str(item).strip() for item in value)
