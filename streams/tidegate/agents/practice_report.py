"""Add up what all owners count, and set it beside what was said. Pure.

Each owner publishes its own counts, week by week (`practice`); the last record of each key says all
of it, so the sum does not hang on when a reader began, or on which worker owned what.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from tidegate.events.codec import decode
from tidegate.events.practice import Observed, PracticeCounts, PracticeSubject
from tidegate.events.values import instant_text
from tidegate.measures.statement import Statement

APPLICATIONS = (
    Observed.GRANTED,
    Observed.PENDING,
    Observed.OVERDUE,
    Observed.SUSPENDED,
    Observed.REFUSED,
    Observed.WITHDRAWN,
)
SHIPMENTS = (Observed.PASSED, Observed.IN_REVIEW, Observed.HELD, Observed.GIVEN_UP)

Cell = tuple[PracticeSubject, str, str, str, Observed]
"""Subject, destination, item group, week, what is observed."""


class PracticeReport:
    """What is observed, summed over all partitions.

    Args:
        destination: Only this one; None: all.
        item_group: Only this one; None: all.
        since: Only this week and later ones; None: all.
        until: Only this week and earlier ones; None: all.
    """

    def __init__(
        self,
        destination: str | None = None,
        item_group: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> None:
        self._wanted = destination, item_group
        self._since, self._until = since or "", until or "9999-W99"
        self._last: dict[bytes, PracticeCounts] = {}

    def learn(self, key: bytes, value: bytes | None) -> None:
        """Take in a record of `tidegate.practice`, in the order of its partition."""
        if value is None:
            self._last.pop(key, None)
        else:
            self._last[key] = decode(value, max_bytes=1 << 30).read(PracticeCounts)

    @property
    def as_of(self) -> datetime | None:
        """Return the instant of the newest count; None: nothing was ever counted."""
        return max((counts.as_of for counts in self._last.values()), default=None)

    def cells(self) -> Mapping[Cell, int]:
        """Return the sums."""
        sums: Counter[Cell] = Counter()
        destination, item_group = self._wanted
        for counts in self._last.values():
            if not self._since <= counts.week <= self._until:
                continue
            for one in counts.counts:
                if destination in (None, one.destination) and item_group in (None, one.item_group):
                    where = one.destination, one.item_group, counts.week
                    sums[counts.subject, *where, one.observed] += one.count
        return sums

    def as_json(self, statements: Iterable[Statement]) -> dict[str, Any]:
        """Return the report for a program.

        Args:
            statements: What was said; those that concern no destination of the report are left out.
        """
        cells, as_of = self.cells(), self.as_of
        destinations = {destination for _, destination, *_ in cells} | {self._wanted[0]}
        return {
            "as_of": None if as_of is None else instant_text(as_of),
            "stated": [
                said.model_dump(mode="json", exclude_none=True)
                for said in statements
                if destinations.intersection(said.destinations)
            ],
            "observed": _sums(cells),
            "by_destination": _grouped(cells, lambda cell: cell[1]),
            "by_item_group": _grouped(cells, lambda cell: cell[2]),
            "by_week": _grouped(cells, lambda cell: cell[3]),
            "rows": [
                {
                    "subject": subject,
                    "destination": destination,
                    "item_group": item_group,
                    "week": week,
                    "observed": observed,
                    "count": count,
                }
                for (subject, destination, item_group, week, observed), count in sorted(
                    cells.items()
                )
            ],
        }


def _grouped(cells: Mapping[Cell, int], by: Callable[[Cell], str]) -> dict[str, Any]:
    groups: dict[str, dict[Cell, int]] = {}
    for cell, count in cells.items():
        groups.setdefault(by(cell), {})[cell] = count
    return {name: _sums(group) for name, group in sorted(groups.items())}


def _sums(cells: Mapping[Cell, int]) -> dict[str, dict[str, int]]:
    """Return how many applications and shipments there are, and of these, what is observed."""
    sums: Counter[tuple[PracticeSubject, Observed]] = Counter()
    for (subject, *_, observed), count in cells.items():
        sums[subject, observed] += count
    return {
        f"{subject}s": {
            "total": sum(sums[subject, observed] for observed in kinds),
            **{observed: sums[subject, observed] for observed in kinds},
        }
        for subject, kinds in (
            (PracticeSubject.APPLICATION, APPLICATIONS),
            (PracticeSubject.SHIPMENT, SHIPMENTS),
        )
    }
