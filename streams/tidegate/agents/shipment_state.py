"""What a partition remembers of a shipment, and how it reads and writes it."""

from __future__ import annotations

from tidegate.engine.question import Baseline, FalseMatch, Release
from tidegate.events.claim import Verdict
from tidegate.events.decision import Action, Outcome
from tidegate.events.model import RecordModel
from tidegate.events.shipment import Shipment
from tidegate.events.values import Instant, Revision

PREFIX = "s:"
KEPT_DECISIONS = 5
"""A release may name one of this many last decisions: the page it was seen on may be a bit old."""


class Seen(RecordModel):
    """A decision that a person may have before them: its hold and review reasons' fingerprints."""

    decision_id: str
    action: Action
    outcome: Outcome
    fingerprints: tuple[str, ...]


class Told(RecordModel):
    """What the last alert said, so that the next one can say what changed."""

    outcome: Outcome
    action: Action
    fingerprints: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    """The hold and review reasons in short, to say which are new and which are gone."""


class OpenShipment(RecordModel):
    """An open shipment: facts, answers, what people decided, and what was decided of it."""

    event_id: str
    digest: str
    facts: Shipment
    traceparent: str | None = None
    """Trace context of the event (W3C Trace Context), passed on to what follows from it."""
    verdicts: tuple[Verdict, ...] = ()
    baseline: Baseline | None = None
    releases: tuple[Release, ...] = ()
    false_matches: tuple[FalseMatch, ...] = ()
    dispositions: tuple[str, ...] = ()
    """Ids of all dispositions applied, so that one sent twice counts once."""
    content: str = ""
    """Digest of the last decision without its history; empty before the first."""
    seen: tuple[Seen, ...] = ()
    """The last decisions, newest last."""
    held_by: tuple[tuple[str, Outcome], ...] = ()
    """Measures that hold it, each with its own outcome; empty when its action is not `hold`."""
    held_since: Instant | None = None
    told: Told | None = None
    unanswered_since: Instant | None = None
    next_change: Instant | None = None
    alert_at: Instant | None = None

    @property
    def revision(self) -> int:
        return self.facts.revision

    @property
    def last(self) -> Seen | None:
        """The decision in force."""
        return self.seen[-1] if self.seen else None


class ClosedShipment(RecordModel):
    """What stays of a closed shipment, so that a late event cannot revive it."""

    closed_at: Instant
    revision: Revision
    digest: str


_CLOSED = b'{"closed_at":'
"""`closed_at` is the first field of a closed shipment, and no field of an open one."""


def state_key(shipment_id: str) -> str:
    """Return the key under which a shipment's state lies."""
    return PREFIX + shipment_id


def write(state: OpenShipment | ClosedShipment) -> bytes:
    """Write a state as the changelog has it."""
    return state.model_dump_json(by_alias=True, exclude_defaults=True).encode()


def read(value: bytes | None) -> OpenShipment | ClosedShipment | None:
    """Read a state from the changelog's bytes."""
    if value is None:
        return None
    if value.startswith(_CLOSED):
        return ClosedShipment.model_validate_json(value)
    return OpenShipment.model_validate_json(value)
