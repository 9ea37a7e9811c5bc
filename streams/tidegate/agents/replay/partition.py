"""Replay one partition of shipments, from the beginning of its journal; runs in its own process.

Contract:
    1. Transactions are done again in the journal's order, each from exactly the records it took.
    2. Those of one clock are compared together with what was recorded at that clock, since a
       decision names its clock and not its transaction.
    3. A checkpoint is taken between clocks only, when everything before has been compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from tidegate.agents.deployment import deployed_agents, runtime_config
from tidegate.agents.replay import checkpoint
from tidegate.agents.replay.answers import Answers, OtherTables
from tidegate.agents.replay.checkpoint import Checkpoint
from tidegate.agents.replay.comparison import Comparison, Result, Written
from tidegate.agents.replay.entry import Entry
from tidegate.agents.replay.feed import Feed
from tidegate.agents.replay.rerun import HistoryGap, Rerun
from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.agents.topics import DECISIONS
from tidegate.events.values import instant_text
from tidegate.measures.errors import PackError, Problem
from tidegate.measures.tables import Tables
from tidegate.ops.packs import load_tables
from tidegate.ops.settings import Settings
from tidegate.runtime.record import Output
from tidegate.runtime.spec import JOURNAL, RuntimeConfig

AGENT = "screening"
"""It alone writes decisions; what license owners answered is among its recorded inputs."""
CHECKPOINT_SECONDS = 20.0
VERSIONS_HELD = 3
TOLD_EVERY_SECONDS = 0.5


@dataclass(frozen=True)
class Job:
    """What a process is told."""

    settings: Settings
    partition: int
    partitions: int
    versions: Path
    """Folder that holds a folder of packs for each published version."""
    other: Path | None = None
    """Packs to answer with instead of those of then."""
    begins: datetime | None = None
    ends: datetime | None = None
    shipment_id: str | None = None
    checkpoint: Path | None = None
    belongs_to: str = ""


class Told(NamedTuple):
    """How far a partition has come."""

    partition: int
    share: float
    """Of its journal, 0 to 1."""
    events: int
    """Records taken in this run."""


@dataclass
class Outcome:
    """What the replay of one or more partitions found."""

    result: Result = field(default_factory=Result)
    answers: Answers = field(default_factory=Answers)
    transactions: int = 0
    events: int = 0
    """Records taken again, over interruptions."""

    def __iadd__(self, other: Outcome) -> Outcome:
        self.result += other.result
        self.answers += other.answers
        self.transactions += other.transactions
        self.events += other.events
        return self


class PartitionReplay:
    """The replay of one partition."""

    def __init__(self, job: Job, tell: Callable[[Told], None]) -> None:
        self._job = job
        self._tell = tell
        self._config: RuntimeConfig = runtime_config(job.settings)
        self._other = None if job.other is None else self._load(job.other)
        self._rerun = self._begun()
        self._comparison = Comparison(job.begins, job.shipment_id)
        self._answers = OtherTables(job.begins, job.shipment_id)
        self._outcome = Outcome()
        self._last: Entry | None = None
        self._journal = 0
        """Offset of the next journal record."""
        self._positions: dict[str, int] = {}
        self._decided = 0
        """Offset behind the last recorded decision that was handed in."""
        self._saved = self._told = monotonic()
        self._events = 0

    async def run(self) -> Outcome:
        """Replay to the end and return what was found.

        Raises:
            HistoryGap: the journal or the inputs are no longer whole.
            KafkaError: the broker cannot be reached.
        """
        if self._resume():
            return self._found()
        screening, _ = agents(Shelf())
        starts = {**self._positions, JOURNAL: self._journal, DECISIONS: self._decided}
        topics = (*screening.inputs, DECISIONS)
        async with Feed(self._config, self._job.partition, topics, starts) as feed:
            await self._replay(feed)
        self._tell(Told(self._job.partition, 1.0, self._events))
        self._save(done=True)
        return self._found()

    def _found(self) -> Outcome:
        self._outcome.result = self._comparison.result
        self._outcome.answers = self._answers.answers()
        return self._outcome

    async def _replay(self, feed: Feed) -> None:
        ends = None if self._job.ends is None else instant_text(self._job.ends)
        clock: datetime | None = None
        again: list[Written] = []
        while entries := await feed.entries(AGENT):
            for offset, entry in entries:
                if ends is not None and instant_text(entry.clock) > ends:
                    return await self._finish(feed, clock, again)
                if clock is None or instant_text(entry.clock) != instant_text(clock):
                    if clock is not None:
                        await self._compare(feed, clock, again)
                        self._journal = offset
                        if monotonic() - self._saved > CHECKPOINT_SECONDS:
                            self._save()
                    clock, again = entry.clock, []
                again += await self._turn(feed, entry)
                self._report(offset, feed.journal_end)
        return await self._finish(feed, clock, again)

    async def _turn(self, feed: Feed, entry: Entry) -> Iterable[Written]:
        number = 0 if self._last is None else self._last.number
        if number and entry.number == 1:
            # State was deleted, for a new beginning: from here on, all inputs were taken again.
            self._rerun, number = self._begun(), 0
        if entry.number != number + 1:
            raise HistoryGap(
                f"partition {entry.partition}: the journal tells of transaction {entry.number}"
                f" after {number}; what was in between is no longer kept"
            )
        records = {}
        for topic, start, end in entry.inputs:
            records[topic] = await feed.range(topic, start, end)
            self._positions[topic] = end
            self._events += len(records[topic])
            self._outcome.events += len(records[topic])
        self._outcome.transactions += 1
        self._last = entry
        return _decisions(self._rerun.turn(entry, records))

    async def _compare(self, feed: Feed, clock: datetime, again: list[Written]) -> None:
        """Compare what transactions of one clock decided."""
        if self._other is not None:
            self._answers.again(again, clock)
            await self._hand_in_until(feed, clock)
            self._answers.recorded(self._comparison.taken(clock), clock)
            return
        while self._comparison.waiting < len(again) and await self._hand_in(feed):
            pass
        if not self._comparison.agrees(clock, again):
            await self._hand_in_until(feed, clock)
            self._comparison.differ(clock, again)

    async def _finish(self, feed: Feed, clock: datetime | None, again: list[Written]) -> None:
        if clock is not None:
            await self._compare(feed, clock, again)
            await self._hand_in_until(feed, clock)
            if self._other is None:
                self._comparison.finish(clock)

    async def _hand_in_until(self, feed: Feed, clock: datetime) -> None:
        """Hand in all that was recorded up to a clock."""
        at = instant_text(clock)
        while (newest := self._comparison.newest) is None or newest <= at:
            if not await self._hand_in(feed):
                return

    async def _hand_in(self, feed: Feed) -> bool:
        records = await feed.some(DECISIONS)
        if not records:
            return False
        self._comparison.recorded(
            Written(record.key or b"", record.value or b"") for record in records
        )
        self._decided = records[-1].offset + 1
        return True

    def _begun(self) -> Rerun:
        job = self._job
        return Rerun(
            AGENT,
            job.partition,
            job.partitions,
            partial(deployed_agents, job.settings),
            self._version,
            self._config.limits,
        )

    # Tables

    def _version(self, version: str) -> Tables:
        if self._other is not None:
            # Under the name of then: which version it stands for, only the question knows.
            return replace(self._other, version=version)
        folder = self._job.versions / version
        if not folder.is_dir():
            raise PackError([Problem(version, None, "it was never published")])
        return self._load(folder)

    def _load(self, folder: Path) -> Tables:
        return _loaded(folder, self._job.settings.cache_dir)

    # How far it is

    def _report(self, offset: int, end: int) -> None:
        now = monotonic()
        if now - self._told > TOLD_EVERY_SECONDS:
            self._told = now
            self._tell(Told(self._job.partition, offset / max(1, end), self._events))

    def _save(self, done: bool = False) -> None:
        """Take a checkpoint; all before `_journal` has been compared."""
        path = self._job.checkpoint
        if path is None or self._last is None:
            return
        result = self._comparison.result
        progress: dict[str, Any] = {
            "done": done,
            "number": self._last.number,
            "clock": self._last.clock.isoformat(),
            "journal": self._journal,
            "positions": self._positions,
            "decided": self._decided,
            "waiting": self._comparison.waiting_written(),
            "decisions": result.decisions,
            "differing": result.differing,
            "fields": result.fields,
            "shown": result.shown,
            "answers": self._answers.kept(),
            "transactions": self._outcome.transactions,
            "events": self._outcome.events,
        }
        state = {} if done else self._rerun.state
        with suppress(OSError):  # it may have to begin anew then, no more
            checkpoint.save(path, Checkpoint(self._job.belongs_to, progress, state))
        self._saved = monotonic()

    def _resume(self) -> bool:
        """Go on from a checkpoint, if there is one; say whether nothing is left to do."""
        path = self._job.checkpoint
        kept = None if path is None else checkpoint.load(path, self._job.belongs_to)
        if kept is None:
            return False
        told = kept.progress
        self._last = Entry(
            agent=AGENT,
            partition=self._job.partition,
            number=told["number"],
            clock=datetime.fromisoformat(told["clock"]),
            inputs=(),
            reached=None,
            told_reached=True,
        )
        self._journal, self._decided = told["journal"], told["decided"]
        self._positions = dict(told["positions"])
        self._comparison.result = Result(
            told["decisions"], told["differing"], Counter(told["fields"]), list(told["shown"])
        )
        self._comparison.recorded(
            Written(shipment.encode(), value.encode()) for shipment, value in told["waiting"]
        )
        self._answers.resume(told["answers"])
        self._outcome.transactions, self._outcome.events = told["transactions"], told["events"]
        if not told["done"]:
            self._rerun.restore(kept.state, self._last)
        return bool(told["done"])


@lru_cache(maxsize=VERSIONS_HELD)
def _loaded(folder: Path, cache: Path) -> Tables:
    """Load tables once a process: the partitions that follow find the names it has met."""
    return load_tables(folder, cache)


def _decisions(outputs: Iterable[Output]) -> list[Written]:
    return [Written(one.key or b"", one.value or b"") for one in outputs if one.topic == DECISIONS]
