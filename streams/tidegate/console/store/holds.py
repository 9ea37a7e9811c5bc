"""Ask for the hold queue: what is held or under review, filtered, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    func,
    or_,
    select,
    tuple_,
)

from tidegate.console.desk.tables import assignments
from tidegate.console.store import cursor as cursors
from tidegate.console.store import money
from tidegate.console.store.money import Money
from tidegate.console.store.schema import hold_measures, hold_totals, holds
from tidegate.events.decision import Action, Outcome
from tidegate.measures.validity import to_ms
from tidegate.parties.fold import fold

COUNTED = 10_000
"""Rows that a filter's total counts exactly at most; beyond that it says 'more than'."""
NOBODY = "-"
"""Asked for as an assignee: what nobody has in hand."""


NOBODY = "-"
"""An assignee that is none: the rows that nobody has in hand."""


class HoldSort(StrEnum):
    """What the queue is sorted by."""

    SINCE = "since"
    OUTCOME = "outcome"
    DESTINATION = "destination"
    VALUE = "value"
    DECIDED = "decided"
    SHIPMENT = "shipment"


@dataclass(frozen=True, slots=True)
class HoldFilter:
    """Which rows of the queue. What is None or empty asks for nothing."""

    action: Action | None = None
    outcome: Outcome | None = None
    measure: str | None = None
    destination: str | None = None
    party: str | None = None
    """Part of a party's name, as it is written or as it is folded."""
    shipment: str | None = None
    """How the shipment's id begins."""
    currency: str | None = None
    """Shipments valued in this currency alone."""
    at_least: timedelta | None = None
    """Held for this long or longer."""
    less_than: timedelta | None = None
    assignee: str | None = None
    """A user's name; `NOBODY` for those that nobody has in hand."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One row of the queue. All of its words are the decision's own."""

    shipment_id: str
    decision_id: str
    action: Action
    outcome: Outcome
    since: datetime
    as_of: datetime
    revision: int
    status: str
    export_country: str | None
    destination_country: str | None
    values: tuple[Money, ...]
    measures: tuple[str, ...]
    """Those that hold it, strongest first."""
    unknown: tuple[str, ...]
    """Facts whose absence is among the reasons."""
    title: str
    """Of the strongest reason."""
    citation: str
    """Instrument and article of the strongest reason."""
    advice: str | None
    """What would free it, where the strongest reason says so."""
    parties: tuple[str, ...]
    """Names as they are written on the shipment."""
    assignee: str | None = None


@dataclass(frozen=True, slots=True)
class HoldPage:
    """A page of the queue."""

    rows: tuple[Hold, ...]
    total: int
    """Rows that the filter lets through; `COUNTED` where `more` says that there are more."""
    more: bool
    next: str | None
    """Cursor of the next page; None on the last."""


def hold_page(
    connection: Connection,
    now: datetime,
    wanted: HoldFilter = HoldFilter(),
    sort: HoldSort = HoldSort.SINCE,
    *,
    descending: bool = False,
    cursor: str | None = None,
    limit: int = cursors.PAGE_ROWS,
) -> HoldPage:
    """Return a page of the queue.

    Args:
        connection: To the store.
        now: The instant from which ages are counted; aware.
        wanted: The filter.
        sort: What it is sorted by; the shipment's id parts equals.
        descending: The other way round.
        cursor: Where the page before ended.
        limit: Rows of a page at most.

    Raises:
        WrongCursor: the cursor is none of this order.
    """
    conditions = list(_conditions(wanted, now))
    key = _KEYS[sort]
    rows, following = _rows(connection, conditions, key, descending, cursor, limit)
    total, more = _total(connection, wanted, conditions)
    return HoldPage(rows, total, more, following)


def each_hold(
    connection: Connection, now: datetime, wanted: HoldFilter, batch: int = 1000
) -> Iterator[Hold]:
    """Yield every row that the filter lets through, oldest first, for an export."""
    conditions, key = list(_conditions(wanted, now)), _KEYS[HoldSort.SINCE]
    following: str | None = None
    while True:
        rows, following = _rows(connection, conditions, key, False, following, batch)
        yield from rows
        if following is None:
            return


def hold_of(connection: Connection, shipment_id: str) -> Hold | None:
    """Return a shipment's row of the queue; None where it is neither held nor reviewed."""
    row = connection.execute(_read_queue().where(holds.c.shipment_id == shipment_id)).one_or_none()
    return None if row is None else _hold(row)


@dataclass(frozen=True, slots=True)
class _Key:
    columns: tuple[ColumnElement[Any], ...]
    kinds: tuple[type, ...]


_KEYS = {
    HoldSort.SINCE: _Key((holds.c.since, holds.c.shipment_id), (int, str)),
    HoldSort.OUTCOME: _Key((holds.c.rank, holds.c.shipment_id), (int, str)),
    HoldSort.DESTINATION: _Key((holds.c.destination_country, holds.c.shipment_id), (str, str)),
    HoldSort.VALUE: _Key(
        (holds.c.currency, holds.c.value_mills, holds.c.shipment_id), (str, int, str)
    ),
    HoldSort.DECIDED: _Key((holds.c.as_of, holds.c.shipment_id), (int, str)),
    HoldSort.SHIPMENT: _Key((holds.c.shipment_id,), (str,)),
}


def _read_queue() -> Select[Any]:
    in_hand = assignments.c.shipment_id == holds.c.shipment_id
    return select(holds, assignments.c.assignee).outerjoin(assignments, in_hand)


