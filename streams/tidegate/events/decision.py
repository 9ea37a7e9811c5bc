"""The judgement on one shipment: outcome, action, and every reason with the law it rests on."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import ConfigDict, Field

from tidegate.events.model import RecordModel
from tidegate.events.values import Identifier, Instant, Revision


class Outcome(StrEnum):
    """What the law says of a shipment, strongest first."""

    PROHIBITED = "PROHIBITED"
    DENIAL_PRESUMED = "DENIAL_PRESUMED"
    STOP_ON_KNOWLEDGE = "STOP_ON_KNOWLEDGE"
    LICENSE_INVALID = "LICENSE_INVALID"
    LICENSE_REQUIRED = "LICENSE_REQUIRED"
    ENHANCED_DUE_DILIGENCE = "ENHANCED_DUE_DILIGENCE"
    REVIEW = "REVIEW"
    LICENSE_REQUIRED_IF_REACTIVATED = "LICENSE_REQUIRED_IF_REACTIVATED"
    AUTHORISED = "AUTHORISED"
    NO_RULE_MATCHED = "NO_RULE_MATCHED"

    @property
    def rank(self) -> int:
        """Strength: 0 is the strongest."""
        return _RANK[self]

    @property
    def action(self) -> Action:
        """What the stream does about it."""
        return _ACTION.get(self, Action.PASS)


class Action(StrEnum):
    """What happens to the shipment."""

    PASS = "pass"  # noqa: S105 - an action, not a password
    REVIEW = "review"
    HOLD = "hold"


_RANK = {outcome: rank for rank, outcome in enumerate(Outcome)}
_ACTION = {
    Outcome.PROHIBITED: Action.HOLD,
    Outcome.DENIAL_PRESUMED: Action.HOLD,
    Outcome.STOP_ON_KNOWLEDGE: Action.HOLD,
    Outcome.LICENSE_INVALID: Action.HOLD,
    Outcome.LICENSE_REQUIRED: Action.HOLD,
    Outcome.ENHANCED_DUE_DILIGENCE: Action.REVIEW,
    Outcome.REVIEW: Action.REVIEW,
}


class Evidence(RecordModel):
    """One fact that a reason rests on: where it stands in the event, and what it says."""

    path: str
    value: Any


class ListEntry(RecordModel):
    """The list entry that a party met."""

    list: str
    entry: str
    name: str
    matched: str
    """The name on the shipment that met it."""
    grade: str = "exact"


class Reason(RecordModel):
    """Why: a measure, the article it stands in, the facts it met, and what was not known."""

    measure: str
    instrument: str
    article: str
    outcome: Outcome
    title: str
    source_url: str | None = None
    line: int | None = None
    """The line of goods concerned; None where the whole shipment is."""
    evidence: tuple[Evidence, ...] = ()
    unknown: tuple[str, ...] = ()
    list_entry: ListEntry | None = None
    score: float | None = None
    advice: str | None = None
    """What would free it, where the measure or the missing fact says so."""


class Previous(RecordModel):
    """What was decided before."""

    outcome: Outcome
    action: Action


class Decision(RecordModel):
    """The judgement on one shipment at one instant (`trade.decision.v1`).

    Its history (instant, tables, what was before) stands first, then its content; a decision is
    written when the content has changed. `inputs` names what was judged: the event and digest of
    the facts, each verdict with the license's revision, the dispositions in force and the baseline.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    decision_id: Identifier
    as_of: Instant
    tables_version: str
    previous: Previous | None = None
    shipment_id: Identifier
    revision: Revision
    outcome: Outcome
    action: Action
    reasons: tuple[Reason, ...]
    released_by: tuple[str, ...] = ()
    """Disposition ids whose release made the action `pass`; the outcome stays what the law says."""
    shadow: tuple[Reason, ...] | None = None
    """What measures on trial say. They have no part in outcome, action, alerts and releases."""
    inputs: dict[str, Any] = Field(default_factory=dict)
