"""Turn the other records into rows: licenses, dispositions, alerts, dead letters, deliveries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection

from tidegate.agents.inputs import read
from tidegate.console.projector.batch import Unreadable, Written
from tidegate.console.projector.own_record import data_of
from tidegate.console.projector.statements import Row, insert_new, put, put_newer, remove
from tidegate.console.store.holds import searchable_names
from tidegate.console.store.schema import (
    alerts,
    dead_letters,
    deliveries,
    delivery_steps,
    dispositions,
    endpoints,
    license_revisions,
    licenses,
    practice,
)
from tidegate.events.alert import Alert
from tidegate.events.codec import (
    ALERT_TYPE,
    DEAD_LETTER_TYPE,
    DISPOSITION_TYPE,
    LICENSE_TYPE,
    PRACTICE_TYPE,
)
from tidegate.events.dead_letter import DeadLetter
from tidegate.events.delivery import DELIVERY_RECORD, Delivery
from tidegate.events.disposition import Disposition
from tidegate.events.errors import InvalidEvent, from_validation
from tidegate.events.license import License
from tidegate.events.practice import PracticeCounts
from tidegate.events.values import moment_text
from tidegate.measures.validity import from_ms
from tidegate.runtime.processor import Refused
from tidegate.runtime.record import Record

PREVIEW_BYTES = 2000

Own = TypeVar("Own", bound=BaseModel)


def write_licenses(connection: Connection, records: Iterable[Record], told: Written) -> None:
    """Write revisions of licenses, and each license at its highest."""
    revisions: list[Row] = []
    current: dict[str, Row] = {}
    for record in records:
        try:
            event = read(record, LICENSE_TYPE, License, "license_id")
        except Refused:
            continue  # a worker has told of it: it is among the dead letters
        license_, body = event.data, event.written.decode()
        id_, revision = license_.license_id, license_.revision
        common = {
            "license_id": id_,
            "revision": revision,
            "status": license_.status.value,
            "written_at": from_ms(record.timestamp_ms),
            "body": body,
        }
        revisions.append({**common, "event_id": event.event_id})
        told.licenses.add(id_)
        if id_ not in current or current[id_]["revision"] < revision:
            current[id_] = {**common, **_license_words(license_)}
    insert_new(connection, license_revisions, revisions)
    put_newer(connection, licenses, list(current.values()), "revision")


def write_dispositions(connection: Connection, records: Iterable[Record], told: Written) -> None:
    """Write what people decided."""
    rows: list[Row] = []
    for record in records:
        try:
            event = read(record, DISPOSITION_TYPE, Disposition, "shipment_id")
        except Refused:
            continue
        said = event.data
        told.shipments.add(said.shipment_id)
        rows.append(
            {
                **_place(record),
                "disposition_id": said.disposition_id,
                "shipment_id": said.shipment_id,
                "kind": said.kind.value,
                "body": event.written.decode(),
            }
        )
    insert_new(connection, dispositions, rows)


def write_alerts(connection: Connection, records: Iterable[Record], told: Written) -> None:
    """Write alerts."""
    rows = [
        {
            **_place(record),
            "alert_id": alert.alert_id,
            "kind": alert.kind.value,
            "severity": alert.severity.value,
            "shipment_id": alert.shipment_id,
            "license_id": alert.license_id,
            "title": alert.title,
            "body": body,
        }
        for record, alert, body in _own(records, ALERT_TYPE, Alert, told)
    ]
    insert_new(connection, alerts, rows)


def write_dead_letters(connection: Connection, records: Iterable[Record], told: Written) -> None:
    """Write where refused records stood, why, and how they begin; the rest stays in the topic."""
    rows = []
    for record, letter, _ in _own(records, DEAD_LETTER_TYPE, DeadLetter, told):
        try:
            key, value = letter.original_key(), letter.original_value() or b""
        except ValueError as error:
            told.unreadable.append(Unreadable(record, f"not Base64: {error}"))
            continue
        rows.append(
            {
                **_place(record),
                "topic": _shown(letter.topic),
                "topic_partition": letter.partition,
                "topic_offset": letter.offset,
                "field": _shown(letter.error.field),
                "reason": _shown(letter.error.reason),
                "record_key": None if key is None else _shown(key.decode(errors="replace")),
                "size_bytes": len(value),
                "preview": _shown(value[:PREVIEW_BYTES].decode(errors="replace")),
            }
        )
    insert_new(connection, dead_letters, rows)


def write_deliveries(connection: Connection, records: Iterable[Record], told: Written) -> None:
    """Write each step of each delivery, where each stands, and which endpoints are disabled."""
    steps: list[Row] = []
    current: dict[str, Row] = {}
    states: dict[str, Row] = {}
    for record in records:
        body = record.value or b""
        try:
            said = DELIVERY_RECORD.validate_json(body)
        except ValidationError as error:
            told.unreadable.append(Unreadable(record, str(from_validation(error, ""))))
            continue
        if not isinstance(said, Delivery):
            states[said.endpoint] = {
                "endpoint": said.endpoint,
                "disabled": said.disabled,
                "reason": _shown(said.reason),
                "at": said.at,
            }
            continue
        of = {**_place(record), "delivery_id": said.delivery_id, "body": body.decode()}
        steps.append(of)
        current[said.delivery_id] = {
            **of,
            "endpoint": said.endpoint,
            "channel": said.channel.value,
            "status": said.status.value,
            "kind": said.kind,
            "severity": said.severity.value,
            "shipment_id": said.shipment_id,
            "license_id": said.license_id,
            "record_key": _shown((record.key or b"").decode(errors="replace")),
        }
    insert_new(connection, delivery_steps, steps)
    put(connection, deliveries, list(current.values()))
    put(connection, endpoints, list(states.values()))


def write_practice(connection: Connection, records: Iterable[Record], told: Written) -> None:
    """Write what was counted last of each partition's weeks, in place of what was before."""
    weeks: dict[str, list[Row]] = {}
    for record, counted, _ in _own(records, PRACTICE_TYPE, PracticeCounts, told):
        key = _shown((record.key or b"").decode(errors="replace"))
        of = {"counted": key, "subject": counted.subject.value, "week": counted.week}
        weeks[key] = [
            {**of, "as_of": counted.as_of, **one.model_dump(mode="json")} for one in counted.counts
        ]
    remove(connection, practice, "counted", sorted(weeks))
    put(connection, practice, [row for rows in weeks.values() for row in rows])


