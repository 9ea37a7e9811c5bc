"""A chain of dispositions: whole as it was written; every way to tamper with it is found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tidegate.events.chain import Entry, Head, sealed, verify
from tidegate.events.codec import DISPOSITION_TYPE, encode
from tidegate.events.disposition import Disposition

NOON = datetime(2026, 2, 24, 4, tzinfo=UTC)
Entries = list[Entry]


def said(number: int, reason: str = "because") -> Disposition:
    """The n-th disposition; three shipments in two partitions."""
    return Disposition.model_validate(
        {
            "disposition_id": f"DSP-{number}",
            "shipment_id": f"SHP-{number % 3}",
            "kind": "note",
            "reason": reason,
            "by": "analyst",
        }
    )


def chained(count: int = 8, after: Head | None = None) -> tuple[Entries, Head]:
    """Write so many."""
    head = after or Head()
    entries = []
    for number in range(head.sequence + 1, head.sequence + count + 1):
        # A text that looks like the field that holds the hash.
        one = said(number, 'she wrote "hash":"" there')
        value, head = sealed(one, head, time=NOON, source="/tidegate")
        entries.append(Entry(number % 2, number, one.shipment_id.encode(), value))
    return entries, head


def foreign(number: int) -> Entry:
    """A disposition that another sender wrote."""
    one = said(number)
    value = encode(DISPOSITION_TYPE, one, id_="x", source="/erp", subject="SHP-1", time=NOON)
    return Entry(0, number, one.shipment_id.encode(), value)


def edited(entry: Entry, before: str, after: str) -> Entry:
    """A record with a text in it exchanged."""
    value = entry.value or b""
    assert before.encode() in value
    return replace(entry, value=value.replace(before.encode(), after.encode(), 1))


def resealed(entry: Entry) -> Entry:
    """A record whose own hash was made anew, by somebody who knows how."""
    value = entry.value or b""
    old = json.loads(value)["data"]["chain"]["hash"]
    emptied = value.replace(f'"hash":"{old}"'.encode(), b'"hash":""')
    new = hashlib.sha256(emptied).hexdigest()
    return replace(entry, value=emptied.replace(b'"hash":""', f'"hash":"{new}"'.encode(), 1))


def test_what_was_written_is_whole() -> None:
    entries, head = chained()
    verdict = verify(entries, head)
    assert (verdict.chained, verdict.first, verdict.head, verdict.findings) == (8, 1, head, ())
    assert verify([]).findings == ()


def test_partitions_may_be_read_in_any_order() -> None:
    entries, head = chained()
    assert verify(sorted(entries, key=lambda e: -e.partition), head).findings == ()


def test_others_records_are_counted_and_nothing_is_said_of_them() -> None:
    entries, _ = chained(3)
    rubbish = [Entry(1, 99, b"SHP-1", b"rubbish"), Entry(1, 100, None, None)]
    verdict = verify([foreign(0), *entries, *rubbish])
    assert (verdict.chained, verdict.unchained, verdict.findings) == (3, 3, ())


Tampering = Callable[[Entries], Entries]


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        # A word is changed.
        (lambda e: [*e[:3], edited(e[3], "analyst", "another"), *e[4:]], [("changed", 4)]),
        # The last record's as well: its own hash tells.
        (lambda e: [*e[:7], edited(e[7], "analyst", "another")], [("changed", 8)]),
        # When it was, outside of the data.
        (lambda e: [*e[:3], edited(e[3], "04:00", "05:00"), *e[4:]], [("changed", 4)]),
        # Only a space: the bytes are what counts.
        (lambda e: [*e[:3], edited(e[3], '"by":', '"by": '), *e[4:]], [("changed", 4)]),
        # Another key: the worker would read it as another shipment's.
        (lambda e: [*e[:3], replace(e[3], key=b"SHP-9"), *e[4:]], [("changed", 4)]),
        # Changed, and its own hash made anew: the next one names the old hash.
        (
            lambda e: [*e[:3], resealed(edited(e[3], "analyst", "another")), *e[4:]],
            [("changed", 5)],
        ),
        # Taken away: one, two, the first.
        (lambda e: [*e[:3], *e[4:]], [("missing", 4)]),
        (lambda e: [*e[:3], *e[5:]], [("missing", 4)]),
        (lambda e: e[1:], [("missing", 1)]),
        # The end, which only a head that was written down tells.
        (lambda e: e[:6], [("missing", 7)]),
        # All of it.
        (lambda e: [], [("missing", 1)]),
        # The chain's part of a record taken off: it is a foreign one then.
        (lambda e: [*e[:3], foreign(4), *e[4:]], [("missing", 4)]),
        # Two of one partition exchanged.
        (lambda e: [*e[:2], e[4], e[3], e[2], *e[5:]], [("reordered", 3)]),
        # Put in twice.
        (lambda e: [*e, replace(e[3], offset=99)], [("doubled", 4)]),
        # All written anew from a changed record on.
        (
            lambda e: chained(8, Head())[0][:3] + chained(5, Head(3, "1" * 64))[0],
            [("changed", 4), ("changed", 8)],
        ),
    ],
)
def test_tampering_is_found(tamper: Tampering, found: list[tuple[str, int]]) -> None:
    entries, head = chained()
    verdict = verify(tamper(entries), head)
    assert [(finding.kind, finding.sequence) for finding in verdict.findings] == found


def test_what_retention_took_is_no_finding() -> None:
    entries, head = chained()
    verdict = verify(entries[4:], head, whole=False)
    assert (verdict.first, verdict.findings) == (5, ())
    # But a gap further on still is.
    gap = verify([entries[4], *entries[6:]], head, whole=False)
    assert [(finding.kind, finding.sequence) for finding in gap.findings] == [("missing", 6)]


def test_a_chain_goes_on_where_it_ended() -> None:
    first, head = chained(3)
    more, end = chained(3, head)
    assert verify([*first, *more], end).findings == ()
