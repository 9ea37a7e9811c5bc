"""Come in, go out, change the password: what the sign-in page and the API both do."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.concurrency import run_in_threadpool

from tidegate.console.envelope import address_of
from tidegate.console.identity import audit, sessions, users
from tidegate.console.identity.guard import same_site
from tidegate.console.identity.passwords import WeakPassword, verify
from tidegate.console.identity.person import Person
from tidegate.console.identity.sign_in import kept_password, sign_in
from tidegate.console.parts import Console, console_of
from tidegate.console.problems import Invalid, SignInFailed


async def enter(request: Request, response: Response, name: str, password: str) -> Person:
    """Sign a person in: a new session, and its cookie on `response`.

    Raises:
        SignInFailed: wrong name, wrong password, locked or disabled: one answer for all.
        CrossSite: another site's page sent this.
        TooMany: too many tries from this address.
    """
    console = console_of(request)
    same_site(request)
    console.limits.sign_in(address_of(request))
    person = await run_in_threadpool(_enter, console, request, response, name, password)
    console.metrics.sign_ins.labels("password", "wrong" if person is None else "in").inc()
    if person is None:
        raise SignInFailed
    return person


def begin_session(console: Console, request: Request, response: Response, user_id: str) -> Person:
    """Begin a session for somebody who has proved who they are. Blocking."""
    now = console.now()
    with console.database.begin() as connection:
        sessions.sweep(connection, now, console.lifetime)
        old = request.cookies.get(console.cookie)
        session_id = sessions.begin(connection, user_id, now, old)
    person = sessions.find(console.database, session_id, now, console.lifetime)
    if person is None:
        raise SignInFailed
    response.set_cookie(
        console.cookie,
        session_id,
        secure=console.secure,
        httponly=True,
        samesite="lax",
        path="/",
        max_age=int(console.lifetime.most.total_seconds()),
    )
    return person


def leave(request: Request, response: Response, person: Person) -> None:
    """End the session that the request came with. Blocking."""
    console = console_of(request)
    session_id = request.cookies.get(console.cookie)
    with console.database.begin() as connection:
        if session_id is not None:
            sessions.end(connection, session_id)
        audit.write(connection, request, person.name, audit.SIGN_OUT, person.name)
    response.delete_cookie(console.cookie, path="/", secure=console.secure, httponly=True)


def change_password(
    request: Request, response: Response, person: Person, old: str, new: str
) -> Person:
    """Set a person's own password; all their sessions end and a new one begins. Blocking.

    Raises:
        Invalid: the old one is wrong, or the new one is too weak.
    """
    console = console_of(request)
    with console.database.read() as connection:
        kept = kept_password(connection, person.id)
    if not verify(kept, old):
        raise _wrong("old", "this is not your password")
    if old == new:
        raise _wrong("new", "must be another one")
    try:
        with console.database.begin() as connection:
            users.set_password(connection, users.get(connection, person.id), new)
            audit.write(connection, request, person.name, audit.PASSWORD_SET, person.name)
    except WeakPassword as error:
        raise _wrong("new", str(error)) from None
    return begin_session(console, request, response, person.id)


def _enter(
    console: Console, request: Request, response: Response, name: str, password: str
) -> Person | None:
    found = sign_in(console.database, name, password, console.now())
    with console.database.begin() as connection:
        act = audit.SIGN_IN if found else audit.SIGN_IN_FAILED
        who = found.name if found else name[: users.NAME_CHARACTERS_MAX]
        audit.write(connection, request, who, act, who)
    if found is None:
        return None
    return begin_session(console, request, response, found.user_id)


def _wrong(field: str, reason: str) -> Invalid:
    return Invalid(f"{field}: {reason}", errors=[{"field": field, "reason": reason}])
