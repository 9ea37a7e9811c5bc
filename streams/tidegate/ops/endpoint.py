"""Serve `/metrics`, `/ready` and `/live` over HTTP.

Live: the process turns; when not, it should be restarted. Ready: it holds its partitions and their
state is rebuilt; when not, it should be left alone but not counted on.
"""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

Probe = Callable[[], str | None]
"""Return None when all is well, otherwise what is not, in words."""


class Endpoint:
    """An HTTP server for a process's metrics and health; it runs in the caller's event loop."""

    def __init__(
        self,
        registry: CollectorRegistry,
        *,
        host: str,
        port: int,
        ready: Probe = lambda: None,
        live: Probe = lambda: None,
    ) -> None:
        """Serve `registry` on `host` and `port` (0 takes a free one) once it is started."""
        self._registry = registry
        self._host = host
        self._port = port
        self._ready = ready
        self._live = live
        self._runner: web.AppRunner | None = None

    @property
    def address(self) -> str:
        """Where it serves, `http://host:port`. Raises RuntimeError before it is started."""
        if self._runner is None or not self._runner.addresses:
            raise RuntimeError("the endpoint is not started")
        host, port = self._runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def start(self) -> None:
        """Begin to serve. Raises OSError when the port is taken."""
        application = web.Application()
        application.router.add_get("/metrics", self._serve_metrics)
        application.router.add_get("/ready", self._serve_ready)
        application.router.add_get("/live", self._serve_live)
        runner = web.AppRunner(application, access_log=None, handle_signals=False)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner

    async def stop(self) -> None:
        """End serving. Idempotent."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def __aenter__(self) -> Endpoint:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def _serve_metrics(self, _request: web.Request) -> web.Response:
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
        )

    async def _serve_ready(self, _request: web.Request) -> web.Response:
        return _answer(self._ready())

    async def _serve_live(self, _request: web.Request) -> web.Response:
        return _answer(self._live())


def _answer(problem: str | None) -> web.Response:
    if problem is None:
        return web.Response(text="ok\n")
    return web.Response(status=503, text=f"{problem}\n")
