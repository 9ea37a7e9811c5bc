"""Each step in the life of a license, as Regulations articles 15, 17 and 18 have it.

A shipment cites a license; the license goes from one status to another. What follows is set beside
the law's words here by hand: which statuses may be used, and which measure says why not.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.property.book import Book
from tests.unit.agents.book import LICENSE, facts
from tidegate.events.codec import LICENSE_TYPE
from tidegate.events.decision import Decision, Outcome
from tidegate.events.license import LicenseStatus as Status
from tidegate.licenses.lifecycle import FOLLOWERS

AT = datetime.fromisoformat("2026-11-23T12:00:00+08:00")
LATER = AT + timedelta(hours=1)

MEASURE = {
    Status.SUBMITTED: "CN-LI-03.c",
    Status.ACCEPTED: "CN-LI-03.c",
    Status.UNDER_REVIEW: "CN-LI-03.c",
    Status.INFORMATION_REQUESTED: "CN-LI-03.c",
    Status.GRANTED: None,
    Status.ACTIVE: None,
    Status.AMENDMENT_PENDING: "CN-LI-03.b",
    Status.SUSPENDED: "CN-LI-03.a",
    Status.DENIED: "CN-LI-03.c",
    Status.RETURNED: "CN-LI-03.c",
    Status.WITHDRAWN: "CN-LI-03.c",
    Status.EXPIRED: "CN-LI-01",
    Status.REVOKED: "CN-LI-03.a",
    Status.EXHAUSTED: "CN-LI-04.a",
}
"""The measure that says why a license of a status is not to be used; None: it may be."""
FINAL = {
    *(Status.DENIED, Status.RETURNED, Status.WITHDRAWN),
    *(Status.EXPIRED, Status.REVOKED, Status.EXHAUSTED),
}
STEPS = [(before, now) for before, followers in FOLLOWERS.items() for now in sorted(followers)]
IMPOSSIBLE = [
    (before, now)
    for before in sorted(FINAL)
    for now in Status
    if now not in FINAL and now is not before
]


def after(before: Status, now: Status) -> Decision:
    book = Book(AT)
    book.take(LICENSE_TYPE, {**LICENSE, "status": before}, AT)
    first = book.shipment(facts(licenses=("LIC-1",)), AT)
    expected = Outcome.AUTHORISED if MEASURE[before] is None else Outcome.LICENSE_INVALID
    assert first.outcome is expected
    book.take(LICENSE_TYPE, {**LICENSE, "revision": 2, "status": now}, LATER)
    return book.decision()


def because(decision: Decision) -> set[str]:
    return {r.measure for r in decision.reasons if r.outcome is Outcome.LICENSE_INVALID}


def test_every_status_has_its_place_here() -> None:
    assert set(MEASURE) == set(FOLLOWERS) == set(Status)
    assert len(STEPS) > 40


@pytest.mark.parametrize(("before", "now"), STEPS, ids=lambda status: str(status))
def test_a_step_that_the_law_knows(before: Status, now: Status) -> None:
    decision = after(before, now)
    measure = MEASURE[now]
    if measure is None:
        assert decision.outcome is Outcome.AUTHORISED
    else:
        assert decision.outcome is Outcome.LICENSE_INVALID
        assert measure in because(decision)


@pytest.mark.parametrize(("before", "now"), IMPOSSIBLE, ids=lambda status: str(status))
def test_nothing_follows_an_end(before: Status, now: Status) -> None:
    """Whatever its file says later: the law asks for a new license, under a new number."""
    decision = after(before, now)
    assert decision.outcome is Outcome.LICENSE_INVALID
    if MEASURE[now] is None:
        told = {str(e.value) for reason in decision.reasons for e in reason.evidence}
        assert f"{now}, after it was {before}" in told
