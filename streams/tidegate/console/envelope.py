"""Wrap every request: its id, limits by address, security headers, metrics, the last resort.

Plain ASGI, since Starlette's own base class for middleware buffers streams of events.
"""

from __future__ import annotations

import re
import time
import uuid

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tidegate.console.pages.errors import answer_to
from tidegate.console.parts import Console
from tidegate.console.problems import Problem, TooMany, problem_response

log = structlog.get_logger(__name__)

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Content-Security-Policy of every answer. Nothing inline: neither script nor style."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
TRANSPORT_SECURITY = "max-age=31536000"
KEPT = "no-store"
"""Answers hold names of parties: no cache between here and the person keeps them."""

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
UNCOUNTED = ("/live", "/ready", "/metrics")
"""Asked by machines every few seconds; no limit keeps them out."""


class Envelope:
    """The outermost part of the application."""

    def __init__(self, app: ASGIApp, console: Console) -> None:
        self._app = app
        self._console = console

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        sent = request.headers.get("x-request-id", "")
        request_id = sent if _REQUEST_ID.fullmatch(sent) else str(uuid.uuid4())
        request.state.request_id = request_id
        began = time.perf_counter()
        status = 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._seal(MutableHeaders(scope=message), request_id)
                route = _route(scope)
                self._console.metrics.requests.labels(scope["method"], route, status).inc()
                seconds = time.perf_counter() - began
                self._console.metrics.request_seconds.labels(route).observe(seconds)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                if scope["path"] not in UNCOUNTED:
                    self._console.limits.address(address_of(request))
                await self._app(scope, receive, send_on)
            except TooMany as problem:
                self._console.metrics.refused.labels("address").inc()
                await problem_response(problem)(scope, receive, send_on)
            except Exception:
                log.exception("request failed", method=scope["method"], path=scope["path"])
                if status:
                    raise  # half of an answer is out: the server ends the connection
                detail = f"The log has the cause under request {request_id}."
                await answer_to(request, Problem(detail))(scope, receive, send_on)

    def _seal(self, headers: MutableHeaders, request_id: str) -> None:
        for name, value in HEADERS.items():
            headers[name] = value
        headers["X-Request-ID"] = request_id
        headers.setdefault("Cache-Control", KEPT)
        if self._console.secure:
            headers["Strict-Transport-Security"] = TRANSPORT_SECURITY


def address_of(request: Request) -> str:
    """Return the address that the request came from; behind a trusted proxy, the one it names."""
    return request.client.host if request.client else ""


def _route(scope: Scope) -> str:
    """Return the route as declared: paths as sent would have no bound as a label."""
    found = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(found, "path", "none")
