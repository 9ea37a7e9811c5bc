"""What is observed of civil exports: one owner's counts of one week, to be set beside what is said.

Each partition counts what it owns; whoever reads adds the counts of all partitions up. A record
stands for its key: the last one of a partition and week says all of it, an empty one that nothing
is left to count.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from tidegate.events.model import RecordModel
from tidegate.events.values import Instant


class PracticeSubject(StrEnum):
    """What is counted."""

    APPLICATION = "application"
    """An application for a license, or what became of it."""
    SHIPMENT = "shipment"


class Observed(StrEnum):
    """What is observed of an application (the first six) or a shipment (the others)."""

    PENDING = "pending"
    """Applied for, and in time."""
    OVERDUE = "overdue"
    """Undecided after the working days that the law gives its authority."""
    SUSPENDED = "suspended"
    """The review is said to be suspended, or the use of the license is."""
    GRANTED = "granted"
    """Granted, whatever became of the license after that, unless it was taken away."""
    REFUSED = "refused"
    """Denied, returned without action, or revoked."""
    WITHDRAWN = "withdrawn"
    PASSED = "passed"
    """Nothing holds it, or nothing did when it was closed."""
    IN_REVIEW = "in_review"
    HELD = "held"
    GIVEN_UP = "given_up"
    """Cancelled or returned while it was held or in review."""


class PracticeCount(RecordModel):
    """How many of one kind."""

    destination: str
    """ISO 3166-1 alpha-2; `several`, or `unknown` where none is stated."""
    item_group: str
    """A control code without its sub-items (`CN:1C905`), else a tariff heading (`HS:2846`); else
    `several`, `unknown`, or `other` where a week has more kinds than are kept apart."""
    observed: Observed
    count: Annotated[int, Field(ge=1)]


class PracticeCounts(RecordModel):
    """One partition's counts of one week's civil applications or shipments
    (`tidegate.practice.v1`)."""

    subject: PracticeSubject
    partition: Annotated[int, Field(ge=0)]
    week: Annotated[str, Field(pattern=r"^\d{4}-W\d{2}$")]
    """ISO 8601 week, UTC: of acceptance or submission, for a shipment of its first event."""
    as_of: Instant
    counts: tuple[PracticeCount, ...] = ()
    """Sorted, each kind once."""
