"""The clock of an application's review: how many working days it has run, and when it is overdue.

Source: a decision within 45 working days of acceptance; the time of appraisal, expert opinion and
site checks does not count, nor does the time in which the applicant is asked for information
(Regulations on the export control of dual-use items, article 17). The limit does not bind where an
importer or end user is on the watch list (article 26). On an amendment, within 20 working days
(article 18(3)).

A review said to be *suspended* is no ground on which the law stops the clock: it runs on, and what
is overdue by it shows.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from tidegate.events.license import License, LicenseStatus
from tidegate.events.model import RecordModel
from tidegate.events.values import Day
from tidegate.licenses.standing import last_instant, zone_of
from tidegate.licenses.working_days import Counted, china

LIMITS = {"CN": 45}
"""Working days by regime, for a decision on an application (article 17)."""
AMENDMENT_LIMITS = {"CN": 20}
"""Working days by regime, for a decision on an amendment (article 18(3))."""
_CALENDARS = {"CN": china}
_UNDER_REVIEW = frozenset(
    {LicenseStatus.ACCEPTED, LicenseStatus.UNDER_REVIEW, LicenseStatus.INFORMATION_REQUESTED}
)


class ReviewClock(RecordModel):
    """How far the review of one application has come. Days are the authority's."""

    accepted_on: Day
    of: Literal["application", "amendment"] = "application"
    used: int = 0
    """Working days counted before it was last stopped."""
    since: Day | None = None
    """The day from which on it runs, not counted itself; None while it is stopped."""


def reviewed(before: ReviewClock | None, license_: License, at: datetime) -> ReviewClock | None:
    """Return the clock after a revision of the license; None where no review is under way.

    Args:
        before: The clock so far.
        license_: The revision.
        at: When it became known; counts where the file does not say when it was accepted.
    """
    calendar = _CALENDARS.get(license_.regime)
    amended = license_.status is LicenseStatus.AMENDMENT_PENDING
    if calendar is None or not (amended or license_.status in _UNDER_REVIEW):
        return None
    today = at.astimezone(zone_of(license_.regime)).date()
    accepted = _day(license_.accepted_at, license_.regime) or today
    if amended:
        # The file may still say when the license itself was accepted: before it was decided.
        decided = _day(license_.decided_at, license_.regime) or today
        accepted = accepted if accepted > decided else today
    of: Literal["application", "amendment"] = "amendment" if amended else "application"
    clock = before
    if clock is None or clock.of != of:
        clock = ReviewClock(accepted_on=accepted, of=of, since=accepted)
    runs = (
        license_.status is not LicenseStatus.INFORMATION_REQUESTED and license_.review != "stopped"
    )
    if runs and clock.since is None:
        return clock.model_copy(update={"since": today})
    if not runs and clock.since is not None:
        used = clock.used + calendar().between(clock.since, today)
        return clock.model_copy(update={"since": None, "used": used})
    return clock


def due(clock: ReviewClock, regime: str) -> Counted | None:
    """Return the last day on which the decision is in time; None while the clock is stopped."""
    if clock.since is None:
        return None
    return _CALENDARS[regime]().after(clock.since, max(0, limit(clock, regime) - clock.used))


def limit(clock: ReviewClock, regime: str) -> int:
    """Return the working days within which the decision is due."""
    return (AMENDMENT_LIMITS if clock.of == "amendment" else LIMITS)[regime]


def overdue_at(clock: ReviewClock, regime: str) -> datetime | None:
    """Return the instant from which on the review is overdue; None while the clock is stopped."""
    counted = due(clock, regime)
    return None if counted is None else last_instant(counted.day, zone_of(regime))


def age_in_working_days(accepted_on: date, regime: str, at: datetime) -> int:
    """Return the working days since acceptance, whether or not the clock was stopped in between."""
    today = at.astimezone(zone_of(regime)).date()
    return _CALENDARS[regime]().between(accepted_on, today)


def _day(moment: date | None, regime: str) -> date | None:
    if isinstance(moment, datetime):
        return moment.astimezone(zone_of(regime)).date()
    return moment
