"""Write batches as bytes, for what no well-behaved producer would send."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Iterable
from typing import Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import NoError, NotLeaderForPartitionError, for_code
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c
from aiokafka.structs import TopicPartition

_CRC_AT, _CRC_FROM = 17, 21
Piece = tuple[bytes | None, bytes | None, list[tuple[str, bytes | None]]]


def batch(pieces: Iterable[Piece], compression: int = 0) -> bytes:
    """Return one batch of (key, value, headers)."""
    now = int(time.time() * 1000)  # anything old would fall to retention
    builder: Any = DefaultRecordBatchBuilder(2, compression, 0, -1, -1, -1, 1 << 20)
    for number, (key, value, headers) in enumerate(pieces):
        assert builder.append(number, now, key, value, headers) is not None
    return bytes(builder.build())


def changed(raw: bytes, old: bytes, new: bytes) -> bytes:
    """Put other bytes of the same length into a batch, and make its checksum fit again."""
    assert raw.count(old) == 1
    assert len(old) == len(new)
    return signed(raw.replace(old, new))


def signed(raw: bytes) -> bytes:
    """Make a batch's checksum fit."""
    crc = struct.pack(">I", calc_crc32c(raw[_CRC_FROM:]))
    return raw[:_CRC_AT] + crc + raw[_CRC_FROM:]


async def write(bootstrap: str, topic: str, partition: int, raw: bytes) -> None:
    """Produce a batch as it is. Raises the broker's error, if it refuses."""
    client: Any = AIOKafkaClient(bootstrap_servers=bootstrap)
    await client.bootstrap()
    try:
        await client.add_topic(topic)
        await client._maybe_wait_metadata()
        request = ProduceRequest(None, -1, 10_000, [(topic, [(partition, raw)])])
        async with asyncio.timeout(10):
            while True:
                leader = client.cluster.leader_for_partition(TopicPartition(topic, partition))
                answer = await client.send(leader, request)
                error = for_code(answer.topics[0][1][0][1])
                if error is NoError:
                    return
                if error is not NotLeaderForPartitionError:  # a topic made just now
                    raise error()
    finally:
        await client.close()
