"""What a person wants to say about a shipment, and the disposition that it becomes."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tidegate.events.codec import canonical, derived_id
from tidegate.events.disposition import Disposition, DispositionKind, Reason
from tidegate.events.values import Identifier, Moment, Name


class Wish(BaseModel):
    """What a person decides, and on which decision they saw it.

    `takes_back` is the disposition that a withdrawal takes back. `party` and `entry` are named by
    a false match. A release of a prohibition names its `special_approval`.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "shipment_id": "SHP-1",
                "decision_id": "5b0c8a52-0f6c-5a4c-9f0b-6d2c3f1a7e11",
                "kind": "request_information",
                "reason": "The class of the end user is to be confirmed by the consignee.",
            }
        },
    )

    shipment_id: Identifier
    decision_id: Identifier = Field(description="The decision that the person saw.")
    kind: DispositionKind
    reason: Reason
    special_approval: Identifier | None = None
    party: Name | None = None
    entry: Identifier | None = None
    takes_back: Identifier | None = None
    expires_at: Moment | None = Field(
        default=None, description="When a release or false match lapses."
    )

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Wish:
        if (self.kind is DispositionKind.WITHDRAW) != (self.takes_back is not None):
            raise ValueError("takes_back is named by a withdrawal, and by nothing else")
        paired = self.party is not None and self.entry is not None
        if paired != (self.kind is DispositionKind.FALSE_MATCH) or (
            not paired and (self.party or self.entry)
        ):
            raise ValueError("party and entry are named by a false match, and by nothing else")
        if self.special_approval is not None and self.kind is not DispositionKind.RELEASE:
            raise ValueError("special_approval is named by a release only")
        lapses = (DispositionKind.RELEASE, DispositionKind.FALSE_MATCH)
        if self.expires_at is not None and self.kind not in lapses:
            raise ValueError("expires_at is named by a release or a false match only")
        return self

    def number(self, by: str, round_: int) -> str:
        """Return the disposition's id: the same wish of the same person is the same disposition.

        Args:
            by: Who wishes it.
            round_: How often something on this shipment was taken back: what is said again after
                that is said anew. A withdrawal names what it takes back, and is the one of that.
        """
        if self.takes_back is not None:
            round_ = 0
        return derived_id("disposition", canonical(self), by, str(round_))

    def disposition(
        self,
        number: str,
        by: str,
        *,
        seconded_by: str | None = None,
        taken_back: Disposition | None = None,
    ) -> Disposition:
        """Return the disposition that is to be sent.

        Args:
            number: Its id.
            by: Who decided.
            seconded_by: The second person.
            taken_back: For a withdrawal, what it takes back: the worker finds it by the decision
                that it released, or by party and entry.
        """
        one = taken_back
        return Disposition(
            disposition_id=number,
            shipment_id=self.shipment_id,
            decision_id=self.decision_id if one is None else one.decision_id,
            kind=self.kind,
            reason=self.reason,
            by=by,
            seconded_by=seconded_by,
            special_approval=self.special_approval,
            party=self.party if one is None else one.party,
            entry=self.entry if one is None else one.entry,
            expires_at=self.expires_at,
        )
