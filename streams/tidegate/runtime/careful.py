"""Read records that aiokafka cannot, so that one bad record never stops a partition.

aiokafka raises in the middle of a fetch for a header name that is not UTF-8 (the broker lets it
through, and Java's client reads it) and for a damaged batch, and again at every further try. Such
a place is fetched once more and taken apart here, by the record format of KIP-98: what can be read
is read, and what cannot becomes a record that carries its damage, so that it ends as a dead letter.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from aiokafka.protocol.fetch import FetchRequest
from aiokafka.record import default_records
from aiokafka.record.control_record import ABORT_MARKER, ControlRecord
from aiokafka.record.util import decode_varint
from aiokafka.structs import TopicPartition

from tidegate.runtime.record import Headers

_OVERHEAD = struct.Struct(">qi")  # a batch's base offset, and the length of what follows
_SMALLEST = default_records.DefaultRecordBase.HEADER_STRUCT.size
_READ_COMMITTED = 1
_BYTES = 1 << 20
_WAIT_MS = 100

_Batch = default_records._DefaultRecordBatchPy
_varint = decode_varint


@dataclass(frozen=True, slots=True)
class Found:
    """One record; with `damage`, `value` is whatever bytes stand in its place."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    damage: str | None = None


async def fetch(consumer: Any, place: TopicPartition, offset: int) -> tuple[list[Found], int]:
    """Fetch `place` from `offset` on, over the consumer's own connections.

    Returns what was found, and the offset behind it; nothing where no leader is known now.

    Raises:
        aiokafka.errors.KafkaError: the broker is away.
    """
    client = consumer._client
    leader = client.cluster.leader_for_partition(place)
    if leader is None or leader == -1:
        return [], offset
    wanted = [(place.topic, [(place.partition, offset, _BYTES)])]
    response = await client.send(leader, FetchRequest(_WAIT_MS, 1, _BYTES, _READ_COMMITTED, wanted))
    for _, partitions in response.topics:
        for _, error, _, *rest in partitions:
            if not error:
                # The layout of versions 4 to 10 and of 11 differs in what stands before the end.
                aborted = rest[2] if response.API_VERSION >= 11 else rest[-2]
                return take_apart(bytes(rest[-1] or b""), offset, aborted or ())
    return [], offset


def take_apart(
    raw: bytes, offset: int, aborted: Iterable[tuple[int, int]]
) -> tuple[list[Found], int]:
    """Return the committed records of `raw` from `offset` on, and the offset behind them.

    Args:
        raw: Whole batches, one after the other; a part of one at the end is left.
        offset: Where to begin.
        aborted: Producer and first offset of each aborted transaction.
    """
    found: list[Found] = []
    waiting = sorted(aborted, key=lambda one: one[1])
    undone: set[int] = set()
    for piece in _pieces(raw):
        batch = _Batch(piece)
        while waiting and waiting[0][1] <= batch.base_offset:
            undone.add(waiting.pop(0)[0])
        records = list(_read(piece))
        if batch.is_control_batch:
            if any(_is_abort(record) for record in records):
                undone.discard(batch.producer_id)
        elif not (batch.is_transactional and batch.producer_id in undone):
            found += [record for record in records if record.offset >= offset]
        offset = max(offset, batch.next_offset)
    return found, offset


def _pieces(raw: bytes) -> Iterator[bytes]:
    start = 0
    while start + _SMALLEST <= len(raw):
        _, length = _OVERHEAD.unpack_from(raw, start)
        end = start + _OVERHEAD.size + length
        if end > len(raw) or length < _SMALLEST - _OVERHEAD.size:
            return
        yield raw[start:end]
        start = end


def _is_abort(record: Found) -> bool:
    return record.key is not None and ControlRecord.parse(record.key) == ABORT_MARKER


def _read(piece: bytes) -> Iterator[Found]:
    batch = _Batch(piece)
    first = batch.base_offset
    stamp = batch.max_timestamp

    def damaged(offset: int, value: bytes, why: str) -> Found:
        last = batch.next_offset - 1
        where = f"offsets {offset} to {last}" if last > offset else f"offset {offset}"
        return Found(offset, stamp, None, value, damage=f"{where} cannot be read: {why}")

    if batch.magic != 2:
        yield damaged(first, piece, f"record format {batch.magic}")
        return
    if not batch.validate_crc():
        yield damaged(first, piece, "the checksum does not fit")
        return
    try:
        batch._maybe_uncompress()
    except Exception as error:
        # Whatever a decompressor raises: its input is not to be trusted.
        yield damaged(first, piece, f"{type(error).__name__}: {error}")
        return
    content, at = batch._buffer, batch._pos
    for index in range(batch._num_records):
        try:
            record, at = _record(batch, content, at)
        except (ValueError, IndexError) as error:
            yield damaged(first + index, bytes(content[at:]), f"record {index}: {error}")
            return
        yield record


def _record(batch: Any, content: bytearray, at: int) -> tuple[Found, int]:
    length, at = _varint(content, at)
    end = at + length
    if not at < end <= len(content):
        raise ValueError(f"its length is {length}")
    at += 1  # attributes: none are in use
    delta, at = _varint(content, at)
    number, at = _varint(content, at)
    key, at = _bytes(content, at, end)
    value, at = _bytes(content, at, end)
    count, at = _varint(content, at)
    headers = []
    for _ in range(count):
        name, at = _bytes(content, at, end)
        header, at = _bytes(content, at, end)
        # As Java's client does. A name that no one can spell means nothing to anyone.
        headers.append(((name or b"").decode(errors="replace"), cast(bytes, header)))
    if at != end:
        raise ValueError(f"it ends at byte {at}, not {end}")
    stamp = batch.max_timestamp if batch.timestamp_type else batch.first_timestamp + delta
    return Found(batch.base_offset + number, stamp, key, value, tuple(headers)), end


def _bytes(content: bytearray, at: int, end: int) -> tuple[bytes | None, int]:
    size, at = _varint(content, at)
    if size < 0:
        return None, at
    if at + size > end:
        raise ValueError(f"a part of {size} bytes ends behind it")
    return bytes(content[at : at + size]), at + size
