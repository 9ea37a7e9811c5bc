"""Account for each input record, from the journal and the dead letters alone.

Knows nothing of the runtime and the agents but the journal's form: it reads events with the codec
and follows revisions by rules of its own, a few lines long.
"""

from __future__ import annotations

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiokafka.partitioner import murmur2

from tests.support.topics import INPUTS_OF, Topics
from tidegate.events.codec import decode
from tidegate.events.errors import InvalidEvent

Place = tuple[str, int, int]
OPEN = frozenset({"booked", "declared", "released", "departed", "arrived"})
KEYS = {
    "trade.shipments": "shipment_id",
    "trade.licenses": "license_id",
    "trade.dispositions": "shipment_id",
}


@dataclass(slots=True)
class Taken:
    """One input record, with the transaction that took it."""

    record: Any
    topic: str
    partition: int
    number: int
    clock: str
    data: dict[str, Any] = field(default_factory=dict)
    event_id: str = ""
    end: str = ""
    """applied, duplicate, forwarded or dead."""

    @property
    def place(self) -> Place:
        return self.topic, self.partition, self.record.offset


class Accounts:
    """Every input record of a deployment, in the journal's order, and how it ended.

    Attributes:
        taken: By (agent, partition), what it took, in order.
        ends: Counts by (topic, end).
        letters: Dead letters by the place of their record.
    """

    def __init__(self, topics: Topics) -> None:
        self.topics = topics
        self.taken: dict[tuple[str, int], list[Taken]] = defaultdict(list)
        self.ends: Counter[tuple[str, str]] = Counter()
        self.letters = _letters(topics)
        self._follow_journal()
        self._end_all()

    def of(self, topic: str) -> Iterator[Taken]:
        """Yield what was taken of a topic."""
        for taken in self.taken.values():
            yield from (one for one in taken if one.topic == topic)

    def _follow_journal(self) -> None:
        """Lay the journal's ranges over the records: each lies in exactly one."""
        waiting = {
            (topic, p): iter(self.topics.records[topic, p])
            for inputs in INPUTS_OF.values()
            for topic in inputs
            for p in range(self.topics.partitions)
        }
        peeked = {place: next(records, None) for place, records in waiting.items()}
        numbers: dict[tuple[str, int], int] = {}
        clocks: dict[tuple[str, int], str] = {}
        ends: dict[tuple[str, int], int] = defaultdict(int)
        for entry in self.topics.transactions:
            unit = entry["agent"], entry["partition"]
            assert entry["number"] == numbers.get(unit, 0) + 1, f"{unit}: {entry}"
            assert entry["clock"] >= clocks.get(unit, ""), f"{unit}: the clock went back: {entry}"
            numbers[unit], clocks[unit] = entry["number"], entry["clock"]
            for topic, start, end in entry["inputs"]:
                place = topic, entry["partition"]
                assert topic in INPUTS_OF[entry["agent"]], entry
                assert ends[place] <= start < end, f"{place}: {start} to {end} after {ends[place]}"
                ends[place] = end
                while (record := peeked[place]) is not None and record.offset < end:
                    assert record.offset >= start, f"{place}: {record.offset} is in no range"
                    self.taken[unit].append(
                        Taken(record, topic, place[1], entry["number"], entry["clock"])
                    )
                    peeked[place] = next(waiting[place], None)
        left = {place: record.offset for place, record in peeked.items() if record is not None}
        assert not left, f"in no range of the journal: {left}"

    def _end_all(self) -> None:
        for (agent, _), taken in self.taken.items():
            known: dict[str, tuple[int, bool]] = {}
            dispositions: set[tuple[str, str]] = set()
            for one in taken:
                one.end = self._end(one, agent, known, dispositions)
                self.ends[one.topic, one.end] += 1
                dead = one.place in self.letters
                assert dead == (one.end == "dead"), f"{one.place}: {one.end}, but dead is {dead}"
        forwarded = sum(n for (_, end), n in self.ends.items() if end == "forwarded")
        assert forwarded == sum(entry["forwarded"] for entry in self.topics.transactions)
        places = {one.place for taken in self.taken.values() for one in taken}
        assert self.letters.keys() <= places, "dead letters of records that were never there"
        said = sum(entry["dead"] for entry in self.topics.transactions)
        dead_ends = sum(n for (_, end), n in self.ends.items() if end == "dead")
        assert said == len(self.letters) == dead_ends

    def _end(
        self,
        one: Taken,
        agent: str,
        known: dict[str, tuple[int, bool]],
        dispositions: set[tuple[str, str]],
    ) -> str:
        if one.topic not in KEYS:
            return "applied"
        key = one.record.key
        if key is not None and owner(key, self.topics.partitions) != one.partition:
            return "forwarded"
        if one.place in self.letters:
            # Whether it had to be one is asked where each kind of bad input is sent.
            return self._refused(one, known)
        self._read(one)
        about = str(one.data[KEYS[one.topic]])
        assert key == about.encode(), f"{one.place}: applied under the key {key!r}"
        if one.topic == "trade.dispositions":
            number = about, str(one.data["disposition_id"])
            assert known.get(about, (0, False))[1], f"{one.place}: no such shipment was open"
            if number in dispositions:
                return "duplicate"
            dispositions.add(number)
            return "applied"
        revision = int(one.data["revision"])
        if about in known and revision <= known[about][0]:
            return "duplicate"
        known[about] = revision, one.data["status"] in OPEN
        return "applied"

    def _refused(self, one: Taken, known: dict[str, tuple[int, bool]]) -> str:
        """A dead letter holds the record as it was; a disposition is one for want of a shipment."""
        letter = self.letters[one.place]
        record = one.record
        assert letter["error"]["reason"], letter
        assert not letter["error"]["reason"].startswith("internal error"), letter["error"]
        assert _bytes(letter.get("key")) == record.key, one.place
        assert _bytes(letter.get("value")) == record.value, one.place
        headers = tuple((name, _bytes(value) or b"") for name, value in letter["headers"])
        assert headers == tuple(record.headers), one.place
        assert letter["timestamp_ms"] == record.timestamp, one.place
        if one.topic == "trade.dispositions" and letter["error"]["field"] == "data.shipment_id":
            self._read(one)
            assert not known.get(one.data["shipment_id"], (0, False))[1], one.place
        return "dead"

    def _read(self, one: Taken) -> None:
        try:
            event = decode(one.record.value, one.record.headers)
        except InvalidEvent as error:
            raise AssertionError(f"{one.place}: applied, but {error}") from error
        one.data, one.event_id = dict(event.data), event.id


def owner(key: bytes, partitions: int) -> int:
    """Return the partition to which Kafka's default partitioner gives a key."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


def _letters(topics: Topics) -> dict[Place, dict[str, Any]]:
    found: dict[Place, dict[str, Any]] = {}
    for record in topics.all_of("trade.dead-letters"):
        letter = json.loads(record.value)["data"]
        place = letter["topic"], letter["partition"], letter["offset"]
        assert place not in found, f"two dead letters of {place}"
        found[place] = letter
    return found


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
