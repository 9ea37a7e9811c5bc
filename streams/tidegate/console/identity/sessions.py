"""Sessions of browsers: begun at sign-in, found by the cookie, ended by time or by sign-out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from tidegate.console.identity.person import Person
from tidegate.console.identity.roles import Role
from tidegate.console.identity.secrets import csrf_token, hashed, new_secret
from tidegate.console.identity.tables import sessions, users
from tidegate.console.store.database import Database

SEEN_STEP = timedelta(seconds=60)
"""A session's last use is written this seldom: a page that looks often must not write each time."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a session lasts: without a request, and at most."""

    idle: timedelta
    most: timedelta


def begin(connection: Connection, user_id: str, now: datetime, old: str | None = None) -> str:
    """Begin a session and return its id, for the cookie. The `old` one of this browser ends.

    The id is always a new one: an id that was set before sign-in is worth nothing after it.
    """
    if old is not None:
        end(connection, old)
    session_id = new_secret()
    connection.execute(
        insert(sessions).values(
            id_hash=hashed(session_id), user_id=user_id, created_at=now, seen_at=now
        )
    )
    return session_id


def find(database: Database, session_id: str, now: datetime, lifetime: Lifetime) -> Person | None:
    """Return whose session it is; None: there is none, it is too old, or the person is disabled."""
    with database.read() as connection:
        row = _row(connection, session_id, now, lifetime)
    if row is None:
        return None
    if now - row.seen_at >= SEEN_STEP:
        with database.begin() as connection:
            seen = update(sessions).where(sessions.c.id_hash == hashed(session_id))
            connection.execute(seen.values(seen_at=now))
    return Person(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        must_change_password=row.must_change_password,
        csrf_token=csrf_token(session_id),
    )


def _row(connection: Connection, session_id: str, now: datetime, lifetime: Lifetime) -> Any:
    return connection.execute(
        select(
            sessions.c.seen_at,
            *(users.c.id, users.c.name, users.c.role, users.c.must_change_password),
        )
        .join(users, users.c.id == sessions.c.user_id)
        .where(sessions.c.id_hash == hashed(session_id))
        .where(sessions.c.seen_at > now - lifetime.idle)
        .where(sessions.c.created_at > now - lifetime.most)
        .where(users.c.disabled_at.is_(None))
    ).one_or_none()


def end(connection: Connection, session_id: str) -> None:
    """End a session. Idempotent."""
    connection.execute(delete(sessions).where(sessions.c.id_hash == hashed(session_id)))


def sweep(connection: Connection, now: datetime, lifetime: Lifetime) -> None:
    """Delete what has ended by time."""
    over = or_(
        sessions.c.seen_at <= now - lifetime.idle, sessions.c.created_at <= now - lifetime.most
    )
    connection.execute(delete(sessions).where(over))
