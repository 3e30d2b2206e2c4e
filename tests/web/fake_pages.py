"""The HTTP half of the fake gateway: the real pages under the real one's policy, and the few routes they use."""

import json
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from typing import Any

Frame = dict[str, Any]

WEB = Path(__file__).parents[2] / "handoff_gateway" / "web"
CSP = "default-src 'self'; connect-src 'self' ws: wss:; style-src 'self'; img-src 'self' data:"
PAGES = {"/": "demo/index.html", "/widget.js": "widget/widget.js", "/desk": "desk/index.html"}
AGENT: Frame = {"id": "agent-1", "name": "Ona Petrauskė", "email": "agent@localhost", "roles": ["agent"]}
RETURNS: Frame = {"id": "team-1", "name": "Returns", "open": False}
COLLEAGUE: Frame = {"account_id": "agent-2", "name": "Petr", "online": False}
PASSWORD = "correct horse"


@dataclass
class Site:
    """What tests change about the pages' server."""

    ws_port: int = 0
    signed_in: bool = True
    config_failures: int = 0  # answer so many /v1/config with 500
    widget_origin: str = ""  # where /host takes the widget from; empty: from here
    knowledge: dict[str, Frame] = field(default_factory=dict)  # path below /knowledge/v1/ → answer; else 503
    revealed: dict[str, str] = field(default_factory=dict)  # seq → whole text of a masked message, given once
    asked: list[tuple[str, Frame]] = field(default_factory=list)  # what was asked there


class Pages(SimpleHTTPRequestHandler):
    """The pages and the few HTTP routes they use."""

    def __init__(self, site: Site, *args: Any) -> None:
        self._site = site
        super().__init__(*args, directory=str(WEB))

    def end_headers(self) -> None:
        if not self.path.startswith("/host"):  # that one is another site, with a policy of its own
            self.send_header("Content-Security-Policy", CSP)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/v1/config":
            self._config()
        elif path == "/v1/me":
            self._json(200, {"account": AGENT}) if self._site.signed_in else self._json(401, {"error": "unauthorized"})
        elif path == "/v1/teams":
            self._json(200, {"teams": [{"id": "general", "name": "General", "open": True}, RETURNS]})
        elif path == "/v1/agents":
            self._json(200, {"agents": [{"account_id": AGENT["id"], "name": AGENT["name"], "online": True}, COLLEAGUE]})
        elif path == "/blank":
            self._html(BLANK_PAGE)
        elif path == "/host.css":
            self._answer(200, "text/css", HOST_STYLE.encode())
        elif path == "/host":  # another site that embeds the widget by its one line
            self._html(HOST_PAGE % self._site.widget_origin)
        elif path.startswith("/help/"):
            template = (WEB / "help" / "article.html").read_text(encoding="utf-8")
            html = "<h2>Steps</h2><p>Pack it, print the label, hand it in.</p><ul><li>Within 30 days</li></ul>"
            self._html(
                template.replace("{{title}}", "Return an item").replace("{{html}}", html).replace("{{language}}", "en")
            )
        else:
            self.path = "/" + PAGES.get(path, path.removeprefix("/static/"))
            super().do_GET()

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if self.path == "/v1/login" and body.get("password") == PASSWORD:
            self._site.signed_in = True
            self._json(200, {"token": "t", "account": AGENT})
        elif self.path.startswith("/knowledge/v1/"):
            name = self.path.removeprefix("/knowledge/v1/")
            self._site.asked.append((name, body))
            answer = self._site.knowledge.get(name)
            self._json(*((503, {"error": "unavailable", "message": "it is down"}) if answer is None else (200, answer)))
        elif self.path.endswith("/reveal"):
            whole = self._site.revealed.pop(self.path.split("/")[-2], None)
            self._json(*((404, {"error": "not_found"}) if whole is None else (200, {"text": whole})))
        elif self.path == "/v1/logout":
            self._site.signed_in = False
            self._json(200, {})
        else:
            self._json(401, {"error": {"code": "unauthorized", "message": "wrong email or password"}})

    def _config(self) -> None:
        if self._site.config_failures > 0:
            self._site.config_failures -= 1
            self._json(500, {"error": "broken by the test"})
            return
        sockets = {f"{who}_socket": f"ws://127.0.0.1:{self._site.ws_port}/v1/{who}" for who in ("customer", "agent")}
        self._json(200, {**sockets, "version": 1, "language": "en"})

    def _json(self, status: int, value: Frame) -> None:
        self._answer(status, "application/json", json.dumps(value).encode())

    def _html(self, html: str) -> None:
        self._answer(200, "text/html; charset=utf-8", html.encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: a test's output is its own."""


BLANK_PAGE = """<!doctype html><title>Blank</title><link rel="icon" href="data:,">"""

# Another site, in Czech, whose style sheet would break anything it can reach.
HOST_PAGE = """<!doctype html><html lang="cs"><head><meta charset="utf-8"><title>Host</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/host.css"></head><body><h1>Another site</h1>
<script src="%s/widget.js" async></script></body></html>"""
HOST_STYLE = """
* { all: unset !important; display: block !important; color: red !important; font-size: 40px !important; }
tandem-chat { display: none !important; position: static !important; }
button, textarea { display: none !important; }
"""
