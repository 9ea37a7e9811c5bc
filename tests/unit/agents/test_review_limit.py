"""No limit runs for the review of who is on the watch list; an amendment has one of its own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.property.book import Book
from tests.support.tables import shipped
from tests.unit.agents.book import LICENSE
from tidegate.agents import topics
from tidegate.agents.control import read_control
from tidegate.events.alert import Alert
from tidegate.events.codec import LICENSE_TYPE, decode
from tidegate.events.review_limit import ReviewQuestion

ACCEPTED = datetime.fromisoformat("2026-03-02T10:00:00+08:00")
OVERDUE = datetime.fromisoformat("2026-05-09T00:00:00+08:00")
"""See test_review_overdue: the 45th working day is the 8th of May."""
LISTED = "TDK Corporation"
"""On the watch list since 2026-02-24 (Announcement No. 12 of 2026)."""
UNDER_REVIEW = {**LICENSE, "status": "under_review", "accepted_at": "2026-03-02"}


def told(book: Book) -> list[tuple[datetime | None, Alert]]:
    events = [decode(record.value) for record in book.records(topics.ALERTS)]
    alerts = [(one.time, one.read(Alert)) for one in events]
    return [(at, alert) for at, alert in alerts if "overdue" in alert.title]


def waited(*revisions: dict[str, Any], until: datetime = OVERDUE, partitions: int = 3) -> Book:
    book = Book(ACCEPTED, partitions)
    for number, changes in enumerate(revisions):
        at = ACCEPTED + number * timedelta(days=7)
        book.take(LICENSE_TYPE, {**UNDER_REVIEW, "revision": number + 1, **changes}, at)
    book.runtime.run(until)
    return book


@pytest.mark.parametrize("role", ["end_users", "consignees"])
def test_no_limit_runs_for_those_on_the_watch_list(role: str) -> None:
    assert told(waited({role: [LISTED]}, until=OVERDUE + timedelta(days=30))) == []


def test_it_runs_for_all_others_and_is_told_at_its_instant() -> None:
    ((at, alert),) = told(waited({}))
    assert at == OVERDUE
    assert "article 17" in alert.text


def test_what_counts_is_the_revision_that_would_be_overdue() -> None:
    assert len(told(waited({"end_users": [LISTED]}, {}))) == 1
    assert told(waited({}, {"end_users": [LISTED]})) == []


def test_a_later_revision_is_asked_about_again() -> None:
    book = waited({"end_users": [LISTED]})
    at = OVERDUE + timedelta(days=3)
    book.take(LICENSE_TYPE, {**UNDER_REVIEW, "revision": 2}, at)
    assert [one for one, _ in told(book)] == [at]


def test_it_is_asked_once_while_the_answer_is_under_way() -> None:
    book = waited({}, until=OVERDUE + timedelta(days=2))
    asked = [read_control(record.value) for record in book.records(topics.CONTROL)]
    assert len([one for one in asked if isinstance(one, ReviewQuestion)]) == 1


def test_the_watch_list_says_so_in_its_pack() -> None:
    assert [one.id for one in shipped().lists.values() if one.no_review_limit] == ["CN-WL"]


AMENDED = {"status": "amendment_pending", "decided_at": "2026-02-10"}


@pytest.mark.parametrize(
    ("accepted_at", "due", "article"),
    [
        # Accepted again after the license was decided: that is the amendment's.
        ("2026-03-02", "2026-03-31T00:00:00+08:00", "18(3)"),
        # Only the license's own acceptance is on file: from when it became known.
        ("2026-01-05", "2026-03-31T00:00:00+08:00", "18(3)"),
    ],
)
def test_an_amendment_is_due_within_20_working_days(
    accepted_at: str, due: str, article: str
) -> None:
    """After the 2nd of March: 20 in March up to the 30th."""
    instant = datetime.fromisoformat(due)
    book = waited({**AMENDED, "accepted_at": accepted_at}, until=instant - timedelta(seconds=1))
    assert told(book) == []
    book.runtime.run(instant)
    ((at, alert),) = told(book)
    assert at == instant
    assert "20 working days have passed" in alert.title
    assert f"article {article}" in alert.text
    assert "due by 2026-03-30" in alert.text
