"""Tell ahead of time what the tables will do by themselves, and to how many shipments.

A measure that starts, ends, is suspended or comes back does so at an instant that is known. Some
time before it:
    1. each partition counts, in a walk over its open shipments, what that will do to them;
    2. when it is through, it writes its count to the control topic of one partition;
    3. that one sums, and tells once all have counted. After some patience it tells what it has.
What was told, a walk and a sum are in the state, so a restart neither loses nor repeats anything.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from pydantic import Field

from tidegate.agents.alarms import TELLING_PARTITION
from tidegate.agents.alerting import write_alert
from tidegate.agents.foresight import effects
from tidegate.agents.notice import Notice
from tidegate.agents.shipment_state import PREFIX, OpenShipment
from tidegate.agents.topics import CONTROL
from tidegate.agents.upcoming_alert import upcoming
from tidegate.events.codec import canonical
from tidegate.events.false_match import FalseMatch
from tidegate.events.model import RecordModel
from tidegate.events.upcoming import Effect, UpcomingCount
from tidegate.events.values import Instant
from tidegate.measures.tables import Switch, Tables
from tidegate.measures.validity import from_ms, to_ms
from tidegate.runtime.transaction import Transaction

log = logging.getLogger(__name__)

UPCOMING_PREFIX = "u:"
_WALK = "u:walk"
_PASSED = "u:passed"
_TOLD = "u:told:"
_SUM = "u:sum:"
PATIENCE = timedelta(minutes=10)
"""So long the sum waits for a partition that nobody has open."""
MANY = 10_000
"""More keys than there are switches ahead."""

Opened = Callable[[str], tuple[OpenShipment, tuple[FalseMatch, ...]] | None]
"""Return an open shipment by its key, with the false matches of its parties."""


class _Walk(RecordModel):
    """How far the counting has come."""

    at_ms: int
    lead_seconds: int
    effects: dict[str, Effect]
    """By the ids of the switches at that instant that are to be told."""
    cursor: str = ""


class _Sum(RecordModel):
    """The counts of one switch that have come in."""

    since: Instant
    told: bool = False
    counts: dict[int, Effect] = Field(default_factory=dict)
    """By partition."""


class Upcoming:
    """What one partition has told, counts and sums, as committed."""

    def __init__(self, partition: int, notice: Notice) -> None:
        self._partition = partition
        self._notice = notice
        self._passed_ms: int | None = None
        self._told: dict[str, int] = {}
        """By switch: the shortest lead time told."""
        self._patient: dict[str, datetime] = {}
        """Until when a sum waits."""
        self._walking = False
        self._next: tuple[str, datetime | None] | None = None

    def learn(self, key: str, line: bytes | None) -> None:
        """Take in what was committed under a key of this prefix."""
        self._next = None
        if key == _WALK:
            self._walking = line is not None
        elif key == _PASSED and line is not None:
            self._passed_ms = int(line)
        elif key.startswith(_TOLD):
            if line is None:
                self._told.pop(key.removeprefix(_TOLD), None)
            else:
                self._told[key.removeprefix(_TOLD)] = int(line)
        elif key.startswith(_SUM):
            state = None if line is None else _Sum.model_validate_json(line)
            if state is None or state.told:
                self._patient.pop(key, None)
            else:
                self._patient[key] = state.since + PATIENCE

    def next_due(self, tables: Tables) -> datetime | None:
        """Return when something is to be counted, told or forgotten next."""
        known = self._next
        if known is None or known[0] != tables.version:
            known = self._next = (tables.version, self._due(tables))
        return known[1]

    def _due(self, tables: Tables) -> datetime | None:
        dues = list(self._patient.values())
        for switch in self._ahead(tables):
            at = from_ms(switch.at_ms)
            told = None if self._walking else self._notice.due(at, self._told.get(switch.id))
            dues.append(at if told is None else told)
        return min(dues, default=None)

    def _ahead(self, tables: Tables) -> Sequence[Switch]:
        passed = self._passed_ms
        return [s for s in tables.switches if passed is None or s.at_ms > passed]

    def fire(self, transaction: Transaction, tables: Tables) -> int:
        """Do what is due; return how much that was."""
        due = self.next_due(tables)
        if due is None or due > transaction.clock:
            return 0
        fired = self._forget(transaction, tables)
        for key in [key for key, until in self._patient.items() if until <= transaction.clock]:
            self._give_up_waiting(transaction, key, tables)
            fired += 1
        if not self._walking:
            fired += self._begin(transaction, tables)
        return fired

    def _forget(self, transaction: Transaction, tables: Tables) -> int:
        """Note what has happened meanwhile; nothing is to be told of it any more."""
        clock_ms = to_ms(transaction.clock)
        passed = [s for s in self._ahead(tables) if s.at_ms <= clock_ms]
        if not passed:
            return 0
        transaction.put(_PASSED, str(clock_ms).encode())
        for prefix in (_TOLD, _SUM):
            for key in transaction.keys_after("", prefix, MANY):
                if int(key.removeprefix(prefix).partition(":")[0]) <= clock_ms:
                    transaction.put(key, None)
        return len(passed)

    def _begin(self, transaction: Transaction, tables: Tables) -> int:
        """Begin to count what happens at the first instant that is to be told of."""
        clock = transaction.clock
        found: list[Switch] = []
        for switch in self._ahead(tables):
            at = from_ms(switch.at_ms)
            due = self._notice.due(at, self._told.get(switch.id))
            if at > clock and due is not None and due <= clock:
                if found and found[0].at_ms != switch.at_ms:
                    break
                found.append(switch)
        if not found:
            return 0
        lead = self._notice.reached(from_ms(found[0].at_ms), clock)
        assert lead is not None, "one of them is due"
        for switch in found:
            transaction.put(_TOLD + switch.id, str(lead).encode())
        walk = _Walk(
            at_ms=found[0].at_ms,
            lead_seconds=lead,
            effects={switch.id: Effect() for switch in found},
        )
        transaction.put(_WALK, canonical(walk))
        return 1

    def switched(self, transaction: Transaction) -> None:
        """Other tables: what is being counted is counted anew, with those."""
        value = transaction.get(_WALK)
        if value is not None:
            transaction.put(_WALK, None)
            for id_ in _Walk.model_validate_json(value).effects:
                transaction.put(_TOLD + id_, None)

    def walking(self) -> bool:
        """Say whether shipments are still to be counted."""
        return self._walking

    def walk(self, transaction: Transaction, tables: Tables, limit: int, opened: Opened) -> int:
        """Count the next shipments; at the end, hand in the count."""
        value = transaction.get(_WALK)
        if value is None:
            return 0
        walk = _Walk.model_validate_json(value)
        switches = [s for s in tables.switches if s.id in walk.effects]
        keys = transaction.keys_after(walk.cursor, PREFIX, limit) if switches else []
        counted = dict(walk.effects)
        for key in keys:
            shipment = opened(key)
            try:
                for id_, effect in effects(*shipment, tables, switches) if shipment else ():
                    counted[id_] = counted[id_].plus(effect)
            except Exception:
                # It is to be judged by a person in any case; the others are counted.
                log.exception("%s could not be judged ahead of time", key)
        if len(keys) == limit:
            left = walk.model_copy(update={"effects": counted, "cursor": keys[-1]})
            transaction.put(_WALK, canonical(left))
            return len(keys)
        transaction.put(_WALK, None)
        count = UpcomingCount(
            at_ms=walk.at_ms,
            lead_seconds=walk.lead_seconds,
            partition=self._partition,
            effects=counted,
        )
        transaction.emit(CONTROL, None, canonical(count), partition=TELLING_PARTITION)
        return max(1, len(keys))

    def take(self, transaction: Transaction, count: UpcomingCount, tables: Tables) -> bool:
        """Add a partition's count, and tell where it was the last; False: that is told already."""
        if count.at_ms <= to_ms(transaction.clock):
            return False
        taken = False
        for id_, effect in count.effects.items():
            key = _sum_key(id_, count.lead_seconds)
            value = transaction.get(key)
            sum_ = _Sum(since=transaction.clock)
            if value is not None:
                sum_ = _Sum.model_validate_json(value)
            if not sum_.told:
                counts = {**sum_.counts, count.partition: effect}
                sum_ = sum_.model_copy(update={"counts": counts})
                if len(counts) == transaction.partitions(CONTROL):
                    sum_ = self._tell(transaction, key, sum_, tables)
                transaction.put(key, canonical(sum_))
                taken = True
        return taken

    def _give_up_waiting(self, transaction: Transaction, key: str, tables: Tables) -> None:
        value = transaction.get(key)
        if value is None:
            return
        id_, lead = _summed(key)
        sum_ = _Sum.model_validate_json(value)
        others = transaction.keys_after("", _sum_key(id_, None), MANY)
        if any(_summed(one)[1] < lead for one in others):
            # Told, or about to be, at a shorter lead time: the longer one is of no use any more.
            sum_ = sum_.model_copy(update={"told": True, "counts": {}})
        else:
            sum_ = self._tell(transaction, key, sum_, tables)
        transaction.put(key, canonical(sum_))

    def _tell(self, transaction: Transaction, key: str, sum_: _Sum, tables: Tables) -> _Sum:
        id_, lead = _summed(key)
        total = Effect()
        for effect in sum_.counts.values():
            total = total.plus(effect)
        uncounted = transaction.partitions(CONTROL) - len(sum_.counts)
        for switch in tables.switches:
            # Other tables may not have it any more.
            if switch.id == id_:
                alert = upcoming(switch, total, transaction.clock, lead, uncounted)
                write_alert(transaction, alert, switch.measure or switch.list or "")
        return sum_.model_copy(update={"told": True, "counts": {}})


def _sum_key(switch: str, lead_seconds: int | None) -> str:
    """Return the key of a sum; without a lead time, what the keys of a switch's begin with."""
    return f"{_SUM}{switch}|{'' if lead_seconds is None else lead_seconds}"


def _summed(key: str) -> tuple[str, int]:
    switch, _, lead = key.removeprefix(_SUM).rpartition("|")
    return switch, int(lead)
