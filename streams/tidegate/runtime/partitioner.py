"""Say which partition a key belongs to: Kafka's murmur2, as the Java client and aiokafka do it.

librdkafka's default (CRC32) differs; a record found in another partition than this one says is
forwarded, or co-partitioned topics would silently disagree about who owns a key.
"""

from __future__ import annotations

from functools import lru_cache

from aiokafka.partitioner import murmur2


@lru_cache(maxsize=1 << 16)
def partition_for(key: bytes, partitions: int) -> int:
    """Return the partition, 0 to `partitions` - 1, that owns `key`."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions
