"""Chain dispositions by hashes, and find what was changed, taken away or moved afterwards.

All of the console's dispositions stand in one chain, over all partitions: each carries its number
and the hash of the one before. The hash covers the whole event as its bytes stand in the topic.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from tidegate.events.codec import DISPOSITION_TYPE, decode, derived_id, encode
from tidegate.events.disposition import Disposition, Link
from tidegate.events.errors import InvalidEvent

GENESIS = "0" * 64
"""What the first one names as the hash before it."""
ANY_SIZE = 1 << 30  # what is too large for a worker is to be verified all the same


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: the number and the hash of its last record."""

    sequence: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of the topic of dispositions."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None

    @property
    def place(self) -> str:
        """Where it stands, as `PARTITION@OFFSET`."""
        return f"{self.partition}@{self.offset}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with the chain."""

    kind: str
    """`changed`, `missing`, `reordered` or `doubled`."""
    sequence: int
    place: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verifying a topic came to."""

    records: int
    chained: int
    unchained: int
    """Written by others than the console, or unreadable: no hash says that they are unchanged."""
    first: int | None
    """Number of the first record that is there."""
    head: Head
    findings: tuple[Finding, ...]


def sealed(
    disposition: Disposition, before: Head, *, time: datetime, source: str
) -> tuple[bytes, Head]:
    """Write a disposition as the next of the chain; return the event and the chain's new end."""
    sequence = before.sequence + 1
    link = Link.model_construct(sequence=sequence, previous=before.hash, hash="")
    event = encode(
        DISPOSITION_TYPE,
        disposition.model_copy(update={"chain": link}),
        id_=derived_id("disposition-event", disposition.disposition_id),
        source=source,
        subject=disposition.shipment_id,
        time=time,
    )
    digest = hashlib.sha256(event).hexdigest()
    return event.replace(_EMPTY, _written(digest), 1), Head(sequence, digest)


def link_of(value: bytes | None) -> tuple[Disposition, Link] | None:
    """Return the disposition in a record and its place in the chain; None: it has none.

    A record that cannot be read has none: whatever it was, it is missing from the chain.
    """
    try:
        envelope = decode(value, max_bytes=ANY_SIZE)
        disposition = envelope.read(Disposition)
    except InvalidEvent:
        return None
    if envelope.type != DISPOSITION_TYPE or disposition.chain is None:
        return None
    return disposition, disposition.chain


def verify(entries: Iterable[Entry], noted: Head | None = None, whole: bool = True) -> Verdict:
    """Look for records that were changed, taken away, moved or put in twice.

    Args:
        entries: All records of the topic; those of one partition in the order of their offsets.
        noted: An end of the chain that somebody wrote down before; it must still be in it.
        whole: The topic is there from its beginning; retention has taken nothing.
    """
    records = unchained = 0
    found: list[Finding] = []
    there: dict[int, _Seen] = {}
    last: dict[int, int] = {}
    for entry in entries:
        records += 1
        linked = link_of(entry.value)
        if linked is None:
            unchained += 1
            continue
        disposition, link = linked
        sequence = link.sequence
        if not _unchanged(entry, disposition, link):
            found.append(
                Finding("changed", sequence, entry.place, "is not what its own hash was made of")
            )
        if sequence in there:
            first = there[sequence].place
            found.append(
                Finding("doubled", sequence, entry.place, f"has the number of the one at {first}")
            )
            continue
        if sequence < last.get(entry.partition, 0):
            found.append(
                Finding(
                    "reordered", sequence, entry.place, f"stands behind {last[entry.partition]}"
                )
            )
        last[entry.partition] = max(sequence, last.get(entry.partition, 0))
        there[sequence] = _Seen(link.previous, link.hash, entry.place)
    found += _breaks(there, whole)
    head = Head(max(there), there[max(there)].hash) if there else Head()
    found += _lost(there, head, noted)
    return Verdict(
        records=records,
        chained=records - unchained,
        unchained=unchained,
        first=min(there, default=None),
        head=head,
        findings=tuple(sorted(found, key=lambda finding: finding.sequence)),
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    previous: str
    hash: str
    place: str


def _unchanged(entry: Entry, disposition: Disposition, link: Link) -> bool:
    value = entry.value or b""
    emptied = value.replace(_written(link.hash), _EMPTY)
    alone = len(value) - len(emptied) == len(link.hash)
    right = hashlib.sha256(emptied).hexdigest() == link.hash
    return alone and right and entry.key == disposition.shipment_id.encode()


def _breaks(there: dict[int, _Seen], whole: bool) -> Iterator[Finding]:
    """Yield where a number is missing, or a record does not name the hash of the one before."""
    before = Head() if whole else None
    for sequence in sorted(there):
        seen = there[sequence]
        expected = sequence if before is None else before.sequence + 1
        if sequence != expected:
            text = f"{expected}" if expected == sequence - 1 else f"{expected} to {sequence - 1}"
            yield Finding("missing", expected, None, f"{text}: not in the topic")
        elif before is not None and seen.previous != before.hash:
            yield Finding(
                "changed",
                sequence,
                seen.place,
                f"names another hash than that of {before.sequence}",
            )
        before = Head(sequence, seen.hash)


def _lost(there: dict[int, _Seen], head: Head, noted: Head | None) -> Iterator[Finding]:
    if noted is None or noted.sequence == 0:
        return
    kept = there.get(noted.sequence)
    if noted.sequence > head.sequence:
        text = f"{head.sequence + 1} to {noted.sequence}: were there when the end was written down"
        yield Finding("missing", head.sequence + 1, None, text)
    elif kept is not None and kept.hash != noted.hash:
        text = "has another hash than the one that was written down"
        yield Finding("changed", noted.sequence, kept.place, text)


def _written(digest: str) -> bytes:
    return b'"hash":"' + digest.encode() + b'"'


_EMPTY = _written("")
