"""What is observed of one civil application or shipment: the kind that it is counted under. Pure.

Civil is what states a civil end use; whether that is true, the decision says. What states none is
not counted: nothing was promised of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple

from tidegate.agents.license_state import LicenseState
from tidegate.agents.shipment_state import OpenShipment
from tidegate.events.decision import Action
from tidegate.events.license import License, LicenseStatus
from tidegate.events.practice import Observed
from tidegate.events.shipment import EndUseClass, Shipment, ShipmentStatus

UNKNOWN = "unknown"
SEVERAL = "several"
HEADING_DIGITS = 4

_BY_STATUS = {
    LicenseStatus.GRANTED: Observed.GRANTED,
    LicenseStatus.ACTIVE: Observed.GRANTED,
    LicenseStatus.AMENDMENT_PENDING: Observed.GRANTED,
    LicenseStatus.EXHAUSTED: Observed.GRANTED,
    LicenseStatus.EXPIRED: Observed.GRANTED,
    LicenseStatus.SUSPENDED: Observed.SUSPENDED,
    LicenseStatus.DENIED: Observed.REFUSED,
    LicenseStatus.RETURNED: Observed.REFUSED,
    LicenseStatus.REVOKED: Observed.REFUSED,
    LicenseStatus.WITHDRAWN: Observed.WITHDRAWN,
}
"""The others are applications under review."""
_BY_ACTION = {
    Action.PASS: Observed.PASSED,
    Action.REVIEW: Observed.IN_REVIEW,
    Action.HOLD: Observed.HELD,
}
_NOT_DONE = frozenset({ShipmentStatus.CANCELLED, ShipmentStatus.RETURNED})


class Kind(NamedTuple):
    """What is counted together, within a week."""

    week: str
    destination: str
    item_group: str
    observed: Observed

    def __str__(self) -> str:
        return " ".join(self)

    @staticmethod
    @lru_cache(maxsize=4096)
    def read(text: str) -> Kind:
        """Read what `str` wrote: none of the words has a space."""
        week, destination, item_group, observed = text.split(" ")
        return Kind(week, destination, item_group, Observed(observed))


def of_license(state: LicenseState, at: datetime) -> Kind | None:
    """Return the kind of a license or an application; None where it is not civil.

    Args:
        state: The license as last heard of.
        at: When it was heard of; counts where the file does not say when it was handed in.
    """
    license_ = state.license
    if license_.end_use_class is not EndUseClass.CIVIL:
        return None
    return Kind(
        week_of(license_.accepted_at or license_.submitted_at or at),
        _the_one(license_.destination_countries),
        _group(license_.control_codes, license_.hs_codes),
        _of_file(state, license_),
    )


def of_shipment(state: OpenShipment, at: datetime, before: Action | None = None) -> Kind | None:
    """Return the kind of a shipment that has been decided; None where it is not civil.

    Args:
        state: The shipment with its decision in force.
        at: When its first event came.
        before: What was done with it before it was closed, where it was.
    """
    facts, last = state.facts, state.last
    if last is None or facts.end_use.class_ is not EndUseClass.CIVIL:
        return None
    action = last.action if facts.status.is_open or before is None else before
    observed = _BY_ACTION[action]
    if facts.status in _NOT_DONE and action is not Action.PASS:
        observed = Observed.GIVEN_UP
    destination = facts.destination_country or UNKNOWN
    return Kind(week_of(at), destination, _group_of_goods(facts), observed)


def week_of(moment: datetime | date) -> str:
    """Return the ISO 8601 week of a day, or of an instant in UTC: `2026-W48`."""
    day = moment.astimezone(UTC).date() if isinstance(moment, datetime) else moment
    return _week(day)


@lru_cache(maxsize=1024)
def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def _of_file(state: LicenseState, license_: License) -> Observed:
    # What ended a license stands, whatever a later revision says.
    found = _BY_STATUS.get(state.ended or license_.status)
    if found is not None:
        return found
    if license_.review == "suspended":
        return Observed.SUSPENDED
    return Observed.OVERDUE if state.overdue_told else Observed.PENDING


def _group_of_goods(facts: Shipment) -> str:
    items = facts.items
    if len(items) == 1:
        item = items[0]
        return _group(item.control_codes, () if item.hs_code is None else (item.hs_code,))
    codes = [code for item in items for code in item.control_codes]
    return _group(codes, [item.hs_code for item in items if item.hs_code is not None])


def _group(codes: Iterable[str], headings: Iterable[str]) -> str:
    families = {code.partition(".")[0] for code in codes}
    return _the_one(families or {f"HS:{code[:HEADING_DIGITS]}" for code in headings})


def _the_one(values: Iterable[str]) -> str:
    distinct = set(values)
    if len(distinct) > 1:
        return SEVERAL
    return distinct.pop() if distinct else UNKNOWN
