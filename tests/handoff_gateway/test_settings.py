"""The gateway's settings: read once, and an unusable one is one sentence that names it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from handoff_gateway.errors import StartupError
from handoff_gateway.settings import Settings


def test_without_any_variable_the_defaults_count() -> None:
    assert Settings.from_env({}) == Settings()


def test_an_empty_variable_counts_as_unset() -> None:
    names = ("VAR", "DEMO", "LIMITS", "HOST", "GATEWAY_PORT", "TURN_LIMIT", "REDIS_URL", "ALLOWED_ORIGINS")
    assert Settings.from_env({f"TANDEM_{name}": " " for name in names}) == Settings()


def test_everything_that_is_set_counts() -> None:
    found = Settings.from_env(
        {
            "TANDEM_DEMO": "0",
            "TANDEM_LIMITS": "no",
            "TANDEM_RETENTION_DAYS": "30",
            "TANDEM_TURN_LIMIT": "7",
            "TANDEM_ALLOWED_ORIGINS": "https://shop.example, http://localhost:3000",
            "TANDEM_PUBLIC_SOCKET_URL": "wss://chat.example/",
            "TANDEM_IDENTITY_KEYS": "keys.json",
        }
    )
    assert found == replace(
        Settings(),
        demo=False,
        limits_on=False,
        retention_days=30.0,
        turn_limit=7,
        allowed_origins=("https://shop.example", "http://localhost:3000"),
        public_socket_url="wss://chat.example",
        identity_keys=Path("keys.json"),
    )


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("TANDEM_DEMO", "perhaps", "1 or 0"),
        ("TANDEM_GATEWAY_PORT", "65536", "0 to 65535"),
        ("TANDEM_GATEWAY_WS_PORT", "http", "number"),
        ("TANDEM_TURN_LIMIT", "2.5", "whole number"),
        ("TANDEM_TURN_LIMIT", "0", "1"),
        ("TANDEM_MAX_HANDOFFS", "1e300", "at most"),
        ("TANDEM_AGENT_CAPACITY", "1.5", "whole number"),
        ("TANDEM_SILENT_AFTER", "-1", "0"),
        ("TANDEM_LEASE_S", "nan", "1"),
        ("TANDEM_RETENTION_DAYS", "1e300", "at most"),
        ("TANDEM_RETENTION_DAYS", "inf", "at most"),
        ("TANDEM_SIGN_IN_DAYS", "1e9", "at most"),
        ("TANDEM_REVEAL_HOURS", "1e12", "at most"),
        ("TANDEM_RESUME_HOURS", "1e12", "at most"),
        ("TANDEM_IDENTITY_HOURS", "1e12", "at most"),
        ("TANDEM_RESCUE_S", "1e300", "at most"),
        ("TANDEM_REDIS_URL", "http://localhost", "redis://"),
        ("TANDEM_PUBLIC_SOCKET_URL", "https://chat.example", "wss://"),
        ("TANDEM_PUBLIC_SOCKET_URL", "wss://chat.example; script-src *", "wss://"),
        ("TANDEM_ALLOWED_ORIGINS", "shop.example", "https://"),
        ("TANDEM_ALLOWED_ORIGINS", "https://shop.example, https://other.example/page", "https://"),
        ("TANDEM_TRUSTED_PROXIES", "10.0.0.0/99", "10.0.0.0/99"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str, wanted: str) -> None:
    with pytest.raises(StartupError) as refused:
        Settings.from_env({name: value})
    assert str(refused.value).startswith(name)
    assert wanted in str(refused.value)
