"""Who a customer is: signed by the host site, and no way into another's conversation."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from handoff_gateway.access.identity import IdentityKeys, read_keys
from handoff_gateway.errors import StartupError
from tests.support.bot import FakeBot
from tests.support.gateway import Gateway, running_gateway

Json = dict[str, Any]
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def claims(subject: str = "shop-7", **more: Any) -> Json:
    return {"sub": subject, "exp": int(time.time()) + 600, **more}


def secret(gateway: Gateway) -> str:
    return (gateway.services.settings.secrets / "identity_secret").read_text().strip()


def signed(gateway: Gateway, subject: str = "shop-7", **more: Any) -> str:
    return jwt.encode(claims(subject, **more), secret(gateway), "HS256")


def pem(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def jwk(key: rsa.RSAPrivateKey, kid: str) -> Json:
    return {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key())), "kid": kid}


def part(data: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


async def refusal(gateway: Gateway, **hello: Any) -> str:
    """Say hello, expect to be turned away, and return why."""
    async with gateway.raw("/v1/customer") as stranger:
        await stranger.send("hello", version=1, **hello)
        error = await stranger.receive()
        assert (error["type"], error["code"]) == ("error", "unauthorized"), error
        await stranger.connection.wait_closed()
        assert len(stranger.frames) == 1  # nothing of anybody's conversation
        return str(error["message"])


async def test_a_verified_customer_finds_their_conversation_on_every_device(gateway: Gateway) -> None:
    async with gateway.customer(identity=signed(gateway, name="Nela", email="nela@example.org")) as phone:
        assert phone.welcome["verified"] is True
        await phone.say("Where is my parcel?")
    async with gateway.customer(identity=signed(gateway)) as laptop:
        assert laptop.conversation_id == phone.conversation_id
        assert (await laptop.said("customer"))["text"] == "Where is my parcel?"
    async with gateway.customer(token=phone.welcome["token"]) as phone_again:
        assert phone_again.conversation_id == phone.conversation_id
        assert phone_again.welcome["token"] == phone.welcome["token"]


async def test_agents_see_who_is_verified_and_who_is_not(gateway: Gateway) -> None:
    async with (
        gateway.online() as agent,
        gateway.customer(identity=signed(gateway, name="Nela", email="nela@example.org")) as nela,
        gateway.customer() as somebody,
    ):
        assert somebody.welcome["verified"] is False
        for customer, known in (
            (nela, {"verified": True, "name": "Nela", "email": "nela@example.org", "external_id": "shop-7"}),
            (somebody, {"verified": False}),
        ):
            await agent.do("claim", conversation_id=customer.conversation_id)
            shown = await agent.until("conversation")
            assert shown["conversation"]["customer"] == {"id": customer.welcome["customer_id"], **known}


async def test_the_same_name_signed_by_another_site_account_is_another_customer(gateway: Gateway) -> None:
    async with (
        gateway.customer(identity=signed(gateway, "a", email="x@example.org")) as one,
        gateway.customer(identity=signed(gateway, "b", email="x@example.org")) as other,
    ):
        assert one.conversation_id != other.conversation_id


async def test_an_anonymous_conversation_becomes_that_of_who_signs_in(gateway: Gateway) -> None:
    async with gateway.online() as agent, gateway.customer() as before:
        await before.say("Hello")
        await agent.do("claim", conversation_id=before.conversation_id)
        async with gateway.customer(token=before.welcome["token"], identity=signed(gateway, name="Nela")) as after:
            assert after.conversation_id == before.conversation_id
            assert after.welcome["verified"] is True
            assert (await after.said("customer"))["text"] == "Hello"
            told = await agent.until("conversation", lambda f: f["conversation"]["customer"]["verified"])
            assert told["conversation"]["customer"]["name"] == "Nela"


async def test_whoever_planted_a_token_is_left_outside_once_somebody_signs_in(gateway: Gateway) -> None:
    """The attacker starts a conversation, puts its token into the victim's browser, and waits."""
    async with gateway.customer() as attacker:
        planted = attacker.welcome["token"]
        async with gateway.customer(token=planted, identity=signed(gateway)) as victim:
            await attacker.connection.wait_closed()
            assert attacker.connection.close_code == 1008
            await victim.say("My secret")
            assert "not known" in await refusal(gateway, token=planted)
    assert not any("My secret" in json.dumps(frame) for frame in attacker.frames)


async def test_two_conversations_are_never_merged(gateway: Gateway) -> None:
    async with gateway.customer(identity=signed(gateway)) as known:
        await known.say("From before")
    async with gateway.customer() as anonymous:
        await anonymous.say("From the library's computer")
        token = anonymous.welcome["token"]
    async with gateway.customer(token=token, identity=signed(gateway)) as again:
        assert again.conversation_id == known.conversation_id
    assert await gateway.log(again).messages("customer") == ["From before"]
    async with gateway.customer(token=token) as left:  # still anybody's who has its token
        assert (left.conversation_id, left.welcome["verified"]) == (anonymous.conversation_id, False)


