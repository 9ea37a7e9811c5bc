"""Whether producers send event types that this version reads."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from tidegate.events.codec import DISPOSITION_TYPE, LICENSE_TYPE, SHIPMENT_TYPE
from tidegate.ops.doctor.check import Check, Status
from tidegate.ops.sample import newest_records
from tidegate.ops.settings import Settings

READ = {
    "trade.shipments": SHIPMENT_TYPE,
    "trade.licenses": LICENSE_TYPE,
    "trade.dispositions": DISPOSITION_TYPE,
}
"""The one type that each input may hold."""


async def check_events(settings: Settings) -> Check:
    """Look at the newest inputs: is each of a type that this version knows?"""
    wanted = {f"{settings.topic_prefix}{topic}": kind for topic, kind in READ.items()}
    lines, known = [], 0
    for topic, (_, records) in (await newest_records(settings, wanted)).items():
        types = Counter(kind for record in records if (kind := type_of(record)))
        known += types.pop(wanted[topic], 0)
        lines += [
            f"{topic}: {count} records of type {kind!r}; only {wanted[topic]!r} is read"
            for kind, count in sorted(types.items())
        ]
    if not lines:
        found = f"{known} newest events are of known types" if known else "no events yet"
        return Check("events", Status.GOOD, found)
    return Check(
        "events",
        Status.BAD,
        "\n".join(lines),
        "Such records become dead letters. Let their sender write the type that is read, or run a"
        " version of Tidegate that knows theirs; then put back what was refused with `tidegate"
        " dead-letters replay`.",
    )


def type_of(record: Any) -> str | None:
    """Return an event's type, from its header or its body; None where it names none."""
    for name, value in record.headers:
        if name == "ce_type":
            return str(value.decode(errors="replace"))
    try:
        kind = json.loads(record.value or b"").get("type")
    except (ValueError, AttributeError, RecursionError):
        return None
    return kind if isinstance(kind, str) else None
