"""Send a request to one endpoint, bounded in every direction, and say what came back."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import aiohttp

from tidegate import __version__
from tidegate.events.delivery import AttemptResult, Delivery
from tidegate.notify.addresses import AddressRule, ForbiddenAddress
from tidegate.notify.answer import Answer, TakenAlert
from tidegate.notify.channels.request import Request, RequestMaker
from tidegate.notify.endpoints import HttpEndpoint
from tidegate.notify.resolver import OwnResolver
from tidegate.notify.schedule import retry_after_seconds

GONE = 410
MESSAGE_AT_FAULT = frozenset({400, 413, 415, 422})
"""Statuses that refuse this message and say nothing of the next."""

EXCERPT_BYTES = 300
"""Of a refusal's body, kept for a person to read."""
DRAINED_BYTES = 16 * 1024
"""Of an acceptance's body, read so that the connection can be used again."""
DRAINED_SECONDS = 0.25
HEADER_BYTES_MAX = 8190
IDLE_SECONDS = 30.0
MOST_CAUSES = 5


class HttpSender:
    """One endpoint's connections. A try ends within the timeout, whatever the receiver does.

    A complete head with a status of 2xx is acceptance; what follows of the body is not waited for.
    Anything else is a refusal: a redirect too, which is not followed, since its target was checked
    by nobody.
    """

    def __init__(self, name: str, endpoint: HttpEndpoint, make: RequestMaker) -> None:
        """Connect to nothing yet. Raises OSError or ssl.SSLError when `ca_file` can't be used."""
        self._make = make
        encrypted = endpoint.url.get_secret_value().lower().startswith("https:")
        rule = AddressRule(endpoint.allow_networks, public=encrypted)
        self._resolver = OwnResolver(name)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=endpoint.concurrency,
                resolver=self._resolver,
                ttl_dns_cache=10,
                ssl=ssl.create_default_context(cafile=endpoint.ca_file),
                socket_factory=rule.socket,
                keepalive_timeout=IDLE_SECONDS,
            ),
            timeout=aiohttp.ClientTimeout(total=endpoint.timeout_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"user-agent": f"Tidegate/{__version__}"},
            max_line_size=HEADER_BYTES_MAX,
            max_field_size=HEADER_BYTES_MAX,
            auto_decompress=False,  # a small body may not become a large one
            trust_env=False,
        )

    async def send(self, delivery: Delivery, alerts: Sequence[TakenAlert]) -> Answer:
        """Try once."""
        now = datetime.now(UTC)
        try:
            return await self._post(self._make(delivery, alerts, now), now)
        except TimeoutError:
            return Answer(AttemptResult.TIMED_OUT, detail="no answer in time")
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: a name too long
            return _failure(error)

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()
        await self._resolver.close()

    async def _post(self, request: Request, now: datetime) -> Answer:
        async with self._session.post(
            request.url, data=request.body, headers=request.headers, allow_redirects=False
        ) as response:
            if 200 <= response.status < 300:
                await _drain(response)
                return Answer(AttemptResult.ACCEPTED, response.status)
            if 300 <= response.status < 400:
                return Answer(
                    AttemptResult.REFUSED, response.status, "a redirect, which is not followed"
                )
            return Answer(
                AttemptResult.REFUSED,
                response.status,
                await _excerpt(response),
                retry_after_seconds(response.headers.get("retry-after"), now),
                gone=response.status == GONE,
                about_message=response.status in MESSAGE_AT_FAULT,
            )


async def _drain(response: aiohttp.ClientResponse) -> None:
    """Read a short body to its end; of another one the connection is closed, on leaving."""
    with suppress(TimeoutError, aiohttp.ClientError, OSError):
        async with asyncio.timeout(DRAINED_SECONDS):
            await response.content.read(DRAINED_BYTES)
            await response.content.read(1)


async def _excerpt(response: aiohttp.ClientResponse) -> str:
    body = b""
    with suppress(TimeoutError, aiohttp.ClientError, OSError):
        async with asyncio.timeout(DRAINED_SECONDS):
            body = await response.content.read(EXCERPT_BYTES)
    text = "".join(c if c.isprintable() else " " for c in body.decode(errors="replace"))
    return text.strip()


def _failure(error: Exception) -> Answer:
    """Say what failed, without the address: it may be a secret."""
    causes = _causes(error)
    for cause in causes:
        if isinstance(cause, ForbiddenAddress):
            return Answer(AttemptResult.FORBIDDEN, detail=str(cause))
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            reason = getattr(cause, "verify_message", None) or cause.reason
            return Answer(AttemptResult.UNTRUSTED, detail=reason or "TLS failed")
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return Answer(AttemptResult.UNREACHABLE, detail="the connection ended before the answer")
    if isinstance(error, (aiohttp.ClientResponseError, aiohttp.ClientPayloadError)):
        return Answer(AttemptResult.UNREACHABLE, detail="the answer is not HTTP, or too large")
    words = next(filter(None, map(_os_words, causes)), type(error).__name__)
    return Answer(AttemptResult.UNREACHABLE, detail=words)


def _os_words(error: BaseException) -> str:
    """Say what the system says: asyncio's own words hold the address, a name server's have none."""
    if not isinstance(error, OSError) or error.errno is None:
        return ""
    return os.strerror(error.errno) if error.errno > 0 else str(error.strerror)


def _causes(error: BaseException) -> list[BaseException]:
    """Return an error and what it came from, innermost first: aiohttp wraps errors."""
    causes = [error]
    while (inner := causes[-1].__cause__ or causes[-1].__context__) and len(causes) < MOST_CAUSES:
        causes.append(inner)
    return causes[::-1]