def _rows(
    connection: Connection,
    conditions: list[ColumnElement[bool]],
    key: _Key,
    descending: bool,
    cursor: str | None,
    limit: int,
) -> tuple[tuple[Hold, ...], str | None]:
    query = _read_queue().where(*conditions)
    if cursor is not None:
        query = query.where(_after(key, cursors.decoded(cursor, *key.kinds), descending))
    order = [column.desc() if descending else column for column in key.columns]
    found = connection.execute(query.order_by(*order).limit(limit + 1)).all()
    last = found[limit - 1] if len(found) > limit else None
    following = None if last is None else cursors.encoded(*(_part(last, c) for c in key.columns))
    return tuple(_hold(row) for row in found[:limit]), following


def _part(row: Any, column: ColumnElement[Any]) -> Any:
    value = row._mapping[column]
    return to_ms(value) if isinstance(value, datetime) else value


def _after(key: _Key, last: tuple[Any, ...], descending: bool) -> ColumnElement[bool]:
    # A comparison of rows: both databases walk their index from there on.
    # An instant is a number in a cursor, as it is in the table.
    types = [BigInteger() if kind is int else String() for kind in key.kinds]
    bound = tuple_(*last, types=types)
    columns = tuple_(*key.columns)
    return columns < bound if descending else columns > bound


def _conditions(wanted: HoldFilter, now: datetime) -> Iterator[ColumnElement[bool]]:
    if wanted.action is not None:
        yield holds.c.action == wanted.action
    if wanted.outcome is not None:
        yield holds.c.outcome == wanted.outcome
    if wanted.measure is not None:
        of_measure = select(hold_measures.c.shipment_id)
        yield holds.c.shipment_id.in_(of_measure.where(hold_measures.c.measure == wanted.measure))
    if wanted.destination is not None:
        yield holds.c.destination_country == wanted.destination
    if wanted.currency is not None:
        yield holds.c.currency == wanted.currency
    if wanted.at_least is not None:
        yield holds.c.since <= now - wanted.at_least
    if wanted.less_than is not None:
        yield holds.c.since > now - wanted.less_than
    if wanted.assignee is not None:
        taken = select(assignments.c.shipment_id)
        if wanted.assignee == NOBODY:
            yield holds.c.shipment_id.not_in(taken)
        else:
            mine = assignments.c.assignee == wanted.assignee
            yield holds.c.shipment_id.in_(taken.where(mine))
    if wanted.shipment:
        yield _begins_with(holds.c.shipment_id, wanted.shipment)
    if wanted.assignee == NOBODY:
        yield holds.c.shipment_id.not_in(select(assignments.c.shipment_id))
    elif wanted.assignee is not None:
        of_person = select(assignments.c.shipment_id)
        yield holds.c.shipment_id.in_(of_person.where(assignments.c.assignee == wanted.assignee))
    if wanted.party:
        texts = {wanted.party.casefold().strip(), fold(wanted.party)}
        yield or_(*(holds.c.parties.contains(text, autoescape=True) for text in sorted(texts)))


def _begins_with(column: ColumnElement[str], prefix: str) -> ColumnElement[bool]:
    """Compare by range: an index serves that, and case counts, on either database."""
    return and_(column >= prefix, column < prefix + "\U0010ffff")


def _total(
    connection: Connection, wanted: HoldFilter, conditions: list[ColumnElement[bool]]
) -> tuple[int, bool]:
    simple = HoldFilter(
        action=wanted.action, measure=wanted.measure, destination=wanted.destination
    )
    if wanted == simple:
        query = select(func.coalesce(func.sum(hold_totals.c.total), 0)).where(
            hold_totals.c.measure == (wanted.measure or "*"), hold_totals.c.currency == "*"
        )
        if wanted.action is not None:
            query = query.where(hold_totals.c.action == wanted.action)
        if wanted.destination is not None:
            query = query.where(hold_totals.c.destination_country == wanted.destination)
        return int(connection.execute(query).scalar_one()), False
    some = select(holds.c.shipment_id).where(*conditions).limit(COUNTED + 1).subquery()
    found = connection.execute(select(func.count()).select_from(some)).scalar_one()
    return min(found, COUNTED), found > COUNTED


def _hold(row: Any) -> Hold:
    return Hold(
        shipment_id=row.shipment_id,
        decision_id=row.decision_id,
        action=Action(row.action),
        outcome=Outcome(row.outcome),
        since=row.since,
        as_of=row.as_of,
        revision=row.revision,
        status=row.status,
        export_country=row.export_country or None,
        destination_country=row.destination_country or None,
        values=money.read(row.money),
        measures=tuple(name for name in row.measures.split("|") if name),
        unknown=tuple(name for name in row.unknown.split("\n") if name),
        title=row.title,
        citation=row.citation,
        advice=row.advice,
        parties=written_names(row.parties),
        assignee=row.assignee,
    )


def written_names(column: str) -> tuple[str, ...]:
    """Return the names as they are written, from a column of names for search.

    The column has the written names, a line each, then the same ones in small letters and folded.
    """
    return tuple(name for name in column.partition("\f")[0].split("\n") if name)


def searchable_names(names: tuple[str, ...]) -> str:
    """Write names so that part of any of them is found, as it is written or folded."""
    names = tuple(name.translate(_UNSEARCHABLE) for name in names)
    sought = {form for name in names for form in (name.casefold(), fold(name))}
    return "\n".join(names) + "\f" + "\n".join(sorted(sought))


_UNSEARCHABLE = dict.fromkeys(range(32), " ")
"""Control characters: they would part names, and PostgreSQL keeps no text with a NUL."""
