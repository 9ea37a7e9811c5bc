"""What is handed out for good: the queue as a table, and a shipment's whole file with its hashes.

Whoever gets a file can compute the hashes again from the records that stand in it, and from the
topics that they name, five years later.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from tidegate.console.store.holds import Hold
from tidegate.console.store.shipments import ShipmentFile
from tidegate.events.values import decimal_text, instant_text

HOLD_COLUMNS = (
    "shipment_id",
    "action",
    "outcome",
    "held_since",
    "decided_at",
    "revision",
    "status",
    "export_country",
    "destination_country",
    "values",
    "measures",
    "citation",
    "title",
    "unknown",
    "advice",
    "parties",
    "assignee",
    "decision_id",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def holds_csv(rows: Iterable[Hold]) -> Iterator[str]:
    """Yield the queue as CSV (RFC 4180), with a header."""
    yield _line(HOLD_COLUMNS)
    for row in rows:
        plain = hold_plain(row)
        yield _line(
            "; ".join(map(str, plain[name])) if isinstance(plain[name], list) else plain[name]
            for name in HOLD_COLUMNS
        )


def holds_json(rows: Iterable[Hold]) -> Iterator[str]:
    """Yield the queue as one JSON array, a row a line."""
    before = "[\n"
    for row in rows:
        yield before + json.dumps(hold_plain(row), ensure_ascii=False)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def hold_plain(row: Hold) -> dict[str, Any]:
    """Return a row of the queue by the names of its columns."""
    return {
        "shipment_id": row.shipment_id,
        "action": row.action.value,
        "outcome": row.outcome.value,
        "held_since": instant_text(row.since),
        "decided_at": instant_text(row.as_of),
        "revision": row.revision,
        "status": row.status,
        "export_country": row.export_country,
        "destination_country": row.destination_country,
        "values": [f"{decimal_text(one.amount)} {one.currency}" for one in row.values],
        "measures": list(row.measures),
        "citation": row.citation,
        "title": row.title,
        "unknown": list(row.unknown),
        "advice": row.advice,
        "parties": list(row.parties),
        "assignee": row.assignee,
        "decision_id": row.decision_id,
    }


def file_export(shipment_id: str, file: ShipmentFile, now: datetime) -> dict[str, Any]:
    """Return a shipment's whole file: records as they stand in the topics, each with its hash.

    `sha256` of an event's data is the `facts_sha256` that a decision on it names in its inputs. The
    file's own `sha256` is of its other members, written as JSON without spaces, keys in order.
    """
    content: dict[str, Any] = {
        "shipment_id": shipment_id,
        "made_at": instant_text(now),
        "complete": not file.more,
        "tables_versions": sorted({one.decision.tables_version for one in file.decisions}),
        "sources": _sources(file),
        "decisions": [
            _record(one.record, one.written_at, one.body, "decision") for one in file.decisions
        ],
        "events": [
            {**_record(one.record, one.written_at, one.body, "shipment"), "event_id": one.event_id}
            for one in file.facts
        ],
        "dispositions": [
            {
                **_record(one.record, one.written_at, one.body, "disposition"),
                "refused": one.refused,
            }
            for one in file.dispositions
        ],
        "alerts": [
            {"record": one.record, "written_at": instant_text(one.written_at)}
            | {"alert": one.alert.model_dump(mode="json", by_alias=True, exclude_none=True)}
            for one in file.alerts
        ],
        "licenses": [
            {"license_id": use.license_id, "line": use.line, "answer": use.answer}
            for use in file.uses
        ],
    }
    return {**content, "sha256": digest(content)}


def digest(content: dict[str, Any]) -> str:
    """Return the SHA-256 of values as JSON without spaces, keys in order, UTF-8."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def file_csv(export: dict[str, Any]) -> Iterator[str]:
    """Yield a whole file as CSV, a record a line, oldest first."""
    yield _line(("written_at", "kind", "record", "sha256", "content"))
    rows = [
        (one["written_at"], kind, one["record"], one.get("sha256", ""), json.dumps(one[kind]))
        for kinds, kind in (
            ("events", "shipment"),
            ("decisions", "decision"),
            ("dispositions", "disposition"),
            ("alerts", "alert"),
        )
        for one in export[kinds]
    ]
    for row in sorted(rows):
        yield _line(row)
    yield _line((export["made_at"], "file", "", export["sha256"], ""))


def _record(place: str, written_at: datetime, body: str, kind: str) -> dict[str, Any]:
    return {
        "record": place,
        "written_at": instant_text(written_at),
        "sha256": hashlib.sha256(body.encode()).hexdigest(),
        kind: json.loads(body),
    }


def _sources(file: ShipmentFile) -> list[dict[str, Any]]:
    """Return what the decisions cite, each once, in the order of first mention."""
    cited: dict[tuple[str, str, str | None], dict[str, Any]] = {}
    for one in file.decisions:
        for reason in one.decision.reasons:
            key = (reason.measure, reason.article, reason.source_url)
            cited[key] = {
                "measure": reason.measure,
                "instrument": reason.instrument,
                "article": reason.article,
                "source_url": reason.source_url,
            }
    return list(cited.values())


def _line(cells: Iterable[Any]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow("" if cell is None else _cell(str(cell)) for cell in cells)
    return written.getvalue()


def _cell(text: str) -> str:
    # A spreadsheet would run what begins like a formula; a party may bear any name.
    return f"'{text}" if text.startswith(_FORMULA) else text
