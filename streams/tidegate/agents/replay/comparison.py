"""Set decisions made again beside the recorded ones, byte for byte, in the order of one partition.

Contract:
    1. `again` tells what transactions of one clock decide now, in their order; `recorded` what the
       topic holds, in its order.
    2. Equal bytes in equal order are equal decisions; nothing is parsed for them.
    3. Where they are not, the decisions of that clock are compared shipment by shipment, each with
       the one in the same place; what is left over on one side was not decided on the other.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any, NamedTuple

from tidegate.events.codec import decode
from tidegate.events.decision import Decision
from tidegate.events.values import instant_text

SHOWN = 20
"""Differences kept with both sides; more are counted."""


class Written(NamedTuple):
    """One decision as it is written."""

    shipment_id: bytes
    value: bytes


@dataclass(frozen=True)
class Difference:
    """A decision that is not what was recorded; None on a side: there is none."""

    recorded: Decision | None
    again: Decision | None

    @property
    def shipment_id(self) -> str:
        decision = self.recorded or self.again
        assert decision is not None
        return decision.shipment_id

    def fields(self) -> list[str]:
        """Return the names of the fields that differ, `reasons` by measure."""
        if self.recorded is None:
            return ["not recorded"]
        if self.again is None:
            return ["not decided again"]
        before, now = (one.model_dump(mode="json") for one in (self.recorded, self.again))
        names = [name for name in now if before[name] != now[name] and name != "reasons"]
        said, says = ({r["measure"]: r for r in one["reasons"]} for one in (before, now))
        measures = sorted({*said, *says})
        found = [f"reasons[{m}]" for m in measures if said.get(m) != says.get(m)]
        if not found and before["reasons"] != now["reasons"]:
            found = ["reasons"]  # in another order
        # Its id follows from all the rest.
        rest = [name for name in names if name != "decision_id"]
        return rest + found or names

    def as_json(self) -> dict[str, Any]:
        """Return it for a program."""
        return {
            "shipment_id": self.shipment_id,
            "fields": self.fields(),
            "recorded": _plain(self.recorded),
            "again": _plain(self.again),
        }


@dataclass
class Result:
    """What a comparison found; those of several partitions add up."""

    decisions: int = 0
    """Recorded decisions that were compared."""
    differing: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    """Differences by the fields in which they lie."""
    shown: list[dict[str, Any]] = field(default_factory=list)
    """The first differences (`Difference.as_json`)."""

    def add(self, difference: Difference) -> None:
        """Count a difference."""
        self.differing += 1
        self.fields.update(difference.fields())
        if len(self.shown) < SHOWN:
            self.shown.append(difference.as_json())

    def __iadd__(self, other: Result) -> Result:
        self.decisions += other.decisions
        self.differing += other.differing
        self.fields.update(other.fields)
        self.shown = [*self.shown, *other.shown][:SHOWN]
        return self


class Comparison:
    """Compares one partition's decisions as both sides come in.

    Args:
        begins: Decisions before this instant are not counted; None: all are.
        shipment_id: Only this shipment's are compared; None: all.
    """

    def __init__(self, begins: datetime | None = None, shipment_id: str | None = None) -> None:
        self.result = Result()
        self._begins = "" if begins is None else instant_text(begins)
        self._only = None if shipment_id is None else shipment_id.encode()
        self._recorded: deque[Written] = deque()

    @property
    def waiting(self) -> int:
        """Return how many recorded decisions have not been met."""
        return len(self._recorded)

    @property
    def newest(self) -> str | None:
        """Return the instant of the last recorded decision that was handed in."""
        return _instant(self._recorded[-1].value) if self._recorded else None

    def recorded(self, decisions: Iterable[Written]) -> None:
        """Hand in what the topic holds, in its order."""
        self._recorded.extend(one for one in decisions if self._concerns(one))

    def waiting_written(self) -> list[tuple[str, str]]:
        """Return what has not been met, as text: what Tidegate writes is UTF-8."""
        return [(one.shipment_id.decode(), one.value.decode()) for one in self._recorded]

    def taken(self, clock: datetime) -> list[Written]:
        """Return, and be done with, what was recorded up to a clock."""
        return list(self._up_to(instant_text(clock)))

    def agrees(self, clock: datetime, again: Iterable[Written]) -> bool:
        """Say whether what is decided at a clock is what was recorded next; then it is done with.

        False: nothing was done. All that was recorded up to that clock must be handed in, and
        `differ` be asked.
        """
        mine = [one for one in again if self._concerns(one)]
        if len(mine) > len(self._recorded):
            return False
        if any(one != other for one, other in zip(mine, self._recorded, strict=False)):
            return False
        for _ in mine:
            self._recorded.popleft()
        if instant_text(clock) >= self._begins:
            self.result.decisions += len(mine)
        return True

    def differ(self, clock: datetime, again: Iterable[Written]) -> None:
        """Compare, one by one, what is decided at a clock with all that was recorded up to it."""
        at = instant_text(clock)
        recorded: dict[bytes, list[Written]] = defaultdict(list)
        for one in self._up_to(at):
            if _instant(one.value) == at:
                recorded[one.shipment_id].append(one)
            else:
                self._compare(one, None)
        mine: dict[bytes, list[Written]] = defaultdict(list)
        for one in again:
            if self._concerns(one):
                mine[one.shipment_id].append(one)
        for shipment_id in dict.fromkeys([*recorded, *mine]):
            pairs = zip_longest(recorded[shipment_id], mine[shipment_id])
            for before, now in pairs:
                self._compare(before, now)

    def finish(self, clock: datetime) -> None:
        """Count what was recorded up to the last transaction, and never decided again."""
        for one in self._up_to(instant_text(clock)):
            self._compare(one, None)

    def _up_to(self, at: str) -> Iterator[Written]:
        while self._recorded and _instant(self._recorded[0].value) <= at:
            yield self._recorded.popleft()

    def _concerns(self, one: Written) -> bool:
        return self._only is None or one.shipment_id == self._only

    def _compare(self, before: Written | None, now: Written | None) -> None:
        value = (before or now or _NOTHING).value
        if _instant(value) < self._begins:
            return
        self.result.decisions += before is not None
        if before is None or now is None or before.value != now.value:
            self.result.add(Difference(_read(before), _read(now)))


_NOTHING = Written(b"", b"")


def _read(one: Written | None) -> Decision | None:
    return None if one is None else decode(one.value, max_bytes=1 << 30).read(Decision)


def _instant(value: bytes) -> str:
    """Return the instant of a decision, as events write it: comparable as text."""
    time = decode(value, max_bytes=1 << 30).time
    assert time is not None, "Tidegate writes each decision with its instant"
    return instant_text(time)


def _plain(decision: Decision | None) -> dict[str, Any] | None:
    return None if decision is None else decision.model_dump(mode="json", exclude_none=True)