def _license_words(license_: License) -> Row:
    named = (license_.holder, *license_.consignees, *license_.end_users)
    return {
        "regime": license_.regime,
        "authority": license_.authority and _shown(license_.authority),
        "license_type": license_.license_type.value,
        "review": license_.review,
        "valid_to": None if license_.valid_to is None else moment_text(license_.valid_to),
        "names": searchable_names(tuple(name for name in named if name is not None)),
    }


def _place(record: Record) -> Row:
    return {
        "partition": record.partition,
        "offset": record.offset,
        "written_at": from_ms(record.timestamp_ms),
    }


def _own(
    records: Iterable[Record], type_: str, model: type[Own], told: Written
) -> Iterator[tuple[Record, Own, str]]:
    """Yield Tidegate's own records with their data; what cannot be read is told."""
    for record in records:
        try:
            data = data_of(record.value, type_)
            yield record, model.model_validate_json(data), data.decode()
        except InvalidEvent as error:
            told.unreadable.append(Unreadable(record, str(error)))
        except ValidationError as error:
            told.unreadable.append(Unreadable(record, str(from_validation(error, "data"))))


_CONTROL = dict.fromkeys(c for c in range(32) if c not in (9, 10, 13)) | {0: "�"}
"""PostgreSQL keeps no text with a NUL; the rest would not be seen."""


def _shown(text: str) -> str:
    return text.translate(_CONTROL)
