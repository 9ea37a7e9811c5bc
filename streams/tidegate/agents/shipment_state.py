"""What a partition remembers of a shipment, and how it reads and writes it."""

from __future__ import annotations

from datetime import datetime

from pydantic import PrivateAttr

from tidegate.engine.question import Baseline, Question, Release
from tidegate.events.claim import Verdict
from tidegate.events.decision import Action, Outcome, Previous
from tidegate.events.false_match import FalseMatch
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
    traceparent: str | None = None
    """Trace context of the event (W3C Trace Context), passed on to what follows from it."""
    verdicts: tuple[Verdict, ...] = ()
    moved: tuple[tuple[int, str], ...] = ()
    """Lines that claim another license than the first one they cite; see `claiming`."""
    baseline: Baseline | None = None
    releases: tuple[Release, ...] = ()
    dispositions: tuple[str, ...] = ()
    """Ids of all dispositions applied, so that one sent twice counts once."""
    content: str = ""
    """Digest of the last decision without its history; empty before the first."""
    seen: tuple[Seen, ...] = ()
    """The last decisions, newest last."""
    held_by: tuple[tuple[str, Outcome], ...] = ()
    """Measures that hold it, each with its own outcome; empty when its action is not `hold`."""
    shadowed_by: tuple[tuple[str, Outcome], ...] = ()
    """Measures on trial that would hold it, each with its own outcome."""
    held_since: Instant | None = None
    late_at: Instant | None = None
    """When the hold has lasted longer than its service level."""
    late_told: Instant | None = None
    """The beginning of the hold of which that was told."""
    lapse_of: Instant | None = None
    """When its end-use certificate lapses."""
    lapse_at: Instant | None = None
    """When that is to be told next."""
    lapse_told: int | None = None
    """The shortest lead time at which it was told, in seconds."""
    told: Told | None = None
    unanswered_since: Instant | None = None
    next_change: Instant | None = None
    alert_at: Instant | None = None
    counted: str = ""
    """What it is counted under (`practice`)."""
    facts: Shipment
    _written: bytes = PrivateAttr(b"")

    def with_facts(self, written: bytes) -> OpenShipment:
        """Note the facts as they are written, so that they need not be written again."""
        self._written = written
        return self

    @property
    def facts_written(self) -> bytes:
        """The facts in canonical form."""
        if not self._written:
            self._written = write_facts(self.facts)
        return self._written

    @property
    def revision(self) -> int:
        return self.facts.revision

    @property
    def last(self) -> Seen | None:
        """The decision in force."""
        return self.seen[-1] if self.seen else None

    def question(self, as_of: datetime, false_matches: tuple[FalseMatch, ...] = ()) -> Question:
        """Return what is asked about it at an instant.

        Args:
            as_of: The instant; aware.
            false_matches: Those of its parties.
        """
        last = self.last
        return Question(
            event_id=self.event_id,
            facts=self.facts,
            facts_digest=self.digest,
            as_of=as_of,
            verdicts=self.verdicts,
            releases=self.releases,
            false_matches=false_matches,
            baseline=self.baseline,
            previous=None if last is None else Previous(outcome=last.outcome, action=last.action),
        )


class ClosedShipment(RecordModel):
    """What stays of a closed shipment, so that a late event cannot revive it."""

    closed_at: Instant
    revision: Revision
    digest: str
    counted: str = ""
    """What it stays counted under (`practice`), unless it is opened again."""


_FACTS = b',"facts":{'
"""Where the facts begin in an open shipment's state: they are its last field, and a JSON string
cannot hold these bytes."""
_HEAD_ONLY = {"facts"}
_CLOSED = b'{"closed_at":'
"""`closed_at` is the first field of a closed shipment, and no field of an open one."""


def state_key(shipment_id: str) -> str:
    """Return the key under which a shipment's state lies."""
    return PREFIX + shipment_id


def write_facts(facts: Shipment) -> bytes:
    """Write facts in one way only: equal facts have equal bytes."""
    return facts.model_dump_json(by_alias=True, exclude_defaults=True).encode()


def write(state: OpenShipment | ClosedShipment) -> bytes:
    """Write a state as the changelog has it."""
    if isinstance(state, ClosedShipment):
        return state.model_dump_json(by_alias=True, exclude_defaults=True).encode()
    head = state.model_dump_json(by_alias=True, exclude_defaults=True, exclude=_HEAD_ONLY)
    return b'%b,"facts":%b}' % (head[:-1].encode(), state.facts_written)


def read(value: bytes) -> OpenShipment | ClosedShipment:
    """Read a state from the changelog's bytes."""
    if value.startswith(_CLOSED):
        return ClosedShipment.model_validate_json(value)
    state = OpenShipment.model_validate_json(value)
    return state.with_facts(value[value.index(_FACTS) + len(_FACTS) - 1 : -1])
