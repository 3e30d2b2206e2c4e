"""A knowledge base that answers what it is told, over a real socket: for the actions' and the bot's tests."""

from __future__ import annotations

import hashlib
import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "test-service-token"
DIMENSION = 16


def vector(text: str) -> list[float]:
    """A vector that depends on the words of a text alone, of unit length."""
    numbers = [0.0] * DIMENSION
    for word in text.lower().split():
        digest = hashlib.sha256(word.strip(".,!?").encode()).digest()
        for index in range(DIMENSION):
            numbers[index] += digest[index] - 127.5
    length = sum(x * x for x in numbers) ** 0.5 or 1.0
    return [x / length for x in numbers]


def hit(article_id: str, passage: str, **more: Any) -> dict[str, Any]:
    """A search hit as DESIGN 4.5 has it."""
    title = more.pop("title", article_id.replace("-", " ").capitalize())
    return {
        "article_id": article_id,
        "external_id": article_id,
        "title": title,
        "url": f"/help/{article_id}",
        "language": "en",
        "passage": passage,
        "html": f"<p>{passage}</p>",
        "highlight": [],
        "score": 0.9,
        "dense": 0.8,
        "lexical": 0.7,
        **more,
    }


def article(article_id: str, title: str, body: str) -> dict[str, Any]:
    """A published article, whose newest version is a draft that no customer may see."""
    live = {"version": 1, "title": title, "body": body, "questions": [], "tags": []}
    return {"id": article_id, "title": "Draft", "body": "Draft", "language": "en", "state": "published", "live": live}


class StandIn:
    """Serves what ``answers`` and ``articles`` hold; ``calls`` lists (route, body) in order."""

    def __init__(self) -> None:
        self.model = "stand-in"
        self.encoder_url = ""  # where vectors are fetched from; empty: they are made up here
        self.answers: dict[str, dict[str, Any]] = {}
        self.articles: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, Any]] = []
        self.status = 200
        self.release = threading.Event()
        self.release.set()
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments: Any) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                self._answer(None)

            def do_POST(self) -> None:
                self._answer(json.loads(self.rfile.read(int(self.headers["content-length"]))))

            def _answer(self, body: Any) -> None:
                stand_in.release.wait(60)
                status, answer = stand_in.respond(self.path, body, self.headers.get("authorization", ""))
                data = json.dumps(answer).encode()
                try:
                    self.send_response(status)
                    self.send_header("content-type", "application/json")
                    self.send_header("content-length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the client's deadline passed, which is what the test wanted

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """Stop serving; later calls are refused."""
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def hang(self) -> None:
        """Answer nothing until ``release`` is set."""
        self.release.clear()

    def asked(self, route: str) -> list[Any]:
        """Return the bodies of the calls of a route."""
        return [body for called, body in self.calls if called == route]

    def answer(self, query: str, *hits: dict[str, Any], confidence: float = 0.9, answerable: bool = True) -> None:
        """Answer ``query`` with ``hits``."""
        self.answers[query] = {"confidence": confidence, "answerable": answerable, "hits": list(hits)}

    def respond(self, path: str, body: Any, authorization: str) -> tuple[int, Any]:
        """Return status and body for a request."""
        self.calls.append((path, body))
        if authorization != f"Bearer {TOKEN}":
            return 401, {"error": "The service token is missing or wrong."}
        if self.status != 200:
            return self.status, {"error": "told to fail"}
        if path == "/v1/embed" and self.encoder_url:
            return self._real_vectors(body)
        if path == "/v1/embed":
            return 200, {
                "model": self.model,
                "dimension": DIMENSION,
                "vectors": [vector(text) for text in body["texts"]],
            }
        if path == "/v1/search":
            found = self.answers.get(body["query"], {"confidence": 0.02, "answerable": False, "hits": []})
            return 200, {"query_id": f"q{len(self.calls)}", "generation": 1, **found}
        if path == "/v1/feedback":
            return 200, {"status": "ok"}
        if path.startswith("/v1/articles/"):
            article = self.articles.get(path.rsplit("/", 1)[1])
            return (200, article) if article else (404, {"error": "no such article"})
        return 404, {"error": "no such route"}

    def _real_vectors(self, body: Any) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        request = urllib.request.Request(f"{self.encoder_url}/v1/embed", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.loads(answer.read())
