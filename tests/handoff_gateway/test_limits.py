"""How much a customer, an address and an account may do: over the wire, by a clock that the test moves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from handoff_gateway.access import rates
from handoff_gateway.access.rates import Rate, Rates
from handoff_gateway.addresses import client_address, group, networks
from handoff_gateway.errors import StartupError
from tests.support.bot import FakeBot
from tests.support.clock import FakeClock
from tests.support.gateway import PASSWORD, PATIENCE_S, Client, Gateway, fresh_id, running_gateway

Json = dict[str, Any]
PROXY = networks("127.0.0.1", "")


@asynccontextmanager
async def limited(folder: Path, bot: FakeBot, **changes: Any) -> AsyncIterator[tuple[Gateway, FakeClock]]:
    """Run a gateway with the usual limits behind a proxy on this machine."""
    clock = FakeClock()
    settings: Json = {"limits_on": True, "trusted_proxies": PROXY, **changes}
    async with running_gateway(folder, clock=clock, bot_port=bot.port, **settings) as gateway:
        yield gateway, clock


def from_address(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


async def hello(client: Client, **fields: Any) -> Json:
    await client.send("hello", version=1, **fields)
    return await client.receive()


async def burst(client: Client, count: int) -> list[Json]:
    """Send that many messages at once and return their answers."""
    ids = [fresh_id() for _ in range(count)]
    for client_message_id in ids:
        await client.send("send", client_message_id=client_message_id, text="Hello")
    answers = [await client.until("ack", lambda f, own=own: f["client_message_id"] == own) for own in ids[:30]]
    answers += [await client.until("error", lambda f, own=own: f["client_message_id"] == own) for own in ids[30:]]
    return answers


async def test_a_flood_from_one_customer_is_refused_with_the_time_to_wait(tmp_path: Path, bot: FakeBot) -> None:
    async with limited(tmp_path, bot) as (gateway, clock), gateway.customer() as customer, gateway.customer() as other:
        answers = await burst(customer, 33)
        assert [answer["type"] for answer in answers] == ["ack"] * 30 + ["error"] * 3
        assert {(a["code"], a["retry_after_s"]) for a in answers[30:]} == {("rate_limited", 1.1)}
        await other.say("Not my flood")
        clock.advance(1.1)  # who comes back when told is let in, with the same id
        await customer.say("Hello", client_message_id=answers[30]["client_message_id"])
        assert len(await gateway.log(customer).messages("customer")) == 31


async def test_a_second_tab_is_the_same_customer(tmp_path: Path, bot: FakeBot) -> None:
    async with limited(tmp_path, bot) as (gateway, _), gateway.customer() as tab:
        await burst(tab, 30)
        async with gateway.customer(token=tab.welcome["token"]) as second:
            await second.send("send", client_message_id="x", text="Hello")
            assert (await second.until("error"))["code"] == "rate_limited"


async def test_nobody_who_types_is_ever_limited(tmp_path: Path, bot: FakeBot) -> None:
    """Ten minutes of a short message every second and a half, with typing shown for each letter."""
    async with limited(tmp_path, bot) as (gateway, clock), gateway.customer() as customer:
        for _ in range(400):
            for _letter in range(5):
                await customer.send("typing", on=True)
                clock.advance(0.3)
            await customer.say("ok")
        assert not [frame for frame in customer.frames if frame["type"] == "error"]


async def test_an_agents_script_gone_wild_is_limited_and_the_others_are_not(tmp_path: Path, bot: FakeBot) -> None:
    async with (
        limited(tmp_path, bot, agent_rate=20) as (gateway, _),
        gateway.agent(await gateway.account("ada")) as ada,
        gateway.agent(await gateway.account("bo")) as bo,
    ):
        kinds = [(await ada.do("presence", state="away"))["type"] for _ in range(12)]
        assert kinds == ["ack"] * 10 + ["error"] * 2
        assert (await bo.do("presence", state="away"))["type"] == "ack"


async def test_one_address_cannot_make_customers_without_end(tmp_path: Path, bot: FakeBot) -> None:
    async with limited(tmp_path, bot, new_customer_rate=4) as (gateway, clock):

        async def came(address: str, **fields: Any) -> Json:
            async with gateway.raw("/v1/customer", additional_headers=from_address(address)) as client:
                return await hello(client, **fields)

        first = await came("203.0.113.7")
        assert (await came("203.0.113.7"))["type"] == "welcome"
        refused = await came("203.0.113.7")
        assert (refused["code"], refused["retry_after_s"]) == ("rate_limited", 15.1)
        assert (await came("203.0.113.7", token=first["token"]))["type"] == "welcome"  # those who return may
        assert (await came("203.0.113.8"))["type"] == "welcome"
        clock.advance(15.1)
        assert (await came("203.0.113.7"))["type"] == "welcome"


async def test_sockets_of_one_address_are_counted_and_given_back(tmp_path: Path, bot: FakeBot) -> None:
    async with limited(tmp_path, bot, address_sockets=1) as (gateway, _):
        headers = from_address("203.0.113.7")
        async with gateway.raw("/v1/customer", additional_headers=headers) as first:
            assert (await hello(first))["type"] == "welcome"
            async with gateway.raw("/v1/customer", additional_headers=headers) as second:
                refused = await second.receive()
                assert (refused["code"], refused["retry_after_s"]) == ("rate_limited", 30.0)
                await second.connection.wait_closed()
                assert second.connection.close_code == 1013
            async with gateway.raw("/v1/customer", additional_headers=from_address("203.0.113.8")) as other:
                assert (await hello(other))["type"] == "welcome"
        await let_in(gateway, headers)


async def let_in(gateway: Gateway, headers: dict[str, str], **fields: Any) -> None:
    """Come again until the gateway has noticed that the last socket is gone."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            async with gateway.raw("/v1/customer", additional_headers=headers) as again:
                with contextlib.suppress(ConnectionClosed):  # sent away before it could say hello
                    if (await hello(again, **fields))["type"] == "welcome":
                        return


