"""Ask for licenses, and for the shipments that depend on one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from tidegate.console.store import cursor as cursors
from tidegate.console.store.schema import (
    alerts,
    license_revisions,
    license_uses,
    licenses,
    shipments,
)
from tidegate.console.store.shipments import AlertRecord, LicenseUse, alert_record, license_use
from tidegate.events.decision import Action, Outcome
from tidegate.events.license import License, LicenseStatus
from tidegate.licenses.review import ReviewClock, overdue_at, reviewed
from tidegate.parties.fold import fold

DEPENDENT_ROWS = 500


@dataclass(frozen=True, slots=True)
class LicenseFilter:
    """Which licenses. What is None or empty asks for nothing."""

    status: LicenseStatus | None = None
    regime: str | None = None
    prefix: str | None = None
    """How the license's number begins."""
    party: str | None = None
    """Part of a name on it."""


@dataclass(frozen=True, slots=True)
class LicenseRow:
    """A license as its authority's file stands."""

    license: License
    written_at: datetime
    depending: int
    """Open shipments that cite it."""


@dataclass(frozen=True, slots=True)
class LicensePage:
    """A page of licenses, by number."""

    rows: tuple[LicenseRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """What shipments have drawn or reserved, as far as their decisions say, by unit or currency."""

    unit: str
    reserved: Decimal
    spent: Decimal


@dataclass(frozen=True, slots=True)
class Dependent:
    """A shipment's line that cites the license."""

    use: LicenseUse
    open: bool
    action: Action
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class LicenseRevision:
    """One revision of a license's file."""

    license: License
    written_at: datetime
    event_id: str


@dataclass(frozen=True, slots=True)
class LicenseFile:
    """A license with its past and what depends on it."""

    license: License
    written_at: datetime
    revisions: tuple[LicenseRevision, ...]
    """Newest first."""
    dependents: tuple[Dependent, ...]
    """Open shipments first; at most `DEPENDENT_ROWS`."""
    drawn: tuple[Drawn, ...]
    alerts: tuple[AlertRecord, ...]
    review: ReviewClock | None
    """None where no review is under way, or its regime sets no limit."""
    overdue_at: datetime | None
    """When the review is, or was, over its time; None while its clock stands."""


def license_page(
    connection: Connection,
    wanted: LicenseFilter = LicenseFilter(),
    cursor: str | None = None,
    limit: int = cursors.PAGE_ROWS,
) -> LicensePage:
    """Return a page of licenses, by number.

    Raises:
        WrongCursor: the cursor is none.
    """
    depending = (
        select(func.count(func.distinct(license_uses.c.shipment_id)))
        .join(shipments, shipments.c.shipment_id == license_uses.c.shipment_id)
        .where(license_uses.c.license_id == licenses.c.license_id, shipments.c.open)
        .scalar_subquery()
    )
    query = select(licenses.c.body, licenses.c.written_at, depending.label("depending"))
    query = query.where(*_conditions(wanted))
    if cursor is not None:
        query = query.where(licenses.c.license_id > cursors.decoded(cursor, str)[0])
    found = connection.execute(query.order_by(licenses.c.license_id).limit(limit + 1)).all()
    rows = tuple(
        LicenseRow(License.model_validate_json(row.body), row.written_at, row.depending)
        for row in found[:limit]
    )
    more = len(found) > limit
    return LicensePage(rows, cursors.encoded(rows[-1].license.license_id) if more else None)


def licenses_of(connection: Connection, license_ids: Sequence[str]) -> tuple[License, ...]:
    """Return those of these licenses that are on file, by number."""
    query = select(licenses.c.body).where(licenses.c.license_id.in_(license_ids))
    found = connection.execute(query.order_by(licenses.c.license_id)).scalars()
    return tuple(License.model_validate_json(body) for body in found)


def license_states(connection: Connection) -> tuple[tuple[LicenseStatus, int], ...]:
    """Count licenses by status, in the life cycle's order; those that none has are left out."""
    query = select(licenses.c.status, func.count()).group_by(licenses.c.status)
    counts = {LicenseStatus(status): count for status, count in connection.execute(query)}
    return tuple((status, counts[status]) for status in LicenseStatus if status in counts)


def license_file(connection: Connection, license_id: str) -> LicenseFile | None:
    """Return a license's file; None where no topic holds it."""
    current = connection.execute(
        select(licenses.c.body, licenses.c.written_at).where(licenses.c.license_id == license_id)
    ).one_or_none()
    if current is None:
        return None
    past = connection.execute(
        select(license_revisions)
        .where(license_revisions.c.license_id == license_id)
        .order_by(license_revisions.c.revision.desc())
    ).all()
    revisions = tuple(
        LicenseRevision(License.model_validate_json(row.body), row.written_at, row.event_id)
        for row in past
    )
    told = connection.execute(
        select(alerts).where(alerts.c.license_id == license_id).order_by(alerts.c.written_at.desc())
    )
    clock: ReviewClock | None = None
    for revision in reversed(revisions):
        clock = reviewed(clock, revision.license, revision.written_at)
    license_ = License.model_validate_json(current.body)
    return LicenseFile(
        license=license_,
        written_at=current.written_at,
        revisions=revisions,
        dependents=_dependents(connection, license_id),
        drawn=_drawn(connection, license_id),
        alerts=tuple(alert_record(row) for row in told),
        review=clock,
        overdue_at=None if clock is None else overdue_at(clock, license_.regime),
    )


def _conditions(wanted: LicenseFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.status is not None:
        yield licenses.c.status == wanted.status
    if wanted.regime is not None:
        yield licenses.c.regime == wanted.regime
    if wanted.prefix:
        yield licenses.c.license_id >= wanted.prefix
        yield licenses.c.license_id < wanted.prefix + "\U0010ffff"
    if wanted.party:
        yield licenses.c.names.contains(fold(wanted.party), autoescape=True)


def _dependents(connection: Connection, license_id: str) -> tuple[Dependent, ...]:
    query = (
        select(license_uses, shipments.c.open, shipments.c.action, shipments.c.outcome)
        .join(shipments, shipments.c.shipment_id == license_uses.c.shipment_id)
        .where(license_uses.c.license_id == license_id)
        .order_by(shipments.c.open.desc(), license_uses.c.shipment_id, license_uses.c.line)
        .limit(DEPENDENT_ROWS)
    )
    return tuple(
        Dependent(license_use(row), row.open, Action(row.action), Outcome(row.outcome))
        for row in connection.execute(query)
    )


def _drawn(connection: Connection, license_id: str) -> tuple[Drawn, ...]:
    query = select(license_uses).where(
        license_uses.c.license_id == license_id, license_uses.c.answer.in_(("reserved", "spent"))
    )
    sums: dict[str, dict[str, Decimal]] = {}
    for row in connection.execute(query):
        use: Any = license_use(row)
        for unit, amount in ((use.unit, use.quantity), (use.currency, use.value)):
            if unit is not None and amount is not None:
                of_unit = sums.setdefault(unit, {"reserved": Decimal(0), "spent": Decimal(0)})
                of_unit[use.answer] += amount
    return tuple(
        Drawn(unit, both["reserved"], both["spent"]) for unit, both in sorted(sums.items())
    )
