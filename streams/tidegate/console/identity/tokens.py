"""API tokens: shown once, kept as a hash, made for some of their owner's permissions."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, insert, select, update

from tidegate.console.identity.person import Person
from tidegate.console.identity.roles import Permission, Role
from tidegate.console.identity.secrets import hashed, new_secret
from tidegate.console.identity.tables import tokens, users
from tidegate.console.store.database import Database

PREFIX = "tidegate_"
"""By which scanners of code and logs find a token that leaked."""
LONGEST_DAYS = 366
USED_STEP = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Token:
    """An API token, without its secret."""

    id: str
    name: str
    owner: str
    scopes: tuple[Permission, ...]
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


def make(
    connection: Connection,
    owner: Person,
    name: str,
    scopes: Iterable[Permission],
    now: datetime,
    days: int,
) -> tuple[Token, str]:
    """Make a token and return it with its secret, which nothing can show again."""
    secret = PREFIX + new_secret()
    number = str(uuid.uuid4())
    connection.execute(
        insert(tokens).values(
            id=number,
            secret_hash=hashed(secret),
            user_id=owner.id,
            name=name,
            scopes=" ".join(sorted(set(scopes))),
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
    )
    return next(token for token in of(connection, owner.id) if token.id == number), secret


def of(connection: Connection, user_id: str | None = None) -> list[Token]:
    """Return the tokens of a person, or of everybody, newest first."""
    columns = [tokens.c[name] for name in Token.__dataclass_fields__ if name != "owner"]
    query = (
        select(*columns, users.c.name.label("owner"))
        .join(users)
        .order_by(tokens.c.created_at.desc())
    )
    if user_id is not None:
        query = query.where(tokens.c.user_id == user_id)
    return [_token(row) for row in connection.execute(query).mappings()]


def revoke(connection: Connection, number: str, now: datetime, user_id: str | None = None) -> bool:
    """Revoke a token, of one person or of anybody; say whether there was one."""
    mine = update(tokens).where(tokens.c.id == number, tokens.c.revoked_at.is_(None))
    if user_id is not None:
        mine = mine.where(tokens.c.user_id == user_id)
    return connection.execute(mine.values(revoked_at=now)).rowcount == 1


def find(database: Database, secret: str, now: datetime) -> Person | None:
    """Return its owner with the token's scopes; None: unknown, revoked, expired, or disabled."""
    query = (
        select(
            *(tokens.c.id.label("token_id"), tokens.c.scopes, tokens.c.used_at),
            *(users.c.id, users.c.name, users.c.role),
        )
        .join(users)
        .where(tokens.c.secret_hash == hashed(secret))
        .where(tokens.c.revoked_at.is_(None), tokens.c.expires_at > now)
        .where(users.c.disabled_at.is_(None))
    )
    with database.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if row.used_at is None or now - row.used_at >= USED_STEP:
        with database.begin() as connection:
            used = update(tokens).where(tokens.c.id == row.token_id)
            connection.execute(used.values(used_at=now))
    scopes = frozenset(Permission(scope) for scope in row.scopes.split())
    return Person(id=row.id, name=row.name, role=Role(row.role), scopes=scopes)


def _token(row: RowMapping) -> Token:
    scopes = tuple(Permission(scope) for scope in row["scopes"].split())
    return Token(**{**row, "scopes": scopes})