async def test_signing_in_as_somebody_else_leads_to_their_own_conversation(gateway: Gateway) -> None:
    async with gateway.customer(identity=signed(gateway, "first")) as first:
        token = first.welcome["token"]
    async with gateway.customer(token=token, identity=signed(gateway, "second")) as second:
        assert second.conversation_id != first.conversation_id
        assert second.welcome["token"] != token


# --- one test for each way in that must be shut ---


async def test_without_a_token_nobody_joins_anything(gateway: Gateway) -> None:
    async with gateway.customer(identity=signed(gateway)) as known, gateway.customer() as stranger:
        await known.say("Mine")
        assert stranger.conversation_id != known.conversation_id
        assert stranger.welcome["seq"] == 0


async def test_an_empty_identity_is_refused(gateway: Gateway) -> None:
    assert (await refusal(gateway, identity="")).startswith("identity: ")


async def test_an_empty_token_is_a_new_customer(gateway: Gateway) -> None:
    async with gateway.customer(identity=signed(gateway)) as known, gateway.customer(token="") as stranger:
        assert stranger.conversation_id != known.conversation_id


async def test_a_forged_identity_is_refused(gateway: Gateway) -> None:
    forged = jwt.encode(claims(), "x" * 43, "HS256")
    assert "signature" in await refusal(gateway, identity=forged)
    head, body, signature = signed(gateway).split(".")
    other = part(claims("shop-8"))
    assert "signature" in await refusal(gateway, identity=f"{head}.{other}.{signature}")
    assert "signed token" in await refusal(gateway, identity="nonsense")
    assert "signature" in await refusal(gateway, identity=f"{head}.{body}.")


async def test_a_forged_token_is_refused_alone_and_beside_an_identity(gateway: Gateway) -> None:
    async with gateway.customer(identity=signed(gateway)) as known:
        customer_id = known.welcome["customer_id"]
    made_up = jwt.encode({"sub": customer_id, "aud": "tandem:customer", "exp": 2**33}, secret(gateway), "HS256")
    for token in (made_up, "nobody-gave-this-out", "a.b.c"):
        assert "not known" in await refusal(gateway, token=token)
        assert "not known" in await refusal(gateway, token=token, identity=signed(gateway))


async def test_an_expired_identity_is_refused(gateway: Gateway) -> None:
    now = int(time.time())
    assert "expired" in await refusal(gateway, identity=signed(gateway, exp=now - 61))
    assert "needs exp" in await refusal(gateway, identity=signed(gateway, exp=None))
    assert "at most 24 hours" in await refusal(gateway, identity=signed(gateway, exp=now + 25 * 3600))
    assert "number" in await refusal(gateway, identity=signed(gateway, exp="tomorrow"))
    assert "number" in await refusal(gateway, identity=signed(gateway, exp=10**400))  # no float holds it
    assert "nbf" in await refusal(gateway, identity=signed(gateway, nbf=now + 3600))


async def test_names_that_only_look_alike_are_two_customers(gateway: Gateway) -> None:
    """Where people choose their own ids at the site, a blank more must not open somebody else's conversation."""
    async with gateway.customer(identity=signed(gateway, "ada")) as ada:
        await ada.say("for Ada's eyes")
    for other in (" ada", "ada ", "Ada", "ada\u200b"):
        async with gateway.customer(identity=signed(gateway, other)) as alike:
            assert alike.conversation_id != ada.conversation_id
            assert alike.welcome["seq"] == 0
    assert "NUL" in await refusal(gateway, identity=signed(gateway, "ada\0"))


async def test_an_expired_token_is_refused(tmp_path: Path, bot: FakeBot) -> None:
    async with running_gateway(tmp_path, bot_port=bot.port, resume_hours=-1) as gateway:
        async with gateway.customer(identity=signed(gateway)) as known:
            token = known.welcome["token"]
        assert "expired" in await refusal(gateway, token=token)
        async with gateway.customer(token=token, identity=signed(gateway)) as again:  # the identity is proof enough
            assert again.conversation_id == known.conversation_id


async def test_anothers_token_opens_only_what_it_was_given_for(gateway: Gateway) -> None:
    async with gateway.customer() as one, gateway.customer() as other:
        await one.say("One's")
        async with gateway.customer(token=other.welcome["token"]) as again:
            assert again.conversation_id == other.conversation_id
            await again.send("open", conversation_id=one.conversation_id)  # not a frame customers have
            assert (await again.until("error"))["code"] == "bad_frame"
            await again.send("send", conversation_id=one.conversation_id, client_message_id="x", text="Hi")
            await again.until("ack")
        assert await gateway.log(one).messages("customer") == ["One's"]
        assert await gateway.log(other).messages("customer") == ["Hi"]


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE"])
async def test_an_identity_without_a_signature_is_refused(gateway: Gateway, algorithm: str) -> None:
    unsigned = f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(claims())}."
    assert "signature" in await refusal(gateway, identity=unsigned)


