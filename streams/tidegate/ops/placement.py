"""Find producers that put keys into other partitions than Kafka's own hash does.

Tidegate forwards such a record, so nothing is lost; but it costs a second pass, and two revisions
written in quick succession may pass each other on the way.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka.partitioner import murmur2

from tidegate.ops.sample import newest_records
from tidegate.ops.settings import Settings


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the sampled keys of one topic lie."""

    topic: str
    keyed: int
    """Records with a key."""
    misplaced: int
    """Of these, those that lie where murmur2 would not put them."""
    by_crc32: int
    """Of the misplaced, those that lie where CRC32 puts them: librdkafka's default."""


def place(topic: str, partitions: int, sample: Iterable[tuple[int, bytes | None]]) -> Placement:
    """Judge (partition, key) pairs of one topic."""
    keyed = misplaced = by_crc32 = 0
    for partition, key in sample:
        if key is None:
            continue
        keyed += 1
        if (murmur2(key) & 0x7FFFFFFF) % partitions != partition:
            misplaced += 1
            by_crc32 += zlib.crc32(key) % partitions == partition
    return Placement(topic, keyed, misplaced, by_crc32)


async def sample_placement(settings: Settings, topics: Iterable[str]) -> list[Placement]:
    """Look at the newest records of each topic that exists.

    Raises KafkaError where the broker can't be read.
    """
    return [
        place(topic, partitions, [(record.partition, record.key) for record in records])
        for topic, (partitions, records) in (await newest_records(settings, topics)).items()
    ]
