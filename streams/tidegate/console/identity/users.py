"""The people: add, find, set a role, disable, set a password. Functions over one connection."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from tidegate.console.identity.passwords import check_policy, hash_password
from tidegate.console.identity.roles import Role
from tidegate.console.identity.tables import sessions, tokens, users

NAME_CHARACTERS_MAX = 100


class UserError(ValueError):
    """What was asked of a user cannot be done; the text says why."""


class NoSuchUser(UserError):
    """There is no such user."""


class LastAdmin(UserError):
    """Nobody would be left to administer."""


@dataclass(frozen=True, slots=True)
class User:
    """One account."""

    id: str
    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None
    locked_until: datetime | None
    must_change_password: bool
    issuer: str | None
    """Who vouches for them, where they sign in by OpenID Connect."""


_COLUMNS = [users.c[name] for name in User.__dataclass_fields__]


def add(
    connection: Connection,
    name: str,
    role: Role,
    now: datetime,
    *,
    password: str | None = None,
    must_change_password: bool = False,
    issuer: str | None = None,
    subject: str | None = None,
) -> User:
    """Add a person; without a password they can only sign in by OpenID Connect.

    Raises:
        UserError: the name is taken or no name; the transaction is to be undone.
        WeakPassword: with the reason.
    """
    name = " ".join(name.split())
    if not name or len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        raise UserError(f"a name has 1 to {NAME_CHARACTERS_MAX} printable characters")
    if password is not None:
        check_policy(password, name)
    number = str(uuid.uuid4())
    try:
        connection.execute(
            insert(users).values(
                id=number,
                name=name,
                name_key=key_of(name),
                role=role.value,
                password_hash=None if password is None else hash_password(password),
                must_change_password=must_change_password,
                created_at=now,
                failures=0,
                issuer=issuer,
                subject=subject,
            )
        )
    except IntegrityError:
        raise UserError(f"there is a user {name!r} already") from None
    return get(connection, number)


def key_of(name: str) -> str:
    """Return what makes a name one person's: spelling in capitals or with more spaces does not."""
    return " ".join(name.split()).casefold()


def get(connection: Connection, number: str) -> User:
    """Return the user with this id. Raises NoSuchUser."""
    found = select(*_COLUMNS).where(users.c.id == number)
    row = connection.execute(found).mappings().one_or_none()
    if row is None:
        raise NoSuchUser(f"there is no user {number!r}")
    return _user(row)


def named(connection: Connection, name: str) -> User:
    """Return the user with this name. Raises NoSuchUser."""
    found = select(*_COLUMNS).where(users.c.name_key == key_of(name))
    row = connection.execute(found).mappings().one_or_none()
    if row is None:
        raise NoSuchUser(f"there is no user {name!r}")
    return _user(row)


def all_users(connection: Connection) -> list[User]:
    """Return everybody, by name."""
    rows = connection.execute(select(*_COLUMNS).order_by(users.c.name_key)).mappings()
    return [_user(row) for row in rows]


def set_role(connection: Connection, user: User, role: Role) -> None:
    """Give a person another role, from their next request on. Raises LastAdmin."""
    if role is not Role.ADMIN:
        _keep_an_admin(connection, user)
    connection.execute(update(users).where(users.c.id == user.id).values(role=role.value))


def disable(connection: Connection, user: User, now: datetime) -> None:
    """Let a person in no more: sessions end, tokens are revoked. The name stays taken.

    Raises:
        LastAdmin: nobody would be left to administer.
    """
    _keep_an_admin(connection, user)
    connection.execute(update(users).where(users.c.id == user.id).values(disabled_at=now))
    _put_out(connection, user)
    open_tokens = (tokens.c.user_id == user.id) & tokens.c.revoked_at.is_(None)
    connection.execute(update(tokens).where(open_tokens).values(revoked_at=now))


def enable(connection: Connection, user: User) -> None:
    """Let a person in again."""
    values: dict[str, Any] = {"disabled_at": None, "failures": 0, "locked_until": None}
    connection.execute(update(users).where(users.c.id == user.id).values(**values))


def set_password(
    connection: Connection, user: User, password: str, *, must_change: bool = False
) -> None:
    """Set a password; all sessions of the person end, and a lock is lifted. Raises WeakPassword."""
    check_policy(password, user.name)
    connection.execute(
        update(users)
        .where(users.c.id == user.id)
        .values(
            password_hash=hash_password(password),
            must_change_password=must_change,
            failures=0,
            locked_until=None,
        )
    )
    _put_out(connection, user)


def _put_out(connection: Connection, user: User) -> None:
    connection.execute(delete(sessions).where(sessions.c.user_id == user.id))


def _keep_an_admin(connection: Connection, user: User) -> None:
    others = select(users.c.id).where(
        users.c.role == Role.ADMIN.value, users.c.disabled_at.is_(None), users.c.id != user.id
    )
    if user.role is Role.ADMIN and connection.execute(others).first() is None:
        raise LastAdmin(f"{user.name!r} is the only admin")


def _user(row: RowMapping) -> User:
    return User(**{**row, "role": Role(row["role"])})