async def test_sockets_of_one_customer_are_counted_and_given_back(tmp_path: Path, bot: FakeBot) -> None:
    async with limited(tmp_path, bot, person_sockets=2) as (gateway, _), gateway.customer() as first:
        token = first.welcome["token"]
        async with gateway.customer(token=token), gateway.raw("/v1/customer") as third:
            assert (await hello(third, token=token))["code"] == "rate_limited"
        await let_in(gateway, {}, token=token)


async def test_http_answers_429_with_retry_after(tmp_path: Path, bot: FakeBot) -> None:
    async with limited(tmp_path, bot, address_rate=6) as (gateway, clock):
        headers = from_address("203.0.113.7")
        statuses = [(await gateway.http.get("/v1/config", headers=headers)).status_code for _ in range(3)]
        refused = await gateway.http.get("/v1/config", headers=headers)
        assert statuses == [200] * 3
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "11")
        assert (refused.json()["error"], refused.json()["retry_after_s"]) == ("rate_limited", 10.1)
        assert (await gateway.http.get("/v1/config", headers=from_address("203.0.113.8"))).status_code == 200
        clock.advance(10.1)
        assert (await gateway.http.get("/v1/config", headers=headers)).status_code == 200


async def test_nobody_can_pick_an_address_of_their_own(tmp_path: Path, bot: FakeBot) -> None:
    """What is left of the trusted proxy's own entry is made up; without a trusted proxy all of it is."""
    async with limited(tmp_path, bot, address_rate=2) as (gateway, _):
        made_up = [f"198.51.100.{number}, 203.0.113.7" for number in range(2)]
        codes = [(await gateway.http.get("/v1/config", headers=from_address(a))).status_code for a in made_up]
        assert codes == [200, 429]


async def test_guessing_a_password_gets_slow_for_the_account_and_the_address(tmp_path: Path, bot: FakeBot) -> None:
    async with limited(tmp_path, bot) as (gateway, clock):
        await gateway.account("ada")

        async def sign_in(password: str, email: str = "ada@example.org", address: str = "203.0.113.7") -> Any:
            body = {"email": email, "password": password}
            return await gateway.http.post("/v1/login", json=body, headers=from_address(address))

        for _ in range(20):  # those who know theirs are never slowed down
            assert (await sign_in(PASSWORD)).status_code == 200
        assert [(await sign_in("wrong")).status_code for _ in range(5)] == [401] * 5
        refused = await sign_in(PASSWORD, email=" ADA@example.org")
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        assert (await sign_in(PASSWORD, address="203.0.113.8")).status_code == 200  # the owner, elsewhere
        clock.advance(61)
        assert (await sign_in(PASSWORD)).status_code == 200

        names = [f"nobody{number}@example.org" for number in range(40)]
        codes = [(await sign_in("wrong", name, "203.0.113.9")).status_code for name in names]
        assert codes == [401] * 30 + [429] * 10
        addresses = [f"198.51.100.{number}" for number in range(80)]
        codes = [(await sign_in("wrong", address=address)).status_code for address in addresses]
        assert codes.count(401) <= 60


