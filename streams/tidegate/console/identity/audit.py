"""Write down who did what to whom, and, if switched on, who read which party's data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from sqlalchemy import Connection, insert, select

from tidegate.console.identity.person import Person
from tidegate.console.identity.tables import acts
from tidegate.console.parts import console_of

SIGN_IN = "sign_in"
SIGN_IN_FAILED = "sign_in_failed"
SIGN_OUT = "sign_out"
PASSWORD_SET = "password_set"  # noqa: S105 - an act
USER_ADDED = "user_added"
ROLE_SET = "role_set"
USER_DISABLED = "user_disabled"
USER_ENABLED = "user_enabled"
TOKEN_MADE = "token_made"  # noqa: S105 - an act
TOKEN_REVOKED = "token_revoked"  # noqa: S105 - an act
READ = "read"

SUBJECT_CHARACTERS_MAX = 500


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the audit."""

    id: int
    at: datetime
    actor: str
    act: str
    subject: str
    address: str
    request_id: str
    detail: str


def write(
    connection: Connection, request: Request, actor: str, act: str, subject: str, detail: str = ""
) -> None:
    """Write a line; in the transaction of what it tells of, so that neither is without the other.

    Args:
        connection: That transaction.
        request: Gives address and request id.
        actor: Name of who did it.
        act: What they did.
        subject: Whom or what they did it to.
        detail: More, for a person; never a secret.
    """
    connection.execute(
        insert(acts).values(
            at=console_of(request).now(),
            actor=actor,
            act=act,
            subject=subject[:SUBJECT_CHARACTERS_MAX],
            address=request.client.host if request.client else "",
            request_id=request.state.request_id,
            detail=detail,
        )
    )


def write_read(request: Request, person: Person, subject: str) -> None:
    """Write that a person read what is known of a shipment or a party, if this is switched on.

    Blocking. It is written before the answer goes out: what cannot be written is not shown.
    """
    console = console_of(request)
    if console.settings.console_audit_reads:
        with console.database.begin() as connection:
            write(connection, request, person.name, READ, subject, request.url.path)


def lines(
    connection: Connection,
    *,
    actor: str | None = None,
    act: str | None = None,
    subject: str | None = None,
    before: int | None = None,
    limit: int = 100,
) -> Iterator[Act]:
    """Yield lines, newest first, from below the line `before`."""
    query = select(acts).order_by(acts.c.id.desc()).limit(limit)
    wanted = ((acts.c.actor, actor), (acts.c.act, act), (acts.c.subject, subject))
    for column, value in wanted:
        if value is not None:
            query = query.where(column == value)
    if before is not None:
        query = query.where(acts.c.id < before)
    for row in connection.execute(query):
        yield Act(**row._mapping)
