"""What a person decided on a hold."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from tidegate.events.model import EventModel
from tidegate.events.values import Identifier, Moment, Name


class DispositionKind(StrEnum):
    """What the person did."""

    RELEASE = "release"
    CONFIRM = "confirm"
    REQUEST_INFORMATION = "request_information"
    ESCALATE = "escalate"
    NOTE = "note"
    FALSE_MATCH = "false_match"
    WITHDRAW = "withdraw"


Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256, hexadecimal."""


class Link(EventModel):
    """Where a disposition stands in the chain of all that the console wrote.

    `hash` is the SHA-256 of the event as it was written, with this one field empty.
    """

    sequence: Annotated[int, Field(strict=True, ge=1, le=2**53)]
    previous: Digest
    """The hash of the one before; zeros for the first."""
    hash: Digest


Reason = Annotated[str, StringConstraints(min_length=1, max_length=5000, strip_whitespace=True)]


class Disposition(EventModel):
    """One act of a person on one shipment's hold (`trade.disposition.v1`).

    `party` is the name as it stands on the shipment and `entry` the list entry's id, for a false
    match. `decision_id` is the decision that the person saw; of a withdrawal, the decision whose
    release is taken back. A withdrawal that names `party` and `entry` takes back a false match.
    `chain` is what the console adds so that a change of its log can be found; no decision rests on
    it, and other senders leave it out.
    """

    disposition_id: Identifier
    shipment_id: Identifier
    decision_id: Identifier | None = None
    kind: DispositionKind
    reason: Reason
    by: Name
    seconded_by: Name | None = None
    special_approval: Identifier | None = None
    party: Name | None = None
    entry: Identifier | None = None
    expires_at: Moment | None = None
    chain: Link | None = None

    @model_validator(mode="after")
    def _names_what_it_is_about(self) -> Disposition:
        if self.kind is DispositionKind.WITHDRAW and bool(self.party) != bool(self.entry):
            raise ValueError("a withdrawal of a false match names both party and entry")
        if self.kind is DispositionKind.FALSE_MATCH and not (self.party and self.entry):
            raise ValueError("a false_match names the party and the list entry")
        if (
            self.kind in (DispositionKind.RELEASE, DispositionKind.CONFIRM)
            and self.decision_id is None
        ):
            raise ValueError(f"a {self.kind} names the decision_id that was seen")
        if self.seconded_by is not None and self.seconded_by.casefold() == self.by.casefold():
            raise ValueError("seconded_by must be another person than by")
        return self
