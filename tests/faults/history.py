"""Ten years of traffic, compressed: decided, decided again, decided with kills, and replayed.

`python -m tests.faults.history --events 2000000`; exit code 0: equal to the byte; 1: it is not.
Time is handed in, so ten years take as long as their events do: timers fire at their own instants,
on the way from one event to the next. The seed decides all of it.

1. The history happens. What each transaction took is in its journal, and from that each one is done
   again at once, by the product's own replay: it writes the same.
2. It happens again, from the same events.
3. It happens with kills: again and again a unit loses what it was doing and all that it knew, and
   begins from its state.
All topics and all state of the three are equal.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from random import Random
from time import monotonic, process_time
from typing import Any

from tests.support.deployment import ROOT
from tests.support.tables import shipped
from tidegate.agents import topics
from tidegate.agents.concern import Concern
from tidegate.agents.notice import Notice
from tidegate.agents.replay.entry import Entry
from tidegate.agents.replay.rerun import Rerun
from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.cli.traffic.listed import Listed
from tidegate.cli.traffic.traffic import Mix, Traffic
from tidegate.events.codec import LICENSE_TYPE, canonical, encode
from tidegate.events.control import TablesControl
from tidegate.ops.packs import read_packs
from tidegate.runtime.memory import MemoryRuntime, MemoryUnit
from tidegate.runtime.record import Output, Record
from tidegate.runtime.spec import JOURNAL, AgentSpec, Limits
from tidegate.runtime.transaction import Transaction
from tidegate.runtime.turn import Turn

BEGINS = datetime(2020, 1, 1, tzinfo=UTC)
YEARS = 10
EVENTS = 2_000_000
TOGETHER = 30
"""Events that come at one instant, at most."""
APPLICATION_SHARE = 0.02
KILL_SHARE = 0.002
"""Of the looks at whether a unit has work."""
SUSPENSION_ENDS = tuple(
    datetime.fromisoformat(f"{day}T00:00:00+08:00").astimezone(UTC)
    for day in ("2025-11-10", "2026-11-11", "2027-01-11")
)
"""Suspended from the first on; the last days of it, by its text and as announced, are the 10th."""
PRACTICE_EVERY = timedelta(hours=6)


@dataclass
class Told:
    """What came of one run."""

    digests: dict[str, str] = field(default_factory=dict)
    """Of all records of each topic, and of each unit's state."""
    counts: Counter[str] = field(default_factory=Counter)
    cpu_seconds: float = 0.0

    @property
    def timers(self) -> int:
        return self.counts["timers"]


