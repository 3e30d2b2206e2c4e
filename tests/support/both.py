"""A gateway in front of a knowledge base, both real, as editors and agents reach them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from knowledge_base.articles.articles import NewArticle
from tests.support.gateway import Gateway, running_gateway
from tests.support.knowledge_base import ARTICLES, RunningKnowledgeBase, running_knowledge_base


@asynccontextmanager
async def gateway_and_knowledge_base(
    folder: Path, articles: Sequence[NewArticle] = ARTICLES, **changes: Any
) -> AsyncIterator[tuple[Gateway, RunningKnowledgeBase]]:
    """Run both on free ports, with one service token, while the block runs; `changes` are settings of the gateway."""
    async with running_knowledge_base(folder / "knowledge", articles) as base:
        secrets = folder / "secrets"
        secrets.mkdir(mode=0o700)
        (secrets / "service_token").touch(0o600)
        (secrets / "service_token").write_text(base.token)
        async with running_gateway(folder, knowledge_port=int(base.url.rpartition(":")[2]), **changes) as gateway:
            yield gateway, base
