"""A person's word that a party is not the listed one, as all partitions are told of it."""

from __future__ import annotations

from typing import Literal

from tidegate.events.model import RecordModel
from tidegate.events.values import CountryCode, Instant


class FalseMatch(RecordModel):
    """One pair of a party and a list entry that are two: an entry of the positive list."""

    disposition_id: str
    party: str
    """Folded name."""
    country: CountryCode | None = None
    """The party's country when it was said; another country makes it another question."""
    list: str
    entry: str
    entry_digest: str
    """Digest of the list entry when it was said; a changed entry makes it another question."""
    by: str
    reason: str
    said_at: Instant
    expires_at: Instant | None = None


class FalseMatchControl(RecordModel):
    """Take a pair into a partition's positive list, or out of it (`tidegate.control.v1`)."""

    kind: Literal["false_match"] = "false_match"
    match: FalseMatch
    withdrawn: bool = False