class Applications:
    """Applications for licenses with a life of their own: most decided, some never."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._under_way: list[dict[str, Any]] = []
        self._made = 0

    def next(self, at: datetime) -> tuple[str, bytes]:
        """Return the next step of some application: its key, and the event."""
        random = self._random
        if len(self._under_way) < 60 or random.random() < 0.3:
            self._made += 1
            license_: dict[str, Any] = {
                "license_id": f"APP-{self._made}",
                "revision": 1,
                "regime": "CN",
                "license_type": random.choice(("single", "general")),
                "status": "submitted",
                "submitted_at": at.date().isoformat(),
                "holder": "Ganzhou Example Materials",
                "destination_countries": [random.choice(("JP", "JP", "KR", "DE"))],
                "control_codes": [random.choice(("CN:1C905", "CN:1C906", "CN:1C902.a"))],
                "end_use_class": random.choice(("civil", "civil", "civil", "military")),
            }
            self._under_way.append(license_)
        else:
            index = random.randrange(len(self._under_way))
            license_ = self._stepped(self._under_way[index], at)
            self._under_way[index] = license_
            if license_["status"] in ("denied", "expired", "revoked", "withdrawn"):
                self._under_way.pop(index)
        key, number = license_["license_id"], f"{license_['license_id']}-{license_['revision']}"
        value = encode(LICENSE_TYPE, license_, id_=number, source="/test", subject=key, time=at)
        return key, value

    def _stepped(self, license_: dict[str, Any], at: datetime) -> dict[str, Any]:
        status = self._random.choice(_NEXT[license_["status"]])
        changed = {**license_, "revision": license_["revision"] + 1, "status": status}
        changed.pop("review", None)
        if status == "accepted":
            changed["accepted_at"] = at.date().isoformat()
        elif status == "under_review":
            changed["review"] = self._random.choice(("running", "suspended"))
        elif status == "granted":
            changed["valid_to"] = (at.date() + timedelta(days=200)).isoformat()
        return changed


_NEXT = {
    "submitted": ("accepted",),
    "accepted": ("under_review", "under_review", "information_requested"),
    "information_requested": ("under_review",),
    "under_review": ("under_review", "under_review", "granted", "granted", "denied", "withdrawn"),
    "granted": ("active", "suspended", "revoked"),
    "active": ("suspended", "expired", "amendment_pending"),
    "amendment_pending": ("active",),
    "suspended": ("active", "revoked"),
}


def story(events: int, seed: int) -> Iterator[tuple[datetime, list[tuple[str, str, bytes, Any]]]]:
    """Yield what happens: instants, in order, and the events (topic, key, value, headers) then."""
    random = Random(seed)
    source = Traffic(Listed(read_packs(ROOT / "packs")), seed, Mix(rubbish=0.002))
    applications = Applications(random)
    length = timedelta(days=365.25 * YEARS)
    told = 0
    while told < events:
        together = min(random.randint(1, TOGETHER), events - told)
        at = BEGINS + length * (told / events)
        told += together
        batch: list[tuple[str, str, bytes, Any]] = []
        for _ in range(together):
            if random.random() < APPLICATION_SHARE:
                key, value = applications.next(at)
                batch.append((topics.LICENSES, key, value, ()))
            else:
                message = source.next(at)
                batch.append(
                    (
                        message.topic,
                        (message.key or b"").decode(errors="replace"),
                        message.value or b"",
                        (),
                    )
                )
        yield at, batch
    yield BEGINS + length, []


def made(shelf: Shelf, concern: Concern | None = None) -> tuple[AgentSpec, AgentSpec]:
    """Return the agents, all of their clocks at work."""
    notice = Notice((7.0, 1.0))
    return agents(shelf, concern=concern, practice_every=PRACTICE_EVERY, notice=notice)


class History:
    """One run of the story.

    Args:
        partitions: Of each topic.
        kills: Seed of what is killed when; None: nothing is.
        replay: Do each transaction again from the journal.
    """

    def __init__(self, partitions: int, kills: int | None = None, replay: bool = False) -> None:
        shelf = Shelf()
        shelf.put(shipped())
        self.told = Told()
        self._partitions = partitions
        self._runtime = MemoryRuntime(made(shelf), partitions, LIMITS)
        self._digests: dict[str, Any] = defaultdict(hashlib.sha256)
        if kills is not None:
            random = Random(kills)
            for unit in self._runtime.units:
                Mortal(unit, partitions, random, self.told)
        self._again = _Again(partitions, self.told) if replay else None

    def run(self, events: int, seed: int) -> Told:
        """Let it happen."""
        runtime, began = self._runtime, process_time()
        control = canonical(TablesControl(version=shipped().version, published_at=BEGINS))
        for partition in range(self._partitions):
            runtime.append(topics.CONTROL, None, control, partition=partition)
        runtime.run(BEGINS)
        for at, batch in story(events, seed):
            for topic, key, value, headers in batch:
                runtime.append(topic, key, value, headers)
            runtime.run(at)
            self._note(runtime.drained())
        self.told.counts["events"] = events
        for unit in runtime.units:
            digest = self._digests[f"state of {unit.unit}"]
            for key, value in sorted(unit.store.items()):
                digest.update(key.encode() + b"\0" + value + b"\0")
        self.told.digests = {name: one.hexdigest() for name, one in self._digests.items()}
        self.told.cpu_seconds = process_time() - began
        return self.told

    def _note(self, records: list[Record]) -> None:
        counts = self.told.counts
        for record in records:
            counts[record.topic] += 1
            digest = self._digests[record.topic]
            digest.update(b"%d %d " % (record.partition, record.timestamp_ms))
            digest.update((record.key or b"") + b"\0" + (record.value or b"") + b"\0")
            if record.topic == JOURNAL:
                entry = json.loads(record.value or b"")
                counts["timers"] += entry["fired"]
            elif record.topic == topics.DECISIONS:
                at = datetime.fromtimestamp(record.timestamp_ms / 1000, UTC)
                counts["at the suspension's dates"] += at in SUSPENSION_ENDS
            elif record.topic == topics.ALERTS:
                counts["overdue"] += b" is overdue: " in (record.value or b"")
        if self._again is not None:
            self._again.follow(records)


LIMITS = Limits(timers=50, walk_keys=20)
"""Small, so that timers and walks go over several transactions."""


class _Again:
    """Does each transaction again from the journal, and compares all that it wrote."""

    def __init__(self, partitions: int, told: Told) -> None:
        self._units = {
            (agent, partition): Rerun(
                agent,
                partition,
                partitions,
                made,
                lambda version: shipped(),
                LIMITS,
            )
            for agent in ("screening", "licensing")
            for partition in range(partitions)
        }
        self._waiting: dict[tuple[str, int], list[Record]] = defaultdict(list)
        """Inputs that no transaction has taken yet."""
        self._told = told

    def follow(self, records: list[Record]) -> None:
        """Take in what was written, in its order."""
        wrote: list[Record] = []
        for record in records:
            if record.topic in INPUTS:
                self._waiting[record.topic, record.partition].append(record)
            if record.topic != JOURNAL:
                wrote.append(record)
                continue
            entry = Entry.read(record.value)
            assert entry is not None
            taken = {
                topic: self._taken(topic, entry.partition, end) for topic, _, end in entry.inputs
            }
            again = self._units[entry.agent, entry.partition].turn(entry, taken)
            mine = [_plain(one) for one in again]
            # What came from outside stands before what the transaction wrote.
            theirs = [_plain(one) for one in [*wrote, record]][-len(mine) :]
            assert mine == theirs, f"transaction {entry}:\n{theirs}\nagain:\n{mine}"
            self._told.counts["replayed"] += 1
            wrote = []

    def _taken(self, topic: str, partition: int, end: int) -> list[Record]:
        waiting = self._waiting[topic, partition]
        taken = [record for record in waiting if record.offset < end]
        del waiting[: len(taken)]
        return taken


INPUTS = {
    topics.VERDICTS,
    topics.CONTROL,
    topics.DISPOSITIONS,
    topics.SHIPMENTS,
    topics.CLAIMS,
    topics.LICENSES,
}


def _plain(one: Record | Output) -> tuple[Any, ...]:
    return one.topic, one.partition, one.key, one.value, one.headers


class Mortal:
    """Kills a unit now and then in the middle of its work, and lets it begin from its state."""

    def __init__(self, unit: MemoryUnit, partitions: int, random: Random, told: Told) -> None:
        self._unit, self._random, self._told = unit, random, told
        self._turn = unit.turn
        self._partitions: dict[str, int] = defaultdict(lambda: partitions)
        unit.turn = self.turn  # type: ignore[method-assign]

    def turn(self, now: datetime) -> list[Output] | None:
        """Do a transaction; before it, perhaps, one that is lost."""
        if self._random.random() < KILL_SHARE:
            self._lose(now)
        return self._turn(now)

    def _lose(self, now: datetime) -> None:
        unit = self._unit
        kept = deepcopy(unit.intake)
        transaction = Transaction(
            agent=unit.unit.agent,
            partition=unit.unit.partition,
            clock=unit.clock.read(now),
            number=unit.number + 1,
            store=unit.store,
            partitions=self._partitions,
        )
        for _ in Turn(unit.spec, unit.processor, transaction, unit.intake, LIMITS).steps():
            if self._random.random() < 0.3:
                break
        unit.intake = kept
        unit.restart()
        self._told.counts["kills"] += 1


def run(events: int, seed: int, partitions: int, kills: int | None, replay: bool) -> Told:
    """Let the story happen once."""
    return History(partitions, kills, replay).run(events, seed)


def differences(one: Told, other: Told) -> list[str]:
    """Return what two runs do not have in common: topics and states."""
    names = sorted({*one.digests, *other.digests})
    return [name for name in names if one.digests.get(name) != other.digests.get(name)]


def main() -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--partitions", type=int, default=4)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    began = monotonic()
    size = asked.events, asked.seed, asked.partitions
    with ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
        first = pool.submit(run, *size, None, True)
        again = pool.submit(run, *size, None, False)
        killed = pool.submit(run, *size, asked.seed, False)
        runs = {"first": first.result(), "again": again.result(), "killed": killed.result()}
    for name, told in runs.items():
        counts = ", ".join(f"{count} {what}" for what, count in sorted(told.counts.items()))
        print(f"{name}: {told.cpu_seconds:.0f} CPU s; {counts}")
    found = {name: differences(runs["first"], told) for name, told in runs.items()}
    for name, names in found.items():
        for one in names:
            print(f"{name}: {one} differs")
    verdict = "DIFFERENT" if any(found.values()) else "equal to the byte"
    print(f"{monotonic() - began:.0f} s; {verdict}")
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main())
