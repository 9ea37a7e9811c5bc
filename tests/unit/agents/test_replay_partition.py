"""Replay of one partition from what its topics hold: new beginnings are followed, gaps are told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.property.book import Book
from tests.support.deployment import ROOT
from tests.support.tables import shipped
from tests.unit.agents.book import NOON, facts
from tidegate.agents import topics
from tidegate.agents.replay.entry import Entry
from tidegate.agents.replay.partition import AGENT, Job, Outcome, PartitionReplay
from tidegate.agents.replay.rerun import HistoryGap
from tidegate.events.codec import SHIPMENT_TYPE
from tidegate.ops.settings import Settings
from tidegate.runtime.record import Record
from tidegate.runtime.spec import JOURNAL

WORKED = 6  # shipments of a history


class Kept:
    """What the topics of one partition hold, asked as `feed.Feed` is."""

    journal_end = 100

    def __init__(self, records: dict[str, list[Record]]) -> None:
        entries = [(record.offset, Entry.read(record.value)) for record in records[JOURNAL]]
        self._entries = [(at, one) for at, one in entries if one and one.agent == AGENT]
        self._records = records
        self._decisions = records[topics.DECISIONS]

    async def entries(self, agent: str) -> list[tuple[int, Entry]]:
        found, self._entries = self._entries, []
        return found

    async def range(self, topic: str, start: int, end: int) -> list[Record]:
        return [one for one in self._records[topic] if start <= one.offset < end]

    async def some(self, topic: str) -> list[Record]:
        assert topic == topics.DECISIONS
        found, self._decisions = self._decisions, []
        return found


def history(begins: datetime) -> dict[str, list[Record]]:
    """Return what is written when some shipments come, one a minute."""
    book = Book(begins)
    for number in range(WORKED):
        data = facts(shipment_id=f"SHP-{number}")
        book.take(SHIPMENT_TYPE, data, begins + timedelta(minutes=number))
    names = (JOURNAL, topics.DECISIONS, topics.SHIPMENTS, topics.CONTROL)
    return {topic: book.records(topic) for topic in names}


@pytest.fixture
def job(tmp_path: Path, tables_cache: Path) -> Job:
    (tmp_path / shipped().version).symlink_to(ROOT / "packs")
    settings = Settings(**{"cache_dir": tables_cache})
    return Job(settings, partition=0, partitions=1, versions=tmp_path)


async def replayed(job: Job, kept: Any) -> Outcome:
    replay = PartitionReplay(job, lambda told: None)
    await replay._replay(kept)
    return replay._found()


async def test_what_was_recorded_is_decided_again(job: Job) -> None:
    found = await replayed(job, Kept(history(NOON)))
    assert (found.result.decisions, found.result.differing) == (WORKED, 0)


async def test_after_a_new_beginning_all_inputs_are_taken_again(job: Job) -> None:
    """State was deleted, the topics were not: the workers decided everything a second time."""
    before, after = history(NOON), history(NOON + timedelta(days=1))
    both = {
        topic: [*before[topic], *after[topic]] if topic in (JOURNAL, topics.DECISIONS) else kept
        for topic, kept in before.items()
    }
    found = await replayed(job, Kept(both))
    assert (found.result.decisions, found.result.differing) == (2 * WORKED, 0)


@pytest.mark.parametrize("gone", [0, 2])
async def test_a_journal_with_a_gap_is_refused(job: Job, gone: int) -> None:
    records = history(NOON)
    mine = [one for one in records[JOURNAL] if b'"screening"' in (one.value or b"")]
    records[JOURNAL] = _without(mine, gone)
    with pytest.raises(HistoryGap, match="no longer kept"):
        await replayed(job, Kept(records))


async def test_a_version_that_nobody_published_is_as_refused_as_it_was_then(
    job: Job, tmp_path: Path
) -> None:
    """Without its tables the switch is refused, so what followed cannot be taken: it is told."""
    with pytest.raises(HistoryGap, match="cannot be taken now"):
        await replayed(replace(job, versions=tmp_path / "none"), Kept(history(NOON)))


def _without(records: Iterable[Record], number: int) -> list[Record]:
    return [one for position, one in enumerate(records) if position != number]
