"""Which sensitive topic a message touches, by the words the repository brings along."""

from __future__ import annotations

from bot.escalation.topics import TOPICS_FILE, load_topics
from tests.bot.system import ROOT

TOPICS = load_topics(ROOT / TOPICS_FILE)


def topic_of(text: str) -> str | None:
    """Return the topic's name, or None."""
    found = TOPICS.in_text(text)
    return None if found is None else found.topic.name
