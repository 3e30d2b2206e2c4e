"""The database and the secrets: made once, right under races, and honest when the disk is full."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, select, text

from handoff_gateway.core.commands import Claim, CustomerSends, RequestAgent
from handoff_gateway.core.conversation import Conversation, replay
from handoff_gateway.core.events import AgentName
from handoff_gateway.errors import AtCapacityError, NotFoundError, StartupError, UnavailableError
from handoff_gateway.migrations import HEAD
from handoff_gateway.migrations.run import config
from handoff_gateway.secret_files import admin_password, service_token
from handoff_gateway.store import execution, log, projection
from handoff_gateway.store.database import Database, open_database
from handoff_gateway.store.projection import Customer
from handoff_gateway.store.tables import customers, metadata
from handoff_gateway.times import to_text
from tests.support.gateway import PATIENCE_S, Gateway, fresh_id

NOW = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)


def new_database(folder: Path) -> Database:
    return open_database(f"sqlite:///{folder / 'gateway.db'}")


def start(database: Database, name: str) -> None:
    customer = Customer(f"cus_{name}", None, verified=False)
    database.write_now(lambda tx: projection.start(tx, Conversation(name), customer, f"hash {name}", NOW))


def test_the_migrations_make_the_tables_the_code_knows(tmp_path: Path) -> None:
    new_database(tmp_path).close()
    engine = create_engine(f"sqlite:///{tmp_path / 'gateway.db'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        assert ScriptDirectory.from_config(config(connection)).get_heads() == [HEAD]
    engine.dispose()


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    database = new_database(tmp_path)
    start(database, "con_1")
    database.close()
    database = new_database(tmp_path)
    assert database.write_now(lambda tx: projection.load(tx, "con_1")).id == "con_1"
    database.close()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=r"gateway\.db"):
        open_database(f"sqlite:///{tmp_path / 'none' / 'gateway.db'}")


async def test_a_cancelled_caller_does_not_split_a_transaction(tmp_path: Path) -> None:
    database = new_database(tmp_path)
    begun, go_on = threading.Event(), threading.Event()

    def both(tx: Connection) -> None:
        projection.start(tx, Conversation("con_1"), Customer("cus_1", None, verified=False), "h1", NOW)
        begun.set()
        assert go_on.wait(PATIENCE_S)
        projection.start(tx, Conversation("con_2"), Customer("cus_2", None, verified=False), "h2", NOW)

    caller = asyncio.create_task(database.write(both))
    assert await asyncio.to_thread(begun.wait, PATIENCE_S)
    caller.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    found = await database.write(lambda tx: len(tx.execute(select(customers)).all()))
    assert found == 2
    await database.aclose()


async def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    database = new_database(tmp_path)
    start(database, "con_1")
    with pytest.raises(UnavailableError):  # the same customer twice
        await database.write(
            lambda tx: projection.start(
                tx, Conversation("con_2"), Customer("cus_con_1", None, verified=False), "h", NOW
            )
        )
    with pytest.raises(NotFoundError):
        await database.read(lambda tx: projection.load(tx, "con_2"))
    await database.aclose()


def add_customer(name: str) -> Callable[[Connection], str]:
    """Return a transaction that adds one customer."""

    def add(tx: Connection) -> str:
        tx.execute(
            customers.insert().values(id=name, token_hash=name, name=None, verified=False, created_at=to_text(NOW))
        )
        return name

    return add


async def many(database: Database, *transactions: Callable[[Connection], Any]) -> list[Any]:
    """Run transactions so that all but the first wait together."""
    begun, held = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        begun.set()
        assert held.wait(PATIENCE_S)

    first = asyncio.create_task(database.write(hold))
    assert await asyncio.to_thread(begun.wait, PATIENCE_S)
    rest = [asyncio.create_task(database.write(one)) for one in transactions]
    await asyncio.sleep(0)  # until all have asked
    held.set()
    await first
    return await asyncio.gather(*rest, return_exceptions=True)


async def names(database: Database) -> list[str]:
    return await database.read(lambda tx: sorted(tx.execute(select(customers.c.id)).scalars()))


async def test_writes_committed_together_are_each_whole_or_nothing(tmp_path: Path) -> None:
    """What one of them must not do, undoes it alone."""
    database = new_database(tmp_path)

    def half(tx: Connection) -> None:
        add_customer("half")(tx)
        raise NotFoundError("no such thing")

    found = await many(database, add_customer("a"), half, add_customer("a"), add_customer("b"))
    assert found[0] == "a"
    assert isinstance(found[1], NotFoundError)
    assert isinstance(found[2], UnavailableError)  # the name is taken
    assert found[3] == "b"
    assert await names(database) == ["a", "b"]
    await database.aclose()


async def test_writes_are_answered_in_the_order_of_their_commits(tmp_path: Path) -> None:
    database = new_database(tmp_path)
    answered: list[str] = []

    async def write(name: str) -> None:
        answered.append(await database.write(add_customer(name)))

    wanted = [f"c{number:03}" for number in range(200)]
    await asyncio.gather(*(write(name) for name in wanted))
    assert answered == wanted
    assert await names(database) == wanted
    await database.aclose()


async def test_nobody_is_told_of_a_write_whose_commit_fails(tmp_path: Path) -> None:
    """All that were to be committed together are refused, and written the next time they ask."""
    database = new_database(tmp_path)

    def full(tx: Connection) -> None:
        tx.exec_driver_sql(f"PRAGMA max_page_count = {tx.exec_driver_sql('PRAGMA page_count').scalar()}")
        tx.execute(
            customers.insert().values(
                id="x" * 40, token_hash="y", name="z" * 10**6, verified=False, created_at=to_text(NOW)
            )
        )

    found = await many(database, add_customer("a"), full, add_customer("b"))
    assert all(isinstance(one, UnavailableError) for one in found)
    assert await names(database) == []
    await database.write(lambda tx: tx.exec_driver_sql("PRAGMA max_page_count = 1000000"))
    assert await many(database, add_customer("a"), add_customer("b")) == ["a", "b"]
    await database.aclose()


def test_the_projection_is_the_replayed_log(tmp_path: Path) -> None:
    database = new_database(tmp_path)
    start(database, "con_1")
    for number, command in enumerate((CustomerSends("m1", "a"), RequestAgent("m2"), CustomerSends("m3", "b"))):
        database.write_now(lambda tx, command=command: execution.execute(tx, "con_1", command, NOW))  # type: ignore[misc]
        entry = database.write_now(lambda tx: projection.load(tx, "con_1"))
        events = database.write_now(lambda tx: log.read(tx, "con_1", 0))
        assert replay(Conversation("con_1"), events) == entry.state
        assert len(events) == entry.state.seq >= number + 1
    assert [e.seq for e in database.write_now(lambda tx: log.read(tx, "con_1", 1, limit=2))] == [2, 3]
    database.close()


def test_an_unknown_agent_cannot_be_given_a_conversation(tmp_path: Path) -> None:
    database = new_database(tmp_path)
    start(database, "con_1")
    with pytest.raises(NotFoundError):
        database.write_now(lambda tx: execution.execute(tx, "con_1", Claim(AgentName("acc_none", "X")), NOW))
    database.close()


async def test_capacity_holds_for_claims_at_the_same_moment(gateway: Gateway) -> None:
    account = await gateway.services.auth.add("solo@example.org", "Solo", "correct horse", ["agent"], 2)
    ids = []
    for _ in range(5):
        async with gateway.customer() as customer:
            await customer.request_agent()
            ids.append(customer.conversation_id)
    claims = (gateway.services.desk.perform(conversation_id, Claim(account.agent)) for conversation_id in ids)
    results = await asyncio.gather(*claims, return_exceptions=True)
    assert sum(isinstance(result, AtCapacityError) for result in results) == 3


async def test_a_full_disk_is_said_and_nothing_is_acknowledged(gateway: Gateway) -> None:
    async with gateway.customer() as customer:
        await customer.say("there is room")
        await customer.said("bot")
        write = gateway.services.database.write
        pages = await write(lambda tx: int(tx.execute(text("PRAGMA page_count")).scalar_one()))
        await write(lambda tx: tx.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}").close())
        same = fresh_id()
        await customer.send("send", client_message_id=same, text="x" * 30_000)
        error = await customer.until("error")
        assert (error["code"], error["client_message_id"]) == ("unavailable", same)
        assert error["retry_after_s"] > 0
        await write(lambda tx: tx.exec_driver_sql("PRAGMA max_page_count = 1000000").close())
        assert (await customer.say("x" * 30_000, client_message_id=same))["seq"] == 3


def test_secrets_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    token = service_token(folder)
    assert len(token) >= 32
    assert service_token(folder) == token
    assert admin_password(folder) != token
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert sorted(path.name for path in folder.iterdir()) == ["admin_password", "service_token"]


def test_parts_that_start_together_agree_on_the_secret(tmp_path: Path) -> None:
    barrier, seen = threading.Barrier(8), []

    def make() -> None:
        barrier.wait()
        seen.append(service_token(tmp_path / "secrets"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1


def test_an_empty_secret_is_named(tmp_path: Path) -> None:
    (tmp_path / "service_token").write_text("\n")
    with pytest.raises(StartupError, match="service_token"):
        service_token(tmp_path)


def test_the_database_is_for_its_owner_only(tmp_path: Path) -> None:
    new_database(tmp_path).close()
    assert stat.S_IMODE((tmp_path / "gateway.db").stat().st_mode) == 0o600
    with sqlite3.connect(tmp_path / "gateway.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
