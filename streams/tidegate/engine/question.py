"""What one decision is asked about: all of its inputs, in one value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tidegate.events.claim import Verdict
from tidegate.events.decision import Previous
from tidegate.events.false_match import FalseMatch
from tidegate.events.model import RecordModel
from tidegate.events.shipment import Answer, EndUseClass, PartyClass, Shipment
from tidegate.events.values import Amount, CountryCode, Instant, Revision


class EndUser(RecordModel):
    """An end user as the baseline remembers it; `folded` is how names are compared."""

    name: str
    folded: str
    country: CountryCode | None = None
    class_: PartyClass = PartyClass.UNKNOWN


class Goods(RecordModel):
    """A line of goods as customs released it."""

    line: int
    control_codes: tuple[str, ...] = ()
    hs_code: str | None = None
    quantity: Amount | None = None
    unit: str | None = None


class Baseline(RecordModel):
    """The key facts at license grant or at customs release, whichever was there first.

    What differs from it later is a change that stops the export (Regulations on the export
    control of dual-use items, articles 18(2) and 25).
    """

    revision: Revision
    set_by: str
    """`license` or `release`."""
    licenses: tuple[str, ...] = ()
    """Licenses that granted it."""
    end_users: tuple[EndUser, ...] = ()
    end_use_class: EndUseClass = EndUseClass.UNKNOWN
    military_capability: Answer = Answer.UNKNOWN
    destination_country: CountryCode | None = None
    goods: tuple[Goods, ...] = ()
    """As customs released them; empty before: until then lines are still being made up."""


class Release(RecordModel):
    """A person's release of a hold, with what the person saw."""

    disposition_id: str
    decision_id: str
    covers: tuple[str, ...]
    """Fingerprints of the hold and review reasons of that decision."""
    expires_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Everything that a decision is a function of, but for the tables."""

    event_id: str
    facts: Shipment
    facts_digest: str
    as_of: datetime
    verdicts: tuple[Verdict, ...] = ()
    """Answers to claims of this revision; an answer to an older one does not belong here."""
    releases: tuple[Release, ...] = ()
    false_matches: tuple[FalseMatch, ...] = ()
    """Those of the shipment's parties, in force or not."""
    baseline: Baseline | None = None
    previous: Previous | None = None
