"""Turn shipments' events into rows, and remember what decisions need of them."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from tidegate.agents.alerting import values_by_currency
from tidegate.agents.inputs import read
from tidegate.console.projector.batch import Written
from tidegate.console.projector.statements import Row, insert_new
from tidegate.console.store.holds import searchable_names
from tidegate.console.store.money import written
from tidegate.console.store.schema import facts
from tidegate.events.codec import SHIPMENT_TYPE
from tidegate.events.shipment import Shipment
from tidegate.events.values import decimal_text
from tidegate.measures.validity import from_ms
from tidegate.runtime.processor import Refused
from tidegate.runtime.record import Record

KNOWN = 50_000
"""Revisions that are kept in memory: a decision follows its event within a moment."""

Revision = tuple[str, int]


class Known(NamedTuple):
    """What a decision's rows need of the facts that it was made on."""

    export_country: str
    destination_country: str
    money: str
    parties: str
    citations: str
    written_at: datetime


NOTHING_KNOWN = Known("", "", "{}", "", "[]", from_ms(0))
"""For a decision whose event is no longer in its topic."""
_COLUMNS = [facts.c[name] for name in Known._fields]


class Facts:
    """Writes revisions of shipments, and finds them again."""

    def __init__(self) -> None:
        self._known: OrderedDict[Revision, Known] = OrderedDict()

    def write(self, connection: Connection, records: Iterable[Record], told: Written) -> None:
        """Write the revisions that these records hold.

        What a worker refuses is left out here too: it is among the dead letters, with the reason.
        """
        rows: dict[Revision, Row] = {}
        for record in records:
            try:
                event = read(record, SHIPMENT_TYPE, Shipment, "shipment_id")
            except Refused:
                continue
            shipment = event.data
            revision = (shipment.shipment_id, shipment.revision)
            # The first of a revision counts, as it does for the worker.
            if revision not in rows and revision not in self._known:
                rows[revision] = _row(shipment, record, event.event_id, event.written)
                told.shipments.add(shipment.shipment_id)
        insert_new(connection, facts, list(rows.values()))
        for revision, row in rows.items():
            self._remember(revision, Known(*(row[name] for name in Known._fields)))

    def find(self, connection: Connection, wanted: Sequence[Revision]) -> Mapping[Revision, Known]:
        """Return what is known of revisions; those that are not there are left out."""
        missing = sorted({id_ for id_, number in wanted if (id_, number) not in self._known})
        found: dict[Revision, Known] = {}
        if missing:
            query = select(facts.c.shipment_id, facts.c.revision, *_COLUMNS)
            rows = connection.execute(query.where(facts.c.shipment_id.in_(missing)))
            found = {(id_, revision): Known(*known) for id_, revision, *known in rows}
        for revision in wanted:
            if revision in self._known:
                found[revision] = self._known[revision]
        return found

    def forget(self) -> None:
        """Forget all: what was remembered of a transaction that was undone is not in the tables."""
        self._known.clear()

    def _remember(self, revision: Revision, known: Known) -> None:
        if len(self._known) >= KNOWN:
            self._known.popitem(last=False)
        self._known[revision] = known


def _row(shipment: Shipment, record: Record, event_id: str, body: bytes) -> Row:
    names = tuple(
        dict.fromkeys(name for party in shipment.parties for name in (party.name, *party.aliases))
    )
    values = values_by_currency(shipment)
    return {
        "shipment_id": shipment.shipment_id,
        "revision": shipment.revision,
        "status": shipment.status.value,
        "export_country": shipment.export_country or "",
        "destination_country": shipment.destination_country or "",
        "money": written((name, decimal_text(total)) for name, total in sorted(values.items())),
        "parties": searchable_names(names),
        "citations": json.dumps(_citations(shipment)),
        "event_id": event_id,
        "written_at": from_ms(record.timestamp_ms),
        "partition": record.partition,
        "offset": record.offset,
        "body": body.decode(),
    }


def _citations(shipment: Shipment) -> list[dict[str, Any]]:
    """Return what each line wants of each license that it cites."""
    return [
        {
            "license_id": number,
            "line": item.line,
            "quantity": _text(item.quantity),
            "unit": item.unit,
            "value": _text(item.value),
            "currency": item.currency,
        }
        for item in shipment.items
        for number in dict.fromkeys(item.licenses)
    ]


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else decimal_text(amount)
