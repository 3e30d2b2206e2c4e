"""Runs inside the peer's environment (`.venv-peer`): txtai's hybrid index, asked over JSON lines.

    python peer_txtai.py MODEL LIMIT < requests > answers

A request is `{"rows": [[article_id, text], …], "questions": […]}`; its answer is one list a question of
`[article_id, score]`, best first, each article once with its best row. Imports nothing of Tandem.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def answers(model: str, limit: int, request: dict[str, Any]) -> list[list[list[object]]]:
    """Index the rows and ask every question.

    Hybrid is what txtai's documentation offers for search by meaning and words together: a dense index and BM25 with
    normalised scores, weighing the same. The dense index is exact, as recommended for small bases.
    """
    from txtai import Embeddings

    embeddings = Embeddings(path=model, hybrid=True, faiss={"components": "IDMap,Flat"})
    embeddings.index([(number, text, None) for number, (_, text) in enumerate(request["rows"])])
    found = []
    for results in embeddings.batchsearch(request["questions"], limit):
        best: dict[str, float] = {}
        for number, score in results:
            best.setdefault(request["rows"][int(number)][0], float(score))
        found.append([[article_id, score] for article_id, score in best.items()])
    return found


def main() -> None:
    """Answer every line of standard input."""
    model, limit = sys.argv[1], int(sys.argv[2])
    for line in sys.stdin:
        print(json.dumps(answers(model, limit, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
