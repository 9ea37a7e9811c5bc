"""What a partition remembers of licenses and of the claims on them, and under which keys."""

from __future__ import annotations

from tidegate.events.claim import Claim
from tidegate.events.license import License
from tidegate.events.model import RecordModel

LICENSE_PREFIX = "l:"
CLAIM_PREFIX = "c:"
WALK_PREFIX = "w:"
_END = "\x1f"
"""Ends a license id within a key: ids hold no control characters, so no id is another's prefix."""


class LicenseState(RecordModel):
    """A license as last heard of."""

    event_id: str
    digest: str
    license: License


def license_key(license_id: str) -> str:
    """Return the key of a license."""
    return LICENSE_PREFIX + license_id


def claims_prefix(license_id: str) -> str:
    """Return what the keys of all claims on a license begin with."""
    return f"{CLAIM_PREFIX}{license_id}{_END}"


def claim_key(claim: Claim) -> str:
    """Return the key of one line's claim on one license."""
    return f"{claims_prefix(claim.license_id)}{claim.shipment_id}{_END}{claim.line}"


def walk_key(license_id: str) -> str:
    """Return the key of the cursor of a walk over a license's claims."""
    return WALK_PREFIX + license_id
