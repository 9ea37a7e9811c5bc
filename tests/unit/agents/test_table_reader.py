"""The reader of published tables on a topic in memory: what it keeps, refuses and survives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka import TopicPartition

from tidegate.agents import table_reader
from tidegate.agents.shelf import Shelf
from tidegate.agents.table_reader import TableReader
from tidegate.measures.loader import content_version
from tidegate.measures.snapshot import to_records
from tidegate.measures.tables import Tables
from tidegate.runtime.spec import RuntimeConfig

FILES = [{"pack.yaml": f"version {number}".encode()} for number in range(8)]
VERSIONS = [content_version(files) for files in FILES]


class Topic:
    """`trade.measures` as one consumer sees it: one fetch brings all there is."""

    def __init__(self) -> None:
        self.records: list[Any] = []
        self.reads_from_start = 0
        self.answers = True
        self.exists = True
        self._position = 0

    def publish(self, files: dict[str, bytes], *, broken: bool = False, stamp: int = 1) -> None:
        for record in to_records(files, f"publication {len(self.records)}")[broken:]:
            self.records.append(
                SimpleNamespace(
                    key=record.key, value=record.value, headers=record.headers, timestamp=stamp
                )
            )

    def __call__(self, *config: RuntimeConfig, **settings: Any) -> Topic:
        return self

    async def partitions(self, topics: list[str]) -> dict[str, int]:
        return dict.fromkeys(topics, 1) if self.exists else {}

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def assign(self, places: list[TopicPartition]) -> None: ...

    async def seek_to_beginning(self, place: TopicPartition) -> None:
        self.reads_from_start += 1
        self._position = 0

    async def getmany(self, place: TopicPartition, timeout_ms: int) -> dict[Any, list[Any]]:
        await asyncio.sleep(0.001)
        found = self.records[self._position :] if self.answers else []
        self._position += len(found)
        return {place: found} if found else {}

    async def position(self, place: TopicPartition) -> int:
        return self._position

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, len(self.records))


class Reader:
    """A reader at work on a topic, with a builder that a test may let fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.topic, self.shelf = Topic(), Shelf()
        self.fails: list[Exception] = []
        monkeypatch.setattr(table_reader, "AIOKafkaConsumer", self.topic)
        monkeypatch.setattr(table_reader, "Offsets", self.topic)
        monkeypatch.setattr(table_reader, "RETRY_SECONDS", 0.01)
        monkeypatch.setattr(table_reader, "PATIENCE_SECONDS", 0.05)
        config = RuntimeConfig(bootstrap_servers="nowhere")
        self._reader = TableReader(
            config, self.shelf, Path(), self._offer, lambda version, at: None
        )
        monkeypatch.setattr(self._reader, "_built", self._build)

    async def _offer(self, tables: Tables) -> None:
        self.shelf.put(tables)

    async def _build(self, files: dict[str, bytes]) -> Tables:
        if self.fails:
            raise self.fails.pop()
        return cast(Tables, SimpleNamespace(version=content_version(files)))

    def until(self, done: Callable[[], bool], seconds: float = 2.0) -> bool:
        """Let it read until `done`; False: it was not in time."""

        async def reading() -> bool:
            task = asyncio.create_task(self._reader.run())
            try:
                async with asyncio.timeout(seconds):
                    while not done():  # noqa: ASYNC110 - a test looks from outside
                        await asyncio.sleep(0.002)
            except TimeoutError:
                return False
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            return True

        return asyncio.run(reading())


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    return Reader(monkeypatch)


def test_a_version_older_than_those_kept_is_built_when_a_partition_wants_it(
    reader: Reader,
) -> None:
    for files in FILES:
        reader.topic.publish(files)
    assert reader.until(lambda: VERSIONS[-1] in reader.shelf.versions())

    reader.shelf.get(VERSIONS[1])  # a partition that slept through the switches since

    assert reader.until(lambda: VERSIONS[1] in reader.shelf.versions())
    assert reader.topic.reads_from_start <= 3


def test_a_build_that_fails_for_no_fault_of_the_version_is_tried_again(reader: Reader) -> None:
    reader.topic.publish(FILES[0])
    reader.fails = [RuntimeError("a process in the pool was killed"), OSError("disk full")]

    assert reader.until(lambda: VERSIONS[0] in reader.shelf.versions())
    assert reader.shelf.refusal(VERSIONS[0]) is None


def test_a_version_refused_as_broken_is_built_once_it_is_published_whole(reader: Reader) -> None:
    reader.topic.publish(FILES[0], broken=True)
    assert reader.until(lambda: reader.shelf.refusal(VERSIONS[0]) is not None)

    reader.topic.publish(FILES[0])

    assert reader.until(lambda: VERSIONS[0] in reader.shelf.versions())
    assert reader.shelf.refusal(VERSIONS[0]) is None


def test_a_version_is_not_called_unpublished_while_the_topic_was_not_read_to_its_end(
    reader: Reader,
) -> None:
    reader.topic.publish(FILES[0])
    reader.topic.answers = False
    reader.shelf.get(VERSIONS[0])

    assert not reader.until(lambda: reader.shelf.refusal(VERSIONS[0]) is not None, 0.3)

    reader.topic.answers = True
    assert reader.until(lambda: VERSIONS[0] in reader.shelf.versions())


def test_a_version_that_nobody_published_is_refused_with_patience(reader: Reader) -> None:
    reader.shelf.get("rubbish")

    assert reader.until(lambda: reader.shelf.refusal("rubbish") is not None)


@pytest.mark.parametrize("stamp", [-(1 << 62), -1, 1 << 62])
def test_an_absurd_timestamp_does_not_keep_a_version_out(reader: Reader, stamp: int) -> None:
    reader.topic.publish(FILES[0], stamp=stamp)

    assert reader.until(lambda: VERSIONS[0] in reader.shelf.versions())


def test_a_missing_topic_is_waited_for(reader: Reader) -> None:
    reader.topic.exists = False
    reader.topic.publish(FILES[0])
    assert not reader.until(lambda: reader.shelf.versions() == (VERSIONS[0],), seconds=0.1)
    assert reader.topic.reads_from_start == 0
    reader.topic.exists = True
    assert reader.until(lambda: reader.shelf.versions() == (VERSIONS[0],))
