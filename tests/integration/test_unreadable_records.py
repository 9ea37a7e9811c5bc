"""Records that aiokafka cannot read are read or buried, and the stream goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from tests.support.counting import DEAD, ORDERS, RESULTS
from tests.support.counting_kafka import create_topics, send, verify, wait_for, workers
from tests.support.kafka import KafkaBroker
from tests.support.raw_records import batch, changed, write
from tidegate.runtime.partitioner import partition_for

PARTITIONS = 3
KEY = "k1"
PARTITION = partition_for(KEY.encode(), PARTITIONS)


def order(number: int) -> bytes:
    return json.dumps({"n": number, "amount": 1, "bank": "b"}).encode()


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
async def test_each_compression_is_read(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path, codec: str
) -> None:
    await create_topics(kafka.bootstrap, topic_prefix)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, compression_type=codec)
    await producer.start()
    compressed = producer.create_batch()
    for number in range(1, 51):
        compressed.append(key=KEY.encode(), value=order(number), timestamp=None)
    await (await producer.send_batch(compressed, topic_prefix + ORDERS, partition=PARTITION))
    await producer.stop()
    async with workers(kafka.bootstrap, topic_prefix, tmp_path, "w1"):
        await wait_for(kafka.bootstrap, topic_prefix + RESULTS, 50)
    await verify(kafka.bootstrap, topic_prefix, {KEY: 50})


async def test_a_header_name_that_is_not_utf8_stops_nothing(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    place = kafka.bootstrap, topic_prefix
    await create_topics(*place)
    raw = batch([(KEY.encode(), order(n), [("header", b"x")] if n == 2 else []) for n in (1, 2, 3)])
    await write(
        kafka.bootstrap,
        topic_prefix + ORDERS,
        PARTITION,
        changed(raw, b"header", b"\xff\xfe\xfd\xfc\xfb\xfa"),
    )
    async with workers(*place, tmp_path, "w1") as (worker,):
        await wait_for(kafka.bootstrap, topic_prefix + RESULTS, 3)
        await send(kafka.bootstrap, topic_prefix + ORDERS, [(KEY, order(4))])
        results = await wait_for(kafka.bootstrap, topic_prefix + RESULTS, 4)
        assert [json.loads(result.value)["n"] for result in results] == [1, 2, 3, 4]
        assert worker.log.read_text().count(": opened with") == 6, "a unit was opened again"


async def test_a_batch_damaged_on_the_brokers_disk_is_buried_and_the_stream_goes_on(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path
) -> None:
    place = kafka.bootstrap, topic_prefix
    await create_topics(*place)
    topic = topic_prefix + ORDERS
    for n, amount in ((1, 1), (99, 7777), (2, 1)):
        value = json.dumps({"n": n, "amount": amount, "bank": "b"}).encode()
        await send(kafka.bootstrap, topic, [(KEY, value)])
    segment = kafka.data / f"{topic}-{PARTITION}" / "00000000000000000000.log"
    with segment.open("r+b") as log:
        log.seek(log.read().index(b"7777"))
        log.write(b"8888")
    async with workers(*place, tmp_path, "w1") as (worker,):
        await wait_for(kafka.bootstrap, topic_prefix + RESULTS, 2)
        (letter,) = await wait_for(kafka.bootstrap, topic_prefix + DEAD, 1)
        said = json.loads(letter.value)
        assert (said["partition"], said["offset"]) == (PARTITION, 1)
        assert "the checksum does not fit" in said["reason"]
        assert "8888" in said["original"]
        await worker.logged("offset 1 cannot be read")
