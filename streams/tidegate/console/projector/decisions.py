"""Turn decisions into rows: the history, each shipment's decision in force, the queue, counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, select

from tidegate.console.projector.batch import Unreadable, Written
from tidegate.console.projector.facts import NOTHING_KNOWN, Facts, Known
from tidegate.console.projector.own_record import data_of
from tidegate.console.projector.queue import Queue
from tidegate.console.projector.statements import Row, add, insert_new, put, remove
from tidegate.console.store.columns import minute_of
from tidegate.console.store.latency import step_of
from tidegate.console.store.schema import (
    decision_minutes,
    decisions,
    latency_minutes,
    license_uses,
    shipments,
)
from tidegate.events.codec import DECISION_TYPE
from tidegate.events.decision import Action, Decision
from tidegate.events.errors import InvalidEvent, from_validation
from tidegate.events.shipment import OPEN_STATUSES
from tidegate.measures.validity import from_ms
from tidegate.runtime.record import Record


class InForce(NamedTuple):
    """What is known of a shipment's last decision."""

    revision: int
    action: str
    open: bool
    since: datetime
    cites: bool


class Made(NamedTuple):
    """A decision that could be read, with its record and its JSON."""

    record: Record
    decision: Decision
    body: str


def write_decisions(
    connection: Connection, records: Iterable[Record], facts: Facts, told: Written
) -> None:
    """Write decisions and all that follows from them; `facts` has the events they were made on."""
    made = list(_read(records, told))
    if not made:
        return
    ids = {one.decision.shipment_id for one in made}
    known = facts.find(connection, [(d.shipment_id, d.revision) for _, d, _ in made])
    before = _in_force(connection, ids)
    now = dict(before)
    queue = Queue(connection, ids)
    history: list[Row] = []
    current: dict[str, Row] = {}
    uses: dict[str, list[Row]] = {}
    minutes: Counter[tuple[int, str, str]] = Counter()
    latencies: Counter[tuple[int, int]] = Counter()
    for record, decision, body in made:
        id_ = decision.shipment_id
        of = known.get((id_, decision.revision), NOTHING_KNOWN)
        status = str(decision.inputs.get("status", ""))
        is_open = status in OPEN_STATUSES
        last = now.get(id_)
        goes_on = last is not None and last.open and is_open and last.action == decision.action
        since = last.since if last is not None and goes_on else decision.as_of
        latency = _latency_ms(record, decision, last, of)
        history.append(_history_row(record, decision, body, latency))
        current[id_] = _current_row(record, decision, status, is_open, since, of)
        now[id_] = InForce(
            decision.revision, decision.action, is_open, since, current[id_]["cites"]
        )
        if is_open and decision.action is not Action.PASS:
            queue.put(decision, since, status, of)
        else:
            queue.take_out(decision)
        if current[id_]["cites"] or (last is not None and last.cites):
            uses[id_] = _use_rows(decision, of)
        minute = minute_of(from_ms(record.timestamp_ms))
        minutes[minute, decision.outcome.value, decision.action.value] += 1
        if latency is not None:
            latencies[minute, step_of(latency)] += 1
    insert_new(connection, decisions, history)
    put(connection, shipments, list(current.values()))
    queue.write(told)
    remove(connection, license_uses, "shipment_id", sorted(uses))
    put(connection, license_uses, [row for rows in uses.values() for row in rows])
    add(connection, decision_minutes, minutes, "decisions")
    add(connection, latency_minutes, latencies, "decisions")
    told.decisions += len(made)
    told.shipments |= ids
    told.licenses |= {row["license_id"] for rows in uses.values() for row in rows}


def _read(records: Iterable[Record], told: Written) -> Iterable[Made]:
    for record in records:
        try:
            data = data_of(record.value, DECISION_TYPE)
            yield Made(record, Decision.model_validate_json(data), data.decode())
        except InvalidEvent as error:
            told.unreadable.append(Unreadable(record, str(error)))
        except ValidationError as error:
            told.unreadable.append(Unreadable(record, str(from_validation(error, "data"))))


def _in_force(connection: Connection, ids: Iterable[str]) -> Mapping[str, InForce]:
    columns = (shipments.c[name] for name in ("shipment_id", *InForce._fields))
    query = select(*columns).where(shipments.c.shipment_id.in_(sorted(ids)))
    return {id_: InForce(*rest) for id_, *rest in connection.execute(query)}


def _latency_ms(
    record: Record, decision: Decision, last: InForce | None, known: Known
) -> int | None:
    """Return how long an event waited for its first decision; None for later decisions."""
    if known is NOTHING_KNOWN or (last is not None and last.revision >= decision.revision):
        return None
    waited = from_ms(record.timestamp_ms) - known.written_at
    return max(0, round(waited.total_seconds() * 1000))


def _history_row(record: Record, decision: Decision, body: str, latency_ms: int | None) -> Row:
    return {
        "partition": record.partition,
        "offset": record.offset,
        "decision_id": decision.decision_id,
        "shipment_id": decision.shipment_id,
        "revision": decision.revision,
        "outcome": decision.outcome.value,
        "action": decision.action.value,
        "as_of": decision.as_of,
        "written_at": from_ms(record.timestamp_ms),
        "tables_version": decision.tables_version,
        "latency_ms": latency_ms,
        "body": body,
    }


def _current_row(
    record: Record, decision: Decision, status: str, is_open: bool, since: datetime, known: Known
) -> Row:
    return {
        "shipment_id": decision.shipment_id,
        "partition": record.partition,
        "offset": record.offset,
        "decision_id": decision.decision_id,
        "revision": decision.revision,
        "status": status,
        "open": is_open,
        "outcome": decision.outcome.value,
        "action": decision.action.value,
        "as_of": decision.as_of,
        "since": since,
        "released_by": json.dumps(decision.released_by),
        "cites": known.citations != "[]",
    }


def _use_rows(decision: Decision, known: Known) -> list[Row]:
    """Return the lines that cite licenses, each with what the license's owner answered."""
    answers = {
        (verdict.get("line"), verdict.get("license")): verdict
        for verdict in decision.inputs.get("verdicts", ())
    }
    rows = []
    for cited in json.loads(known.citations):
        verdict = answers.get((cited["line"], cited["license_id"]), {})
        answer = verdict.get("answer", "unanswered")
        revision = verdict.get("license_revision")
        of = {"shipment_id": decision.shipment_id, "answer": answer, "license_revision": revision}
        rows.append({**cited, **of})
    return rows
