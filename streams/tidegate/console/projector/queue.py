"""The hold queue as decisions move it: rows that come, change and go, and the sums over them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection, select

from tidegate.console.projector.batch import HoldChange, Written
from tidegate.console.projector.facts import Known
from tidegate.console.projector.statements import Row, add, insert_new, put, remove
from tidegate.console.store.columns import mills, minute_of
from tidegate.console.store.schema import hold_changes, hold_measures, hold_totals, holds
from tidegate.events.decision import Decision

ALL = "*"


class Place(NamedTuple):
    """What a shipment in the queue counts under."""

    action: str
    destination_country: str
    money: str
    measures: str


class Queue:
    """The queue's rows of one batch's shipments: what was there, and what is to be.

    Args:
        connection: In the batch's transaction.
        shipment_ids: All whose decisions the batch holds.
    """

    def __init__(self, connection: Connection, shipment_ids: Iterable[str]) -> None:
        self._connection = connection
        columns = (holds.c[name] for name in ("shipment_id", *Place._fields))
        query = select(*columns).where(holds.c.shipment_id.in_(sorted(shipment_ids)))
        self._before = {id_: Place(*place) for id_, *place in connection.execute(query)}
        self._now: dict[str, Place] = dict(self._before)
        self._rows: dict[str, Row] = {}
        self._gone: dict[str, HoldChange] = {}
        self._changes: Counter[tuple[int, str, str, str]] = Counter()

    def put(self, decision: Decision, since: datetime, status: str, known: Known) -> None:
        """Hold or review a shipment, as this decision says."""
        id_ = decision.shipment_id
        row = _row(decision, since, status, known)
        place = Place(*(row[name] for name in Place._fields))
        self._move(id_, place, decision.as_of)
        self._rows[id_] = row
        self._gone.pop(id_, None)

    def take_out(self, decision: Decision) -> None:
        """Let a shipment go: it passes, or it is closed."""
        id_ = decision.shipment_id
        self._rows.pop(id_, None)
        place = self._now.get(id_)
        if place is None:
            return
        self._move(id_, None, decision.as_of)
        self._gone[id_] = HoldChange(
            id_,
            "ended",
            decision.action.value,
            decision.outcome.value,
            place.destination_country or None,
            tuple(place.measures.split("|")),
            decision.reasons[0].title if decision.reasons else "",
            decision.as_of,
        )

    def write(self, told: Written) -> None:
        """Write the rows and the sums, and tell what came, changed and went."""
        gone = [id_ for id_ in self._gone if id_ in self._before]
        remove(self._connection, holds, "shipment_id", gone)
        put(self._connection, holds, list(self._rows.values()))
        moved = [id_ for id_ in {**self._before, **self._now} if self._measures_moved(id_)]
        remove(self._connection, hold_measures, "shipment_id", moved)
        insert_new(
            self._connection,
            hold_measures,
            [
                {"measure": measure, "shipment_id": id_}
                for id_ in moved
                if id_ in self._now
                for measure in self._now[id_].measures.split("|")
            ],
        )
        self._write_sums()
        told.holds += [self._gone[id_] for id_ in gone]
        told.holds += [self._told(id_, row) for id_, row in self._rows.items()]

    def _measures_moved(self, id_: str) -> bool:
        before, now = self._before.get(id_), self._now.get(id_)
        return (before and before.measures) != (now and now.measures)

    def _write_sums(self) -> None:
        totals: Counter[tuple[str, str, str, str]] = Counter()
        for places, sign in ((self._before, -1), (self._now, 1)):
            for id_, place in places.items():
                if self._before.get(id_) != self._now.get(id_):
                    for measure, currency, amount in _counts(place):
                        key = (place.action, measure, place.destination_country, currency)
                        totals[key] += sign * amount
        add(self._connection, hold_totals, totals, "total")
        add(self._connection, hold_changes, self._changes, "change")

    def _move(self, id_: str, place: Place | None, at: datetime) -> None:
        before, minute = self._now.get(id_), minute_of(at)
        if before == place:
            return
        for one, sign in ((before, -1), (place, 1)):
            if one is not None:
                for measure, currency, amount in _counts(one):
                    self._changes[minute, one.action, measure, currency] += sign * amount
        if place is None:
            del self._now[id_]
        else:
            self._now[id_] = place

    def _told(self, id_: str, row: Row) -> HoldChange:
        before = self._before.get(id_)
        return HoldChange(
            id_,
            "changed" if before is not None and before.action == row["action"] else "started",
            row["action"],
            row["outcome"],
            row["destination_country"] or None,
            tuple(row["measures"].split("|")),
            row["title"],
            row["as_of"],
        )


@lru_cache(maxsize=4096)
def _counts(place: Place) -> tuple[tuple[str, str, int], ...]:
    """Return what one shipment adds to the sums: (measure, currency, how much)."""
    amounts = [(ALL, 1)] + [
        (currency, mills(Decimal(amount))) for currency, amount in json.loads(place.money).items()
    ]
    measures = (ALL, *place.measures.split("|"))
    return tuple((measure, *amount) for measure in measures for amount in amounts)


def _row(decision: Decision, since: datetime, status: str, known: Known) -> Row:
    because = [one for one in decision.reasons if one.outcome.action is decision.action]
    # A decision without reasons passes; one that holds has at least one that does.
    first = because[0] if because else decision.reasons[0]
    values = json.loads(known.money)
    single = next(iter(values.items())) if len(values) == 1 else ("", "0")
    unknown = dict.fromkeys(name for reason in because for name in reason.unknown)
    return {
        "shipment_id": decision.shipment_id,
        "decision_id": decision.decision_id,
        "action": decision.action.value,
        "outcome": decision.outcome.value,
        "rank": decision.outcome.rank,
        "since": since,
        "as_of": decision.as_of,
        "revision": decision.revision,
        "status": status,
        "export_country": known.export_country,
        "destination_country": known.destination_country,
        "currency": single[0],
        "value_mills": mills(Decimal(single[1])),
        "money": known.money,
        "measures": "|".join(dict.fromkeys(one.measure for one in because or [first])),
        "unknown": "\n".join(unknown),
        "title": first.title,
        "citation": f"{first.instrument}, {first.article}",
        "advice": first.advice,
        "parties": known.parties,
    }
