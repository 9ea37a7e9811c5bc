"""Let a person in by name and password, with a delay that grows with wrong tries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from tidegate.console.identity.passwords import hash_password, outdated, verify
from tidegate.console.identity.tables import users
from tidegate.console.identity.users import key_of
from tidegate.console.store.database import Database

TRIES_FREE = 5
"""Wrong passwords in a row before the first lock."""
FIRST_LOCK = timedelta(seconds=30)
LONGEST_LOCK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who came in."""

    user_id: str
    name: str


def lock_after(failures: int) -> timedelta | None:
    """Return how long an account is locked after so many wrong passwords in a row.

    >>> [lock_after(n) for n in (4, 5, 6)]
    [None, datetime.timedelta(seconds=30), datetime.timedelta(seconds=60)]
    """
    if failures < TRIES_FREE:
        return None
    doublings = min(failures - TRIES_FREE, 20)
    return min(FIRST_LOCK * (1 << doublings), LONGEST_LOCK)


def sign_in(database: Database, name: str, password: str, now: datetime) -> SignedIn | None:
    """Return who it is, or None: one answer for no such user, a wrong password, and a lock.

    The password is hashed in every case, outside of any transaction: an answer's time tells
    nothing of which it was, and nobody waits for it with a lock on the database.
    """
    with database.read() as connection:
        row = connection.execute(
            select(
                *(users.c.id, users.c.name, users.c.password_hash),
                *(users.c.failures, users.c.locked_until, users.c.disabled_at),
            ).where(users.c.name_key == key_of(name))
        ).one_or_none()
    kept: str | None = None if row is None else row.password_hash
    right = verify(kept, password)
    if row is None or kept is None:
        return None
    if row.locked_until is not None and row.locked_until > now:
        # A try during the lock counts for nothing: neither does it prolong the lock.
        return None
    mine = update(users).where(users.c.id == row.id)
    if not right:
        lock = lock_after(row.failures + 1)
        with database.begin() as connection:
            # Counted by the database: tries at the same moment all count.
            connection.execute(
                mine.values(
                    failures=users.c.failures + 1, locked_until=None if lock is None else now + lock
                )
            )
        return None
    if row.disabled_at is not None:
        return None
    if row.failures or row.locked_until is not None or outdated(kept):
        anew = {"password_hash": hash_password(password)} if outdated(kept) else {}
        with database.begin() as connection:
            connection.execute(mine.values(failures=0, locked_until=None, **anew))
    return SignedIn(user_id=row.id, name=row.name)


def kept_password(connection: Connection, user_id: str) -> str | None:
    """Return what is kept of a person's password; None: they have none."""
    query = select(users.c.password_hash).where(users.c.id == user_id)
    kept: str | None = connection.execute(query).scalar_one_or_none()
    return kept