async def test_a_cookie_is_secure_behind_a_proxy_that_encrypts(tmp_path: Path, bot: FakeBot) -> None:
    async with limited(tmp_path, bot) as (gateway, _):
        await gateway.account("ada")
        body, headers = {"email": "ada@example.org", "password": PASSWORD}, {"X-Forwarded-Proto": "https"}
        assert "Secure" in (await gateway.http.post("/v1/login", json=body, headers=headers)).headers["set-cookie"]
        assert "wss://" in (await gateway.http.get("/v1/config", headers=headers)).json()["customer_socket"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "address"),
    [
        ("203.0.113.7", [], "", "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "", "203.0.113.7"),
        ("10.0.0.1", ["198.51.100.1"], "10.0.0.0/8", "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6, 198.51.100.1, 10.0.0.2"], "10.0.0.0/8", "198.51.100.1"),
        ("10.0.0.1", ["6.6.6.6", "198.51.100.1", "10.0.0.2"], "10.0.0.0/8", "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, nonsense"], "10.0.0.0/8", "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.0/8", "10.0.0.1"),
        ("::ffff:10.0.0.1", ["[2001:db8::7]:4711"], "10.0.0.1, ::1", "2001:db8::7"),
        ("10.0.0.1", ["198.51.100.1:4711"], "10.0.0.1", "198.51.100.1"),
        ("not an address", ["198.51.100.1"], "10.0.0.1", None),
        (None, ["198.51.100.1"], "10.0.0.1", None),
    ],
)
def test_only_trusted_proxies_are_believed(peer: str, forwarded: list[str], trusted: str, address: str | None) -> None:
    found = client_address(peer, forwarded, networks(trusted, ""))
    assert found == (None if address is None else ip_address(address))


def test_one_home_is_one_client_and_this_machine_is_none() -> None:
    assert group(ip_address("2001:db8::1")) == group(ip_address("2001:db8::ffff")) == "2001:db8::/64"
    assert group(ip_address("2001:db8:0:1::1")) != group(ip_address("2001:db8::1"))
    assert group(ip_address("127.0.0.1")) is group(ip_address("::1")) is group(None) is None


def test_a_network_that_is_none_ends_the_start() -> None:
    with pytest.raises(StartupError, match="TANDEM_TRUSTED_PROXIES"):
        networks("10.0.0.0/8, proxy.example", "TANDEM_TRUSTED_PROXIES")


class Hand:
    """A clock in the test's hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@given(
    st.floats(0.5, 600),
    st.integers(1, 50),
    st.lists(st.floats(0, 90), max_size=120),
)
def test_a_rate_is_never_exceeded_and_whoever_waits_is_let_in(
    per_minute: float, burst: int, pauses: list[float]
) -> None:
    clock, rate = Hand(), Rate(per_minute, burst)
    buckets, start, taken = Rates(clock), clock.now, 0
    for pause in pauses:
        clock.now += timedelta(seconds=pause)
        wait = buckets.take("key", rate)
        taken += not wait
        assert taken <= burst + (clock.now - start).total_seconds() / rate.interval_s + 1e-3
        assert 0 <= wait <= rate.interval_s + 1e-3
        if wait:
            clock.now += timedelta(seconds=wait + 1e-5)
            assert buckets.take("key", rate) == 0
            taken += 1


def test_a_clock_set_back_shuts_nobody_out_for_long() -> None:
    clock, rate = Hand(), Rate(60, 2)
    buckets = Rates(clock)
    assert [buckets.take("key", rate) for _ in range(2)] == [0, 0]
    clock.now -= timedelta(days=1)
    assert 0 < buckets.take("key", rate) <= 1


def test_buckets_that_are_full_again_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "SWEEP_AT", 100)
    clock = Hand()
    buckets = Rates(clock)
    for number in range(10_000):
        clock.now += timedelta(seconds=1)
        assert buckets.take(number, Rate(60, 5)) == 0
    assert len(buckets._full_at) <= 101
