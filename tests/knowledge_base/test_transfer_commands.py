"""`import` and `export` as commands: on their own, beside a running service, and killed in the middle."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import func, select

from knowledge_base import logs
from knowledge_base.cli import main
from knowledge_base.settings import Settings
from knowledge_base.store import live
from knowledge_base.store.database import Database
from knowledge_base.store.tables import units, vectors
from tests.support.knowledge_base import ARTICLES, RunningKnowledgeBase, caught_up, running_knowledge_base
from tests.support.tiny_models import tiny_sentence_model

MANY = 1_500
PATIENCE_S = 60
SPILLED = 1_000_000  # bytes in the write-ahead log: a transaction is under way, and larger than SQLite's cache


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_sentence_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(autouse=True)
def encoder(tiny: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TANDEM_ENCODER", str(tiny))
    monkeypatch.setenv("TANDEM_ENCODER_MULTILINGUAL", "none")
    monkeypatch.setenv("TANDEM_MODEL_CACHE", str(tmp_path_factory.getbasetemp() / "exports"))


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TANDEM_VAR", str(tmp_path / "var"))
    monkeypatch.setattr(logs, "configure", lambda: None)  # the log of the test run stays as it is
    return tmp_path / "var"


def test_a_folder_goes_in_and_everything_comes_out(
    var: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "help"
    (folder / "guides").mkdir(parents=True)
    (folder / "guides" / "laces.md").write_text("# Laces\n\nWaxed laces last.\n")
    (folder / "empty.md").write_text("")
    assert main(["import", "--dry-run", str(folder)]) == 0
    assert "would be: 1 created, 0 changed, 0 same, 1 refused" in capsys.readouterr().out
    assert main(["import", "--strict", str(folder)]) == 1
    assert "nothing imported; would be: 1 created" in capsys.readouterr().out
    assert main(["import", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "refused: empty.md, row 1: the file is empty" in said
    assert "\n1 created, 0 changed, 0 same, 1 refused" in said
    file = tmp_path / "all.jsonl"
    assert main(["export", str(file)]) == 0
    (line,) = file.read_text().splitlines()
    assert json.loads(line)["external_id"] == "guides/laces"
    assert [path.name for path in tmp_path.iterdir() if "all" in path.name] == ["all.jsonl"]
    monkeypatch.setenv("TANDEM_VAR", str(tmp_path / "other"))
    assert main(["import", str(file)]) == 0
    assert main(["export", str(tmp_path / "again.jsonl")]) == 0
    assert (tmp_path / "again.jsonl").read_bytes() == file.read_bytes()


def test_a_command_encodes_before_it_commits_and_a_start_after_it_encodes_nothing(var: Path, tmp_path: Path) -> None:
    file = tmp_path / "laces.jsonl"
    file.write_text(json.dumps({"external_id": "laces", "title": "Laces", "body": "Waxed laces last.\n"}) + "\n")
    assert main(["import", str(file)]) == 0
    database = Database(Settings(var=var).database)
    for table in (units, vectors):
        query = select(func.count()).select_from(table)
        assert database.write_now(lambda connection, query=query: connection.execute(query).scalar_one()) == 2
    database.close()


def test_a_command_without_an_encoder_imports_all_the_same(
    var: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TANDEM_ENCODER", str(tmp_path / "nothing-here"))
    (tmp_path / "a.md").write_text("# A\n\nB\n")
    assert main(["import", str(tmp_path / "a.md")]) == 0
    assert "search will encode them" in caplog.text
    database = Database(Settings(var=var).database)
    assert len(database.write_now(live.live_base).articles) == 1
    database.close()


def test_what_cannot_be_done_is_said_in_a_sentence(
    var: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.exe").write_text("x")
    for arguments, said in [
        (["export"], "there is no knowledge base"),
        (["import", str(tmp_path / "nothing")], "there is no such file or folder"),
        (["import", str(tmp_path / "a.exe")], "it must be JSONL, CSV"),
    ]:
        assert main(arguments) == 1
        errors = capsys.readouterr().err.strip().splitlines()
        assert said in errors[-1]
    (tmp_path / "a.md").write_text("# A\n\nB\n")
    assert main(["import", str(tmp_path / "a.md")]) == 0
    assert main(["export", str(tmp_path / "no" / "such" / "folder" / "a.jsonl")]) == 1
    assert "Cannot write to" in capsys.readouterr().err


@asynccontextmanager
async def importing(var: Path, file: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "knowledge_base", "import", str(file)),
        env=os.environ | {"TANDEM_VAR": str(var)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not met():  # noqa: ASYNC110 - of another process, which says nothing while it works
            await asyncio.sleep(0.002)


def size_of(path: Path) -> int:
    return path.stat().st_size


async def exported(kb: RunningKnowledgeBase) -> bytes:
    return (await kb.client.get("/v1/export")).content


async def answer(kb: RunningKnowledgeBase, query: str) -> str:
    await caught_up(kb)
    return str((await kb.client.post("/v1/search", json={"query": query})).json()["hits"][0]["article_id"])


async def test_an_import_killed_beside_a_running_service_leaves_no_trace(tmp_path: Path) -> None:
    sentence = "Zircon wax for number {} keeps every boot of that kind dry in the rain and shining in the sun. "
    rows = [
        {"external_id": f"wax-{n}", "title": f"Wax {n}", "body": sentence.format(n) * 20, "state": "published"}
        for n in range(MANY)
    ]
    file = tmp_path / "many.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    settings = Settings(var=tmp_path / "var", demo=False, port=0)
    wal = Path(f"{settings.database}-wal")
    async with running_knowledge_base(settings.var, ARTICLES, settings=settings) as kb:
        before, generation = await exported(kb), (await kb.base.health()).generation
        for moment in ("reading", "preparing", "writing"):
            async with importing(settings.var, file) as process:
                command = psutil.Process(process.pid)
                if moment == "reading":
                    await until(lambda command=command: bool(command.children()))
                else:
                    await until(lambda: bool(kb.database.write_now(live.look).staged))
                if moment == "writing":  # once all is staged only its own transaction is large
                    size = size_of(wal)
                    await until(lambda size=size: size_of(wal) > size + SPILLED)
                readers = command.children()
                process.send_signal(signal.SIGKILL)
                assert await process.wait() == -signal.SIGKILL
                await until(lambda readers=readers: not any(reader.is_running() for reader in readers))
            assert await exported(kb) == before
            assert (await kb.base.health()).generation == generation
            assert await answer(kb, "when are you open") == "opening-hours"
        async with importing(settings.var, file) as process:
            said, errors = await process.communicate()
            assert process.returncode == 0, errors
        assert f"{MANY} created, 0 changed, 0 same, 0 refused" in said.decode()
        assert (await answer(kb, "wax 1234")) == "wax-1234"
        assert (await exported(kb)).count(b"\n") == MANY + len(ARTICLES)
