"""What an administrator types at a terminal: what cannot be used is one sentence, and nothing is done."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from handoff_gateway.__main__ import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TANDEM_VAR", str(tmp_path))
    monkeypatch.setenv("TANDEM_GATEWAY_PORT", "9")
    return tmp_path


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command that is refused; return the one line it says."""
    assert main(list(arguments)) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err.strip()


@pytest.mark.parametrize("password", ["short", " " * 12, "x" * 1025])
def test_an_account_gets_a_password_it_can_sign_in_with(capsys: pytest.CaptureFixture[str], password: str) -> None:
    add = ("accounts", "add", "ada@example.org", "--role", "agent")
    assert refusal(capsys, *add, "--password", password).startswith("password: ")
    assert main(["accounts", "list"]) == 0
    assert "ada@" not in capsys.readouterr().out
    assert main([*add, "--password", "a good long one"]) == 0
    change = ("accounts", "set-password", "ada@example.org", "--password", password)
    capsys.readouterr()
    assert refusal(capsys, *change).startswith("password: ")


@pytest.mark.parametrize("minutes", ["nan", "inf", "1e300", "0", "1441"])
def test_an_identity_of_no_time_is_refused(capsys: pytest.CaptureFixture[str], minutes: str) -> None:
    assert refusal(capsys, "identity", "shop-7", "--minutes", minutes).startswith("minutes: ")


@contextmanager
def something_else(answer: bytes) -> Iterator[int]:
    """Serve another program on the gateway's port; every request gets `answer`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_DELETE = do_GET  # noqa: N815 - the library's name

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("command", ["export", "erase"])
@pytest.mark.parametrize("answer", [b"<html>It works!</html>", b"[]", b"\xff"])
def test_another_program_on_the_port_is_no_gateway(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str, answer: bytes
) -> None:
    with something_else(answer) as port:
        monkeypatch.setenv("TANDEM_GATEWAY_PORT", str(port))
        said = refusal(capsys, command, "shop-7")
    assert "TANDEM_GATEWAY_PORT" in said
