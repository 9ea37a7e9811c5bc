"""Say what is wrong with a license at an instant: its status, its dates, and the claim on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tidegate.events.claim import LicenseFacts, Verdict
from tidegate.events.license import APPLICATION_STATUSES, LicenseStatus
from tidegate.events.values import instant_text

ZONES = {"CN": "Asia/Shanghai", "JP": "Asia/Tokyo", "US": "America/New_York"}
"""Where an authority's day begins. A regime that is not named here has its days in UTC."""


class Fault(NamedTuple):
    """One thing wrong with a cited license."""

    name: str
    """One of `measures.condition.LicenseFault`."""
    path: str
    value: str
    unknown: str | None = None
    """The missing fact, where the fault is that something cannot be known."""


_STATUS_FAULTS = {
    LicenseStatus.AMENDMENT_PENDING: "amendment_pending",
    LicenseStatus.SUSPENDED: "suspended",
    LicenseStatus.DENIED: "denied",
    LicenseStatus.RETURNED: "not_granted",
    LicenseStatus.WITHDRAWN: "not_granted",
    LicenseStatus.EXPIRED: "expired",
    LicenseStatus.REVOKED: "revoked",
    LicenseStatus.EXHAUSTED: "exhausted",
}

_ASPECT_FAULTS = {
    "holder": "holder_differs",
    "consignee": "consignee_differs",
    "end_user": "end_user_differs",
    "destination": "destination_differs",
    "item": "item_differs",
    "end_use": "end_use_differs",
    "unit": "quantity_exceeded",
    "quantity": "quantity_exceeded",
    "value": "quantity_exceeded",
    "uses": "reused",
}


def faults(license_id: str, verdict: Verdict | None, as_of: datetime) -> tuple[Fault, ...]:
    """Return all that stands against using this license at `as_of`; empty: it grants.

    Args:
        license_id: The number that the line cites.
        verdict: The owner's answer; None while there is none.
        as_of: The instant; aware.
    """
    path = f"licenses[{license_id}]"
    if verdict is None:
        return (Fault("unanswered", path, license_id, f"verdict {license_id}"),)
    if verdict.license is None:
        return (Fault("not_found", path, license_id, path),)
    found = tuple(_found(path, verdict, verdict.license, as_of))
    if verdict.unreserved and not found:
        # It could grant, but nothing is reserved on it yet.
        return (Fault("unanswered", path, license_id, f"verdict {license_id}"),)
    return found


def _found(path: str, verdict: Verdict, facts: LicenseFacts, as_of: datetime) -> Iterator[Fault]:
    if facts.ended is not None:
        yield Fault("ended", f"{path}.status", f"{facts.status}, after it was {facts.ended}")
    if facts.replaced_by is not None:
        yield Fault("replaced", f"{path}.replaced_by", facts.replaced_by)
    if facts.status is LicenseStatus.EXHAUSTED and verdict.spent:
        pass  # by this very export
    elif facts.status in APPLICATION_STATUSES:
        yield Fault("not_granted", f"{path}.status", facts.status)
    elif facts.status in _STATUS_FAULTS:
        yield Fault(_STATUS_FAULTS[facts.status], f"{path}.status", facts.status)
    start, end = span(facts)
    if facts.valid_from is None or facts.valid_to is None:
        name = "valid_from" if facts.valid_from is None else "valid_to"
        yield Fault("incomplete", f"{path}.{name}", "not stated", f"{path}.{name}")
    if start is not None and as_of < start:
        yield Fault("not_yet_valid", f"{path}.valid_from", _text(facts.valid_from))
    if end is not None and as_of >= end and facts.status is not LicenseStatus.EXPIRED:
        yield Fault("expired", f"{path}.valid_to", _text(facts.valid_to))
    for mismatch in verdict.mismatches:
        yield Fault(
            _ASPECT_FAULTS[mismatch.aspect],
            f"{path}.{mismatch.aspect}",
            f"claimed {mismatch.claimed}, licensed {mismatch.licensed}",
            mismatch.unknown,
        )


def span(facts: LicenseFacts) -> tuple[datetime | None, datetime | None]:
    """Return the first instant of validity, and the first instant after it."""
    zone = zone_of(facts.regime)
    return first_instant(facts.valid_from, zone), last_instant(facts.valid_to, zone)


def zone_of(regime: str) -> ZoneInfo:
    """Return the zone in which a regime's days begin."""
    return ZoneInfo(ZONES.get(regime, "UTC"))


def first_instant(moment: date | None, zone: ZoneInfo) -> datetime | None:
    """Return where a day begins; an instant is itself."""
    if moment is None or isinstance(moment, datetime):
        return moment
    return datetime(moment.year, moment.month, moment.day, tzinfo=zone).astimezone(UTC)


def last_instant(moment: date | None, zone: ZoneInfo) -> datetime | None:
    """Return the first instant after a day; an instant is itself."""
    if moment is None or isinstance(moment, datetime):
        return moment
    return first_instant(moment + timedelta(days=1), zone)


def _text(moment: date | None) -> str:
    if moment is None:
        return "not stated"
    return instant_text(moment) if isinstance(moment, datetime) else moment.isoformat()
