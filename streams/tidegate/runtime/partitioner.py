"""Say which partition a key belongs to: Kafka's murmur2, as the Java client and aiokafka do it.

librdkafka's default (CRC32) differs; a record found in another partition than this one says is
forwarded, or co-partitioned topics would silently disagree about who owns a key.

The hash is written out here because importing aiokafka's costs a third of a second, which a
single offline check would pay for nothing; a test holds the two against each other.
"""

from __future__ import annotations

from functools import lru_cache

_SEED = 0x9747B28C
_MULTIPLIER = 0x5BD1E995
_MASK = 0xFFFFFFFF
_LONGEST_KEPT = 128  # bytes; anyone may send keys of a megabyte, and 65,536 of them are kept


def murmur2(data: bytes) -> int:
    """Return Kafka's 32-bit murmur2 of `data`, unsigned."""
    length = len(data)
    whole = length & ~3
    h = _SEED ^ length
    for start in range(0, whole, 4):
        k = (int.from_bytes(data[start : start + 4], "little") * _MULTIPLIER) & _MASK
        k = ((k ^ (k >> 24)) * _MULTIPLIER) & _MASK
        h = ((h * _MULTIPLIER) & _MASK) ^ k
    rest = data[whole:]
    if rest:
        h = ((h ^ int.from_bytes(rest, "little")) * _MULTIPLIER) & _MASK
    h = ((h ^ (h >> 13)) * _MULTIPLIER) & _MASK
    return h ^ (h >> 15)


def partition_for(key: bytes, partitions: int) -> int:
    """Return the partition, 0 to `partitions` - 1, that owns `key`."""
    if len(key) > _LONGEST_KEPT:
        return _owner(key, partitions)
    return _kept_owner(key, partitions)


def _owner(key: bytes, partitions: int) -> int:
    return (murmur2(key) & 0x7FFFFFFF) % partitions


_kept_owner = lru_cache(maxsize=1 << 16)(_owner)
