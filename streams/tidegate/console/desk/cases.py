"""Who has a case in hand, and who looks at it now. Blocking functions over one connection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from tidegate.console.desk.tables import assignments, presence
from tidegate.console.identity.person import Person
from tidegate.console.problems import Conflict

HERE = timedelta(seconds=30)
"""Who has not been heard of for so long does not look any more; pages tell every ten seconds."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who has a shipment in hand, and who said so."""

    shipment_id: str
    assignee: str
    assigned_by: str
    assigned_at: datetime


def assign(
    connection: Connection,
    shipment_id: str,
    assignee: str | None,
    by: Person,
    now: datetime,
    seen: str | None,
) -> Assignment | None:
    """Give a case to somebody, or to nobody (None).

    Args:
        connection: A transaction.
        shipment_id: The case.
        assignee: Name of a user.
        by: Who says so.
        now: The time.
        seen: Who had it when the person looked; None: nobody.

    Raises:
        Conflict: somebody else has it by now.
    """
    there = assignment(connection, shipment_id)
    has = None if there is None else there.assignee
    if has == assignee:
        return there
    if has != seen:
        raise Conflict(f"{has or 'Nobody'} has {shipment_id} in hand by now.", assignee=has)
    mine = assignments.c.shipment_id == shipment_id
    if assignee is None:
        connection.execute(delete(assignments).where(mine))
        return None
    values = {"assignee": assignee, "assigned_by": by.name, "assigned_at": now}
    if there is None:
        connection.execute(insert(assignments).values(shipment_id=shipment_id, **values))
    else:
        connection.execute(update(assignments).where(mine).values(**values))
    return Assignment(shipment_id, assignee, by.name, now)


def assignment(connection: Connection, shipment_id: str) -> Assignment | None:
    """Return who has a case in hand; None: nobody."""
    return assigned(connection, [shipment_id]).get(shipment_id)


def assigned(connection: Connection, shipment_ids: Iterable[str]) -> dict[str, Assignment]:
    """Return who has which of these cases in hand."""
    query = select(assignments).where(assignments.c.shipment_id.in_(list(shipment_ids)))
    rows = connection.execute(query).mappings()
    return {row["shipment_id"]: Assignment(**row) for row in rows}


def look(connection: Connection, shipment_id: str, person: Person, now: datetime) -> None:
    """Write down that a person looks at a case now."""
    mine = (presence.c.shipment_id == shipment_id) & (presence.c.user_id == person.id)
    seen = connection.execute(update(presence).where(mine).values(seen_at=now)).rowcount
    if not seen:
        connection.execute(delete(presence).where(presence.c.seen_at <= now - HERE))
        connection.execute(
            insert(presence).values(
                shipment_id=shipment_id, user_id=person.id, name=person.name, seen_at=now
            )
        )


def leave(connection: Connection, shipment_id: str, person: Person) -> None:
    """Write down that a person looks at it no more. Idempotent."""
    mine = (presence.c.shipment_id == shipment_id) & (presence.c.user_id == person.id)
    connection.execute(delete(presence).where(mine))


def lookers(connection: Connection, shipment_id: str, now: datetime) -> list[str]:
    """Return the names of who looks at a case now."""
    query = (
        select(presence.c.name)
        .where(presence.c.shipment_id == shipment_id, presence.c.seen_at > now - HERE)
        .order_by(presence.c.name)
    )
    return list(connection.execute(query).scalars())
