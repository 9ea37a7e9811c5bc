"""The licenses of one partition in short: how many have which status, what is due, what waits.

Derived from committed state alone, so it is right after any crash. Small: of a license it holds a
few words, never the document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from tidegate.agents.license_state import LicenseState
from tidegate.agents.timers import Timers
from tidegate.licenses.review import age_in_working_days, overdue_at

NOT_STATED = "-"
"""Stands in a head where the file says nothing; an empty word would shift the others."""


class UnderReview(NamedTuple):
    """What the book counts of an application under review."""

    status: str
    review: str
    """What its file says of the review: running, stopped, suspended; `not_stated` otherwise."""
    end_use: str
    regime: str
    accepted_on: date


class Entry(NamedTuple):
    """What the book knows of one license."""

    status: str
    due: datetime | None
    """When something of it is to be told."""
    under_review: UnderReview | None
    overdue_at: datetime | None
    """From when on the review is overdue, told or not; None while its clock is stopped."""


def head_of_license(state: LicenseState) -> bytes:
    """Return what a book keeps of a license, as one short line."""
    license_, words = state.license, [state.license.status, _text(state.due)]
    if state.review is not None:
        words += [
            license_.review or NOT_STATED,
            license_.end_use_class or NOT_STATED,
            license_.regime,
            state.review.accepted_on.isoformat(),
            _text(None if state.unlimited else overdue_at(state.review, license_.regime)),
        ]
    return " ".join(words).encode()


@lru_cache(maxsize=4096)
def entry_of(head: bytes) -> Entry:
    """Read a line that `head_of_license` wrote, now or before reviews were part of it."""
    status, due, *review = head.decode().split(" ")
    if not review:
        return Entry(status, _instant(due), None, None)
    said, end_use, regime, accepted_on, overdue = review
    return Entry(
        status,
        _instant(due),
        UnderReview(
            status,
            "not_stated" if said == NOT_STATED else said,
            "unknown" if end_use == NOT_STATED else end_use,
            regime,
            date.fromisoformat(accepted_on),
        ),
        _instant(overdue),
    )


class LicenseBook:
    """Heads by state key, with running sums and what is due."""

    def __init__(self) -> None:
        self._heads: dict[str, bytes] = {}
        self._shared: dict[bytes, bytes] = {}
        self._overdue_at: dict[str, datetime] = {}
        self._timers = Timers()
        self._reviews: Counter[UnderReview] = Counter()
        self.statuses: Counter[str] = Counter()
        """Licenses by status."""

    def replace(self, key: str, head: bytes | None) -> None:
        """Put what `head_of_license` made of a license; None takes it out of the book."""
        before = self._heads.pop(key, None)
        if before is not None:
            self._count(entry_of(before), -1)
        if head is None:
            self._timers.set(key, None)
            self._overdue_at.pop(key, None)
            return
        entry = entry_of(head)
        self._heads[key] = self._shared.setdefault(head, head)
        self._count(entry, 1)
        self._timers.set(key, entry.due)
        if entry.overdue_at is None:
            self._overdue_at.pop(key, None)
        else:
            self._overdue_at[key] = entry.overdue_at

    def next_due(self) -> datetime | None:
        """Return the earliest instant at which something of a license must be told."""
        return self._timers.next_due()

    def due_at(self, clock: datetime, limit: int) -> list[str]:
        """Return up to `limit` keys that are due, oldest first; they stay until put anew."""
        return self._timers.due_at(clock, limit)

    def reviews(self) -> Mapping[tuple[str, str, str], int]:
        """Return how many applications are under review, by status, review and end use."""
        counted: Counter[tuple[str, str, str]] = Counter()
        for one, amount in self._reviews.items():
            counted[one.status, one.review, one.end_use] += amount
        return counted

    def review_ages(self, now: datetime) -> Mapping[tuple[str, int], int]:
        """Return how many applications are so old, by end use and working days since acceptance."""
        counted: Counter[tuple[str, int]] = Counter()
        for one, amount in self._reviews.items():
            age = age_in_working_days(one.accepted_on, one.regime, now)
            counted[one.end_use, age] += amount
        return counted

    def reviews_overdue(self, now: datetime) -> Mapping[str, int]:
        """Return how many reviews have taken longer than the law gives, by end use."""
        counted: Counter[str] = Counter()
        for key, instant in self._overdue_at.items():
            under_review = entry_of(self._heads[key]).under_review
            if instant <= now and under_review is not None:
                counted[under_review.end_use] += 1
        return counted

    def _count(self, entry: Entry, sign: int) -> None:
        self.statuses[entry.status] += sign
        if entry.under_review is not None:
            self._reviews[entry.under_review] += sign
            if not self._reviews[entry.under_review]:
                del self._reviews[entry.under_review]


def _text(instant: datetime | None) -> str:
    return "" if instant is None else instant.isoformat()


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
