"""Let a request in or refuse it: who asks, by which proof, and may they.

A browser proves itself by the session's cookie, which it sends by itself; so whatever changes
something needs the session's CSRF token as well. A program sends a bearer token and needs none.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from tidegate.console.identity import sessions, tokens
from tidegate.console.identity.person import Person
from tidegate.console.identity.roles import Permission
from tidegate.console.identity.secrets import same
from tidegate.console.parts import Console, console_of
from tidegate.console.problems import (
    CrossSite,
    NoCsrfToken,
    NotAllowed,
    NotSignedIn,
    PasswordChangeNeeded,
)

CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def known(request: Request) -> Person:
    """Return who asks, also where the password must be changed before anything else.

    Raises:
        NotSignedIn: no session and no token, or none that holds.
        NoCsrfToken: a browser's write without the token of its session.
        TooMany: more requests than one person may send.
    """
    found: Person | None = getattr(request.state, "person", None)
    if found is None:
        found = await _identify(request)
        request.state.person = found
    return found


async def signed_in(request: Request) -> Person:
    """Return who asks.

    Raises:
        PasswordChangeNeeded: they came in with a password that was made for them.
        NotSignedIn, NoCsrfToken, TooMany: as `known` does.
    """
    person = await known(request)
    if person.must_change_password:
        raise PasswordChangeNeeded
    return person


def require(*permissions: Permission) -> Callable[[Request], Awaitable[Person]]:
    """Return a dependency that lets in who has all of these, and gives the person.

    `person: Annotated[Person, Depends(require(Permission.DECIDE))]`
    """

    async def allowed(request: Request) -> Person:
        person = await signed_in(request)
        lacking = [permission for permission in permissions if not person.may(permission)]
        if lacking:
            raise NotAllowed(f"This needs the permission to {lacking[0]}.")
        return person

    return allowed


Reader = Annotated[Person, Depends(require(Permission.READ))]
"""Whoever may read: the parameter of most routes."""


def same_site(request: Request) -> None:
    """Refuse what another site's page sends. For forms that are open before sign-in.

    Raises:
        CrossSite: the browser says that it comes from elsewhere.
    """
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise CrossSite
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != request.headers.get("host"):
        raise CrossSite


async def _identify(request: Request) -> Person:
    console = console_of(request)
    scheme, _, credential = request.headers.get("authorization", "").partition(" ")
    if scheme.casefold() == "bearer":
        person = await run_in_threadpool(_by_token, console, credential.strip())
    else:
        person = await _by_session(console, request)
    console.limits.person(person.id)
    return person


async def _by_session(console: Console, request: Request) -> Person:
    session_id = request.cookies.get(console.cookie)
    if session_id is None:
        raise NotSignedIn
    person = await run_in_threadpool(_session, console, session_id)
    assert person.csrf_token is not None
    if request.method not in SAFE_METHODS:
        same_site(request)
        sent = request.headers.get(CSRF_HEADER)
        if sent is None and request.headers.get("content-type", "").startswith(_FORMS):
            field = (await request.form()).get(CSRF_FIELD)
            sent = field if isinstance(field, str) else None
        if sent is None or not same(sent, person.csrf_token):
            raise NoCsrfToken
    return person


def _session(console: Console, session_id: str) -> Person:
    person = sessions.find(console.database, session_id, console.now(), console.lifetime)
    if person is None:
        raise NotSignedIn("The session has ended.")
    return person


def _by_token(console: Console, secret: str) -> Person:
    person = tokens.find(console.database, secret, console.now())
    if person is None:
        raise NotSignedIn("The token is unknown, revoked or has expired.")
    return person
