"""Runs inside the peer's environment (`.venv-peer`): txtai's hybrid index, asked over JSON lines.

    python peer_txtai.py MODEL LIMIT < requests > answers

A request is `{"rows": [[article_id, text], …], "questions": […]}`; its answer is one list a question of
`[article_id, score]`, best first, each article once with its best row. A text that comes again, as most of a base does
when only some articles are taken away, is encoded once. Imports nothing of Tandem.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

Encode = Callable[[Sequence[str]], list[Any]]


def answers(encode: Encode, limit: int, request: dict[str, Any]) -> list[list[list[object]]]:
    """Index the rows and ask every question.

    Hybrid is what txtai's documentation offers for search by meaning and words together: a dense index and BM25 with
    normalised scores, weighing the same. The dense index is exact, as recommended for small bases.
    """
    from txtai import Embeddings

    faiss = {"components": "IDMap,Flat"}
    embeddings = Embeddings(method="external", transform=encode, hybrid=True, faiss=faiss)
    embeddings.index([(number, text, None) for number, (_, text) in enumerate(request["rows"])])
    found = []
    for results in embeddings.batchsearch(request["questions"], limit):
        best: dict[str, float] = {}
        for number, score in results:
            best.setdefault(request["rows"][int(number)][0], float(score))
        found.append([[article_id, score] for article_id, score in best.items()])
    return found


def remembering(model: str) -> Encode:
    """Return txtai's own encoding with a model, which encodes no text twice."""
    from txtai import Embeddings

    encoder = Embeddings(path=model)
    known: dict[str, Any] = {}

    def encode(texts: Sequence[str]) -> list[Any]:
        unknown = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(unknown, encoder.batchtransform(unknown) if unknown else (), strict=True))
        return [known[text] for text in texts]

    return encode


def main() -> None:
    """Answer every line of standard input."""
    encode, limit = remembering(sys.argv[1]), int(sys.argv[2])
    for line in sys.stdin:
        print(json.dumps(answers(encode, limit, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