async def test_the_public_key_is_no_secret_to_sign_with(tmp_path: Path, bot: FakeBot) -> None:
    """HS256 with the RSA public key: the classic confusion of algorithms."""
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [jwk(RSA, "2026")]}))
    async with running_gateway(tmp_path, bot_port=bot.port, identity_keys=keys) as gateway:
        for kid in ("2026", None, "default"):
            header = {"alg": "HS256", "typ": "JWT"} | ({} if kid is None else {"kid": kid})
            signed_part = f"{part(header)}.{part(claims())}"
            key = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
            signature = (
                base64.urlsafe_b64encode(key.sign(signed_part.encode(), pem(RSA).encode())).rstrip(b"=").decode()
            )
            assert "signature" in await refusal(gateway, identity=f"{signed_part}.{signature}")


# --- keys ---


async def test_public_keys_are_exchanged_without_a_restart(tmp_path: Path, bot: FakeBot) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"keys": [jwk(RSA, "old")]}))
    old = jwt.encode(claims(), RSA, "RS256", headers={"kid": "old"})
    new = jwt.encode(claims(), OTHER_RSA, "RS256", headers={"kid": "new"})
    async with running_gateway(tmp_path, bot_port=bot.port, identity_keys=keys) as gateway:
        async with gateway.customer(identity=old) as first:
            assert "signature" in await refusal(gateway, identity=new)
        keys.write_text(json.dumps({"keys": [jwk(RSA, "old"), jwk(OTHER_RSA, "new")]}))
        for identity in (old, new):
            async with gateway.customer(identity=identity) as again:
                assert again.conversation_id == first.conversation_id
        keys.write_text("half a fi")  # being written: what was read before stays in force
        async with gateway.customer(identity=new) as again:
            assert again.conversation_id == first.conversation_id
        keys.write_text(json.dumps({"keys": [jwk(OTHER_RSA, "new")]}))
        assert "signature" in await refusal(gateway, identity=old)


async def test_a_pem_file_and_an_audience_will_do_too(tmp_path: Path, bot: FakeBot) -> None:
    keys = tmp_path / "key.pem"
    keys.write_text(pem(RSA))
    changes: Json = {"identity_keys": keys, "identity_audience": "chat"}
    async with running_gateway(tmp_path, bot_port=bot.port, **changes) as gateway:
        async with gateway.customer(identity=jwt.encode(claims(aud=["shop", "chat"]), RSA, "RS256")) as customer:
            assert customer.welcome["verified"] is True
        for audience in ("shop", None):
            assert "aud" in await refusal(gateway, identity=jwt.encode(claims(aud=audience), RSA, "RS256"))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "neither"),
        ("{}", "neither"),
        ('{"keys": [1]}', "list of objects"),
        ('{"keys": [{"kty": "RSA"}]}', "kid"),
        ('{"keys": [{"kty": "EC", "kid": "a"}]}', "RSA or oct"),
        ('{"keys": [{"kty": "oct", "kid": "a", "k": "c2hvcnQ"}]}', "at least 32 bytes"),
        ('{"keys": [{"kty": "oct", "kid": "a", "alg": "HS512", "k": "c2hvcnQ"}]}', "HS256"),
        ('{"keys": [{"kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB", "d": "AQAB"}]}', "private"),
        ("-----BEGIN PRIVATE KEY-----", "private"),
        ("-----BEGIN PUBLIC KEY-----\nnonsense\n-----END PUBLIC KEY-----\n", "PEM|load|deserialize|parse|decod"),
    ],
)
def test_keys_that_cannot_be_used_end_the_start_with_the_reason(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        read_keys(text)
    (tmp_path / "keys").write_text(text)
    with pytest.raises(StartupError, match="TANDEM_IDENTITY_KEYS"):
        IdentityKeys("x" * 43, tmp_path / "keys")


def test_the_command_signs_what_the_gateway_takes(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "handoff_gateway", "identity", "shop-7", "--name", "Nela", "--minutes"]
    environ = {**os.environ, "TANDEM_VAR": str(tmp_path)}
    done = subprocess.run([*command, "5"], env=environ, capture_output=True, text=True, timeout=60, check=True)
    found = jwt.decode(done.stdout.strip(), (tmp_path / "secrets/identity_secret").read_text().strip(), ["HS256"])
    assert (found["sub"], found["name"]) == ("shop-7", "Nela")
    refused = subprocess.run([*command, "9999"], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (refused.returncode, refused.stdout) == (1, "")


async def test_what_customers_may_not_know_is_not_told(gateway: Gateway) -> None:
    """A customer's own frames name neither the site's id nor the e-mail address: a tab may be open to a shoulder."""
    async with gateway.customer(identity=signed(gateway, email="nela@example.org")) as customer:
        await customer.say("Hello")
        await customer.said("bot")
    assert not any("nela@example.org" in json.dumps(frame) for frame in customer.frames)
