"""Put the console together: one application, its routers, and what they share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import IntegrityError, OperationalError
from starlette.exceptions import HTTPException

from tidegate import __version__
from tidegate.console import health
from tidegate.console.api.router import router as api
from tidegate.console.envelope import Envelope
from tidegate.console.pages.errors import answer_to, error_page, wants_page
from tidegate.console.pages.router import router as pages
from tidegate.console.parts import Console, console_of
from tidegate.console.problems import (
    PROBLEM_JSON,
    Conflict,
    Invalid,
    NotFound,
    NotSignedIn,
    PasswordChangeNeeded,
    Problem,
    Unavailable,
    WrongRequest,
    problem_body,
)
from tidegate.console.store.cursor import WrongCursor
from tidegate.events.errors import path_text

__all__ = ["Console", "console_of", "create_app"]

log = structlog.get_logger(__name__)

API = "/api/"


def create_app(console: Console) -> FastAPI:
    """Return the application that serves this console; its services run as long as it does."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for service in console.services:
                await service.start()
                stack.push_async_callback(service.stop)
            yield

    app = FastAPI(
        title="Tidegate",
        version=__version__,
        summary="Which shipments must not move, with the law cited; and what people decide on them",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.console = console
    app.include_router(health.router)
    app.include_router(api)
    app.include_router(pages)
    app.add_exception_handler(Problem, _told)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(IntegrityError, _overtaken)
    app.add_exception_handler(HTTPException, _plain)
    app.add_exception_handler(WrongCursor, _wrong_cursor)
    app.add_exception_handler(OperationalError, _database_gone)
    app.add_middleware(Envelope, console=console)
    return app


async def _told(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    if not request.url.path.startswith(API) and request.method == "GET":
        onward = quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
        if isinstance(problem, NotSignedIn):
            return RedirectResponse(f"/sign-in?onward={onward}", 303)
        if isinstance(problem, PasswordChangeNeeded):
            return RedirectResponse("/password", 303)
    return answer_to(request, problem)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # Without the values: they may be passwords, and answers are logged on the way.
    errors = [
        {"field": path_text(found["loc"]), "reason": str(found["msg"])} for found in error.errors()
    ]
    return answer_to(request, Invalid("See `errors`.", errors=errors))


async def _wrong_cursor(request: Request, _error: Exception) -> Response:
    return answer_to(request, WrongRequest("The cursor is not one that this list gave."))


async def _database_gone(request: Request, error: Exception) -> Response:
    log.warning("the database does not answer", error=str(error).partition("\n")[0])
    return answer_to(request, Unavailable("The console's database does not answer."))


async def _overtaken(request: Request, _error: Exception) -> Response:
    """Two wrote the same at the same moment; the database let one through."""
    return answer_to(request, Conflict("Somebody else was quicker: look again."))


async def _plain(request: Request, error: Exception) -> Response:
    """Tell what the framework refuses (no such path, method not allowed) in the same form."""
    assert isinstance(error, HTTPException)
    if error.status_code == NotFound.status and wants_page(request):
        return error_page(request, NotFound())
    body = problem_body(error.status_code, "http", error.detail, "")
    return JSONResponse(body, error.status_code, headers=error.headers, media_type=PROBLEM_JSON)
