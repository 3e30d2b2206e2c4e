"""Requests of people handed on to the knowledge base, in their name.

Nothing a browser says about itself reaches the knowledge base: the path is taken apart and put together anew, headers
are chosen from a list, and who asks is stated in a header the gateway signs.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import IO
from urllib.parse import quote, unquote

import httpx
import jwt

from handoff_gateway.calls import Calls
from handoff_gateway.errors import NotFoundError, TooLargeError, UnansweredError, UnavailableError
from handoff_gateway.store.accounts import Account
from handoff_gateway.times import Clock

ACCOUNT_HEADER = "X-Tandem-Account"
ALGORITHM = "HS256"
ACCOUNT_LIFETIME = timedelta(seconds=45)  # the knowledge base takes at most 60 s; clocks on one machine agree
CONNECT_S = 2.0  # both parts are on one machine
RETRY_AFTER_S = 5.0
CHUNK_BYTES = 64 * 1024
MEMORY_BYTES = 1024 * 1024  # a body above this waits on disk, not in memory, while a slow client sends it
MAX_SEGMENT = 400  # characters of one part of a path; the longest article id is 200

# What is handed on, either way. The rest stays: hop-by-hop headers, cookies, Authorization, X-Tandem-Account, CORS.
ASKED = ("accept", "accept-language", "content-type", "if-none-match")
ANSWERED = (
    "content-type",
    "content-length",
    "content-encoding",
    "content-language",
    "content-disposition",
    "cache-control",
    "etag",
    "retry-after",
)


@dataclass(frozen=True, slots=True)
class Passed:
    """One request as it is handed on.

    Args:
        path: from `path_of`.
        query: the query string as it came.
        headers: of the request; only those in `ASKED` are used.
        account: who asks; None for a part of the system, which the knowledge base lets do everything.
        deadline_s: seconds until the answer must have begun, and then between its pieces.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    account: Account | None
    deadline_s: float


class PassThrough:
    """The gateway's second client of the knowledge base: long uploads must not hold up the help pages."""

    def __init__(self, port: int, service_token: str, clock: Clock) -> None:
        self._client = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Authorization": f"Bearer {service_token}"},
            transport=Calls(),
            trust_env=False,
        )
        self._service_token = service_token
        self._clock = clock

    def signed(self, account: Account) -> str:
        """Return who asks, as the knowledge base believes it: only a holder of the service token can make this."""
        claims = {
            "sub": account.id,
            "name": account.name,
            "email": account.email,
            "roles": sorted(role.value for role in account.roles),
            "exp": self._clock() + ACCOUNT_LIFETIME,
        }
        return jwt.encode(claims, self._service_token, ALGORITHM)

    @asynccontextmanager
    async def ask(self, passed: Passed, body: IO[bytes], size: int) -> AsyncIterator[httpx.Response]:
        """Send a request; its answer's body is read within the block.

        Raises:
            UnavailableError: the knowledge base is not there; nothing was done.
            UnansweredError: it did not answer in time, or broke off; it may have done what was asked.
        """
        headers = {name: passed.headers[name] for name in ASKED if name in passed.headers}
        headers["Accept-Encoding"] = "identity"
        if passed.account is not None:
            headers[ACCOUNT_HEADER] = self.signed(passed.account)
        if size:
            headers["Content-Length"] = str(size)
        url = passed.path + (f"?{passed.query}" if passed.query else "")
        timeout = httpx.Timeout(passed.deadline_s, connect=CONNECT_S)
        content = _pieces(body) if size else None
        request = self._client.build_request(passed.method, url, headers=headers, content=content, timeout=timeout)
        try:
            async with asyncio.timeout(passed.deadline_s):
                response = await self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise UnavailableError("the knowledge base is not available", retry_after_s=RETRY_AFTER_S) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise UnansweredError("the knowledge base did not answer; look whether it was done") from error
        try:
            yield response
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


def path_of(raw: str) -> str:
    """Return a request's path, part by part the same, and with nothing that leads elsewhere. Raises NotFoundError."""
    parts = [unquote(part, errors="surrogateescape") for part in raw.split("/")]
    if any(_strange(part) for part in parts):
        raise NotFoundError("there is no such page")
    return "/" + "/".join(quote(part, safe="", errors="surrogateescape") for part in parts)


def _strange(part: str) -> bool:
    return part in {"", ".", ".."} or len(part) > MAX_SEGMENT or any(sign in "/\\" or sign < " " for sign in part)


@asynccontextmanager
async def kept(pieces: AsyncIterator[bytes], limit: int, deadline_s: float) -> AsyncIterator[tuple[IO[bytes], int]]:
    """Keep a request's body until all of it is there, so that a slow client holds nothing but its own file.

    Raises:
        TooLargeError: it has more than `limit` bytes.
        UnavailableError: it took longer than `deadline_s`.
    """
    size = 0
    with tempfile.SpooledTemporaryFile(max_size=MEMORY_BYTES) as file:
        try:
            async with asyncio.timeout(deadline_s):
                async for piece in pieces:
                    size += len(piece)
                    if size > limit:
                        raise TooLargeError(f"body: more than the limit of {limit} bytes")
                    await asyncio.to_thread(file.write, piece)
        except TimeoutError:
            raise UnavailableError(f"body: did not arrive within {deadline_s:g} s") from None
        file.seek(0)
        yield file, size


async def _pieces(body: IO[bytes]) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(body.read, CHUNK_BYTES):
        yield piece
