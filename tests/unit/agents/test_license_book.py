"""What the metrics tell of licenses is what their owner's state holds, also after a restart."""

from datetime import date, datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from tidegate.agents.license_book import LicenseBook, entry_of, head_of_license
from tidegate.agents.license_state import LicenseState
from tidegate.events.license import License
from tidegate.licenses.review import ReviewClock
from tidegate.ops.license_collector import LicenseCollector

BEGUN = date(2026, 3, 2)
LAST_DAY = datetime.fromisoformat("2026-05-08T23:00:00+08:00")
"""45 working days after 2 March, as tests/unit/agents/test_review_overdue.py counts them."""
DAY_AFTER = datetime.fromisoformat("2026-05-09T01:00:00+08:00")


def head(
    status: str = "under_review", *, runs: bool = True, told: bool = False, **of: Any
) -> bytes:
    license_ = License(
        license_id="LIC-1", revision=1, regime="CN", license_type="single", status=status, **of
    )
    clock = None
    if status in ("accepted", "under_review", "information_requested"):
        clock = ReviewClock(accepted_on=BEGUN, since=BEGUN if runs else None)
    state = LicenseState(
        event_id="e", digest="d", license=license_, review=clock, overdue_told=told
    )
    return head_of_license(state)


def told(book: LicenseBook, at: datetime) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(LicenseCollector(lambda: [book], lambda: at))
    return registry


def test_applications_are_counted_by_state_end_use_and_age() -> None:
    book = LicenseBook()
    book.replace("a", head(end_use_class="civil", review="suspended"))
    book.replace("b", head(end_use_class="civil"))
    book.replace("c", head("information_requested", runs=False))
    book.replace("d", head("active"))
    registry = told(book, LAST_DAY)

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"tidegate_{name}", labels)

    assert value("licenses", status="under_review") == 2
    assert value("licenses", status="active") == 1
    civil = {"status": "under_review", "end_use": "civil"}
    assert value("license_reviews", **civil, review="suspended") == 1
    assert value("license_reviews", **civil, review="not_stated") == 1
    assert value("license_reviews_older", end_use="civil", than_working_days="30") == 2
    assert value("license_reviews_older", end_use="civil", than_working_days="45") == 0
    assert value("license_review_age_max_working_days", end_use="civil") == 45
    assert value("license_review_age_max_working_days", end_use="unknown") == 45
    assert value("license_reviews_overdue", end_use="civil") == 0


@pytest.mark.parametrize("was_told", [False, True])
def test_a_review_is_overdue_from_the_day_after_whether_told_or_not(was_told: bool) -> None:
    book = LicenseBook()
    book.replace("a", head(end_use_class="civil", told=was_told))
    book.replace("b", head("information_requested", runs=False, end_use_class="civil"))
    assert book.reviews_overdue(LAST_DAY) == {}
    assert book.reviews_overdue(DAY_AFTER) == {"civil": 1}


def test_what_ended_is_counted_no_more() -> None:
    book = LicenseBook()
    book.replace("a", head())
    book.replace("a", head("granted"))
    assert book.reviews() == {}
    assert book.review_ages(DAY_AFTER) == {}
    assert book.reviews_overdue(DAY_AFTER) == {}
    assert book.next_due() is None
    book.replace("a", None)
    assert book.statuses.total() == 0


def test_a_head_of_an_earlier_build_is_read() -> None:
    entry = entry_of(b"under_review 2026-05-08T16:00:00+00:00")
    assert entry.status == "under_review"
    assert entry.due == datetime.fromisoformat("2026-05-09T00:00:00+08:00")
    assert entry.under_review is None
    assert entry_of(b"active ").due is None
