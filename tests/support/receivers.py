"""Receivers of deliveries on loopback, over real sockets, that fail in every way when told to.

They run in a thread of their own, so that a test may block, and speak HTTP by hand, so that an
answer can be cut at any byte.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.support.kafka.ports import free_ports

Result = TypeVar("Result")
HANG_SECONDS = 60.0
DRIP_SECONDS = 0.2
DRIPS = 100
HUGE_BYTES = 64 * 1024 * 1024
CHUNK = b"x" * 65536


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float
    """Monotonic, of its last byte."""

    def json(self) -> Any:
        """Return the body, parsed."""
        return json.loads(self.body)


class Receiver:
    """One server. `mode` says what it answers, from the next request on.

    Modes: `ok`, a status (`500`), `429 2` (with Retry-After), `redirect URL`, `hang`, `cut`
    (closes without an answer), `half_head`, `half_body`, `drip_head`, `drip_body`, `huge`,
    `huge_refusal`, `wide` (a header without an end).
    """

    def __init__(self, port: int, mode: str, tls: ssl.SSLContext | None, keep: bool) -> None:
        self.port = port
        self.mode = mode
        self.tls = tls
        self.received: list[Received] = []
        self.ids: Counter[str] = Counter()
        """Accepted requests, by `webhook-id`."""
        self.refuses: Callable[[], bool] = lambda: False
        """Asked at each request; where true, it answers 503, whatever the mode."""
        self.sent_bytes = 0
        self._keep = keep
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Its address; of a TLS server by name."""
        if self.tls is not None:
            return f"https://localhost:{self.port}/hook"
        return f"http://127.0.0.1:{self.port}/hook"

    async def listen(self) -> None:
        """Take connections."""
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, ssl=self.tls, backlog=512
        )

    async def close(self) -> None:
        """Take no more connections, and end those there are."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while await self._answer(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(writer)
            with suppress(OSError, RuntimeError):
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        mode, _, more = ("503" if self.refuses() else self.mode).partition(" ")
        if mode == "ok" or mode.startswith(("20", "half_body", "drip_body")) or mode == "huge":
            self.ids[headers.get("webhook-id", "")] += 1
        if self._keep:
            path = head[0].split(" ")[1]
            self.received.append(Received(path, headers, body, time.monotonic()))
        match mode:
            case "ok":
                writer.write(_response(200, b"ok"))
            case "hang":
                await asyncio.sleep(HANG_SECONDS)
                return False
            case "cut":
                return False
            case "half_head":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
                await writer.drain()
                return False
            case "half_body":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
                await writer.drain()
                return False
            case "drip_head" | "drip_body":
                text = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n"
                if mode == "drip_body":
                    writer.write(text + b"\r\n")
                for number in range(DRIPS):
                    writer.write(text[number : number + 1] or b".")
                    await writer.drain()
                    await asyncio.sleep(DRIP_SECONDS)
                return False
            case "wide":
                writer.write(b"HTTP/1.1 200 OK\r\nX-Wide: ")
                return await self._flood(writer)
            case "huge" | "huge_refusal":
                status = 200 if mode == "huge" else 500
                length = f"Content-Length: {HUGE_BYTES}\r\n\r\n"
                writer.write(f"HTTP/1.1 {status} X\r\n{length}".encode())
                return await self._flood(writer)
            case "redirect":
                writer.write(_response(307, b"", f"Location: {more}\r\n"))
            case _:
                again = f"Retry-After: {more}\r\n" if more else ""
                writer.write(_response(int(mode), b"not now", again))
        await writer.drain()
        return True

    async def _flood(self, writer: asyncio.StreamWriter) -> bool:
        for _ in range(HUGE_BYTES // len(CHUNK)):
            writer.write(CHUNK)
            await writer.drain()
            self.sent_bytes += len(CHUNK)
        return False


def _response(status: int, body: bytes, more: str = "") -> bytes:
    head = f"HTTP/1.1 {status} X\r\n{more}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Receivers:
    """A thread that runs receivers."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._all: list[Receiver] = []

    def add(
        self, mode: str = "ok", *, tls: ssl.SSLContext | None = None, keep: bool = True
    ) -> Receiver:
        """Start one. Mode `refuse`: nothing listens at its port."""
        receiver = Receiver(free_ports(1)[0], mode, tls, keep)
        self._all.append(receiver)
        if mode != "refuse":
            self.run(receiver.listen())
        return receiver

    def close(self, receiver: Receiver) -> None:
        """Let one refuse connections."""
        self.run(receiver.close())

    def open(self, receiver: Receiver, mode: str = "ok") -> None:
        """Let one that refused listen again."""
        receiver.mode = mode
        self.run(receiver.listen())

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run something in the thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _end(self) -> None:
        for receiver in self._all:
            await receiver.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def __enter__(self) -> Receivers:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


def until(condition: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait for a condition; return how long it took. Raises AssertionError when it stays false."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - began
