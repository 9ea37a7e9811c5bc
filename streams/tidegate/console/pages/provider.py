"""Sign in by OpenID Connect: to the provider, and back."""

from __future__ import annotations

import structlog
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from tidegate.console.envelope import address_of
from tidegate.console.identity import audit, entrance
from tidegate.console.identity.oidc import CALLBACK, FLOW, NotVouchedFor, Provider
from tidegate.console.identity.secrets import same
from tidegate.console.pages.sign_in import local, sign_in_form
from tidegate.console.parts import Console, console_of
from tidegate.console.problems import NotFound

log = structlog.get_logger(__name__)

router = APIRouter()

COOKIE = "tidegate-flow"
"""Binds the answer to the browser that asked: nobody can be signed in by another's link."""


@router.get("/sign-in/oidc")
async def begin(request: Request, onward: str = "/") -> Response:
    """Send the browser to the provider."""
    console = console_of(request)
    console.limits.sign_in(address_of(request))
    try:
        flow = await _provider(console).begin(console.database, local(onward), console.now())
    except NotVouchedFor as error:
        return _refused(request, error)
    response = RedirectResponse(flow.address, 303)
    response.set_cookie(
        COOKIE,
        flow.state,
        max_age=int(FLOW.total_seconds()),
        path=CALLBACK,
        secure=console.secure,
        httponly=True,
        samesite="lax",
    )
    return response


@router.get(CALLBACK)
async def finish(request: Request, state: str = "", code: str = "", error: str = "") -> Response:
    """Take the provider's answer, and let the person in or not."""
    console = console_of(request)
    console.limits.sign_in(address_of(request))
    try:
        if error:
            raise NotVouchedFor(f"it says {error[:100]!r}")
        if not state or not same(state, request.cookies.get(COOKIE, "")):
            raise NotVouchedFor("this sign-in was begun in another browser")
        provider = _provider(console)
        user, onward = await provider.finish(console.database, state, code, console.now())
    except NotVouchedFor as refusal:
        return _refused(request, refusal)
    response = RedirectResponse(local(onward), 303)
    await run_in_threadpool(_let_in, console, request, response, user)
    response.delete_cookie(COOKIE, path=CALLBACK)
    return response


def _let_in(console: Console, request: Request, response: Response, user: str) -> None:
    person = entrance.begin_session(console, request, response, user)
    console.metrics.sign_ins.labels("oidc", "in").inc()
    with console.database.begin() as connection:
        audit.write(connection, request, person.name, audit.SIGN_IN, person.name, "by its provider")


def _provider(console: Console) -> Provider:
    if console.provider is None:
        raise NotFound
    return console.provider


def _refused(request: Request, error: NotVouchedFor) -> Response:
    log.warning("the provider lets nobody in", reason=str(error))
    console_of(request).metrics.sign_ins.labels("oidc", "refused").inc()
    problem = f"The sign-in provider does not vouch for you: {error}."
    return sign_in_form(request, "/", problem, status=401)
