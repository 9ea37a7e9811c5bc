"""What a partition remembers of licenses and of the claims on them, and under which keys."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from tidegate.events.claim import Claim
from tidegate.events.license import License, LicenseStatus
from tidegate.events.model import RecordModel
from tidegate.events.values import Instant
from tidegate.licenses.balance import Draw
from tidegate.licenses.lifecycle import Filed
from tidegate.licenses.review import ReviewClock, overdue_at
from tidegate.licenses.standing import last_instant, zone_of

LICENSE_PREFIX = "l:"
CLAIM_PREFIX = "c:"
LEDGER_PREFIX = "b:"
HOLDING_PREFIX = "h:"
WAITING_PREFIX = "q:"
WALK_PREFIX = "w:"
REPLACED_PREFIX = "r:"
EXPORT_PREFIX = "e:"
_END = "\x1f"
"""Ends a license id within a key: ids hold no control characters, so no id is another's prefix."""
_PLACES = 10**15 - 1


class LicenseState(RecordModel):
    """A license as last heard of."""

    event_id: str
    digest: str
    license: License
    ended: LicenseStatus | None = None
    """See `licenses.lifecycle.Filed`."""
    review: ReviewClock | None = None
    """While an application is under review."""
    overdue_told: bool = False
    unlimited: tuple[str, ...] = ()
    """Entries of the watch list that it names: no limit runs for its review."""
    review_asked: bool = False
    """Whether it names any is asked when it would be overdue; the answer is under way or there."""
    expiry_at: Instant | None = None
    """When it is to be told next that the license is about to expire."""
    expiry_told: int | None = None
    """The shortest lead time at which that was told, in seconds."""
    counted: str = ""
    """What it is counted under (`practice`)."""

    @property
    def due(self) -> datetime | None:
        """When something of it is to be told."""
        dues = [due for due in (self.review_due, self.expiry_at) if due is not None]
        return min(dues, default=None)

    @property
    def review_due(self) -> datetime | None:
        """When it is to be told that the review is overdue."""
        if self.review is None or self.overdue_told or self.review_asked:
            return None
        return overdue_at(self.review, self.license.regime)

    @property
    def expires(self) -> datetime | None:
        """The first instant at which a license that may be drawn on is no longer valid."""
        if not Filed(self.license, self.ended).drawable:
            return None
        return last_instant(self.license.valid_to, zone_of(self.license.regime))


class ClaimState(RecordModel):
    """A claim, and what came of it."""

    claim: Claim
    place: int
    """Its place in the order of the license's log. A claim that asks for more takes a new one."""
    drawn: Draw | None = None
    """What it has of the license; less than it asks for where it asked for more, in vain."""
    spent: bool = False
    """Its export has taken place: what it drew is never free again, unless the goods come back."""


class Export(RecordModel):
    """One export under a license: the lines of one shipment that hold something of it."""

    lines: int
    spent: bool = False


class Waiting(RecordModel):
    """A claim that has not got what it asks for: enough to see whether it would fit now."""

    key: str
    draw: Draw
    in_scope: bool
    told: bool
    """It has been answered; one that came while others were being answered has not."""


class Walk(RecordModel):
    """How far the answering of a license's claims has come. The steps, in order:

    `scope`: what no longer lies within the license gives back what it had reserved.
    `confirm`: the holders are answered, newest first; while the license is overdrawn they lose it.
    `waiting`: those who wait are answered, oldest first, and get what fits.
    """

    step: Literal["scope", "confirm", "waiting"]
    cursor: str = ""
    everyone: bool = True
    """All are answered, for the license has changed; else only those who now get what they ask."""


def license_key(license_id: str) -> str:
    """Return the key of a license."""
    return LICENSE_PREFIX + license_id


def claim_key(claim: Claim) -> str:
    """Return the key of one line's claim on one license."""
    return f"{CLAIM_PREFIX}{claim.license_id}{_END}{claim.shipment_id}{_END}{claim.line}"


def ledger_key(license_id: str) -> str:
    """Return the key of a license's ledger, which is there once somebody has claimed it."""
    return LEDGER_PREFIX + license_id


def holding_prefix(license_id: str) -> str:
    """Return what the keys of all that hold something of a license begin with."""
    return f"{HOLDING_PREFIX}{license_id}{_END}"


def holding_key(license_id: str, place: int) -> str:
    """Return the key under which a holder's claim key lies; the newest sorts first."""
    return f"{holding_prefix(license_id)}{_PLACES - place:015d}"


def waiting_prefix(license_id: str) -> str:
    """Return what the keys of all that wait for a license begin with."""
    return f"{WAITING_PREFIX}{license_id}{_END}"


def waiting_key(license_id: str, place: int) -> str:
    """Return the key of a `Waiting`; the oldest sorts first."""
    return f"{waiting_prefix(license_id)}{place:015d}"


def export_key(license_id: str, shipment_id: str) -> str:
    """Return the key of a shipment's `Export` under a license."""
    return f"{EXPORT_PREFIX}{license_id}{_END}{shipment_id}"


def replaced_key(license_id: str) -> str:
    """Return the key of the number of the license that replaces this one."""
    return REPLACED_PREFIX + license_id


def walk_key(license_id: str) -> str:
    """Return the key of a license's `Walk`."""
    return WALK_PREFIX + license_id
