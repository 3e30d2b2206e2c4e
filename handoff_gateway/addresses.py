"""The address a client comes from, also behind proxies. Only what a trusted proxy says about it is believed."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from handoff_gateway.errors import StartupError

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
MAX_HOPS = 20  # further ones of a made-up header are not looked at
ONE_HOME = 64  # bits of an IPv6 address that a provider gives to one customer, who may use all the rest


def networks(text: str, variable: str) -> tuple[Network, ...]:
    """Read comma-separated addresses and networks. Raises StartupError naming the variable."""
    try:
        return tuple(ip_network(word) for part in text.split(",") if (word := part.strip()))
    except ValueError as error:
        raise StartupError(f"{variable}: {error}.") from None


def client_address(peer: str | None, forwarded: Iterable[str], trusted: Iterable[Network]) -> Address | None:
    """Return where a request comes from; None where that cannot be told.

    Args:
        peer: the other end of the connection.
        forwarded: the values of its X-Forwarded-For headers, in order. Each proxy adds, on the right, whom it got the
            request from; so the first from the right that is no trusted proxy is the client, and what is further left
            is the client's own invention.
        trusted: the proxies.
    """
    trusted = tuple(trusted)
    address = _read(peer or "")
    hops = [hop for value in forwarded for hop in value.split(",")][-MAX_HOPS:]
    while address is not None and hops and any(address in network for network in trusted):
        said = _read(hops.pop())
        if said is None:
            break
        address = said
    return address


def group(address: Address | None) -> str | None:
    """Return what one client can be known by; None for this machine itself and where there is no address.

    A proxy on this machine that has not been declared brings everybody: they must not share one limit.
    """
    if address is None or address.is_loopback:
        return None
    return str(address) if address.version == 4 else str(ip_network((address, ONE_HOME), strict=False))


def _read(text: str) -> Address | None:
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
