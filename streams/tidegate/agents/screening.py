"""The screening agent: owns the shipments of one partition, and decides about them.

It takes shipments, verdicts of license owners, dispositions of people, and control records that
switch the tables; it writes decisions, alerts and claims.
"""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta

from tidegate.agents import dispositions, inputs, observed
from tidegate.agents.alarms import ALARM_PREFIX, TableAlarms
from tidegate.agents.book import Book, head_of_state
from tidegate.agents.closings import CLOSING_PREFIX, HOUR_PREFIX, Closings
from tidegate.agents.concern import Concern
from tidegate.agents.control import read_control
from tidegate.agents.decoded import Decoded
from tidegate.agents.desk import Desk
from tidegate.agents.heads import document_of, head_of, with_head
from tidegate.agents.notice import Notice
from tidegate.agents.positive_list import POSITIVE_PREFIX, PositiveList
from tidegate.agents.practice import CHANGED_PREFIX, COUNT_PREFIX, PUBLISHED_EVERY, Practice
from tidegate.agents.review_limit import answer_review
from tidegate.agents.shelf import Shelf
from tidegate.agents.shipment_state import (
    PREFIX,
    ClosedShipment,
    OpenShipment,
    read,
    state_key,
    write,
)
from tidegate.agents.tables_state import TABLES_KEY, TablesState
from tidegate.agents.topics import CONTROL, DISPOSITIONS, SHIPMENTS, VERDICTS
from tidegate.agents.upcoming import UPCOMING_PREFIX, Upcoming
from tidegate.events.claim import Verdict
from tidegate.events.codec import DISPOSITION_TYPE, SHIPMENT_TYPE
from tidegate.events.disposition import Disposition, DispositionKind
from tidegate.events.false_match import FalseMatch, FalseMatchControl
from tidegate.events.practice import PracticeSubject
from tidegate.events.review_limit import ReviewQuestion
from tidegate.events.shipment import Shipment
from tidegate.events.upcoming import UpcomingCount
from tidegate.measures.tables import Tables
from tidegate.runtime.processor import Changes, Refused
from tidegate.runtime.record import Record
from tidegate.runtime.transaction import TooLarge, Transaction

log = logging.getLogger(__name__)


CLOSED_KEPT = timedelta(days=30)


def kept_line(key: str, value: bytes) -> bytes | None:
    """Return what the processor keeps in memory of a value, and begins with after a restart."""
    if key.startswith(PREFIX):
        return head_of(value)
    return None if key.startswith(CLOSING_PREFIX) else value


class ScreeningProcessor:
    """One partition of shipments. See `runtime.processor.Processor` for the calls."""

    def __init__(
        self,
        partition: int,
        shelf: Shelf,
        desk: Desk,
        closed_kept: timedelta = CLOSED_KEPT,
        concern: Concern | None = None,
        practice_every: timedelta = PUBLISHED_EVERY,
        notice: Notice | None = None,
    ) -> None:
        self.partition = partition
        self.book = Book()
        self.practice = Practice(PracticeSubject.SHIPMENT, partition, practice_every)
        self._shelf = shelf
        self._desk = desk
        self._current = TablesState()
        self._alarms = TableAlarms(partition)
        self._upcoming = Upcoming(partition, notice or Notice())
        self._positive = PositiveList()
        self._walk = (concern or Concern(shelf)).walk()
        self._decoded = Decoded(lambda value: read(document_of(value)))
        self._closings = Closings(closed_kept)

    @property
    def tables_state(self) -> TablesState:
        """Return which tables this partition decides with, as committed."""
        return self._current

    @property
    def has_tables(self) -> bool:
        """Say whether it decides: it has switched to a version, and this worker has built it."""
        version = self._current.version
        return version is not None and version in self._shelf.versions()

    def restored(self, state: Iterable[tuple[str, bytes]]) -> None:
        for key, line in state:
            self._learn(key, line)

    def ready(self, record: Record) -> bool:
        """Nothing is decided without tables; a switch waits until its version is built here."""
        if record.topic == CONTROL:
            control = read_control(record.value)
            if isinstance(control, FalseMatchControl | UpcomingCount | ReviewQuestion):
                return self._committed_tables() is not None
            if control is None or self._shelf.refusal(control.version) is not None:
                return True
            return self._shelf.get(control.version) is not None
        return self._committed_tables() is not None

    def take(self, transaction: Transaction, record: Record) -> None:
        if record.topic == SHIPMENTS:
            self._take_shipment(transaction, record)
        elif record.topic == VERDICTS:
            self._take_verdict(transaction, record)
        elif record.topic == DISPOSITIONS:
            self._take_disposition(transaction, record)
        elif record.topic == CONTROL:
            self._take_control(transaction, record)
        else:
            raise Refused("", f"the screening agent does not read {record.topic}")

    def due(self) -> datetime | None:
        tables = self._committed_tables()
        if tables is None:
            return None
        dues = [
            self.book.next_due(),
            self._alarms.next_due(tables),
            self._upcoming.next_due(tables),
            self._closings.next_due(),
            self.practice.next_due(),
        ]
        return min((due for due in dues if due is not None), default=None)

    def fire(self, transaction: Transaction, limit: int) -> int:
        published = self.practice.publish(transaction, limit)
        tables = self._tables(transaction)
        told = self._alarms.tell(transaction, tables) + self._upcoming.fire(transaction, tables)
        keys = self.book.due_at(transaction.clock, limit)
        self._decide_all(transaction, keys)
        # Not among the timers returned: the inputs need not wait until all is forgotten.
        self._closings.forget(transaction, limit)
        return published + told + len(keys)

    def walking(self) -> bool:
        waiting = self._current.cursor is not None or self._positive.walking()
        waiting = waiting or self._upcoming.walking()
        return waiting and self._committed_tables() is not None

    def walk(self, transaction: Transaction, limit: int) -> int:
        """Decide the next open shipments again: for a switch of tables, else for a false match;
        or foresee what is to become of them."""
        current = self._tables_state(transaction)
        if current.cursor is None:
            return self._walk_party(transaction, limit) or self._upcoming.walk(
                transaction,
                self._tables(transaction),
                limit,
                lambda key: self._with_matches(transaction, key),
            )
        keys, reached = self._walk.chunk(transaction, current, self.book, limit)
        self._decide_all(transaction, keys)
        done = reached is None
        left = {"cursor": None, "before": None} if done else {"cursor": reached}
        transaction.reached = reached
        current = current.model_copy(update=left)
        transaction.put(TABLES_KEY, current.model_dump_json(exclude_none=True).encode())
        if done and current.published_at is not None:
            seconds = (transaction.clock - current.published_at).total_seconds()
            transaction.observe("tables_propagation", max(0.0, seconds))
        return len(keys)

    def _walk_party(self, transaction: Transaction, limit: int) -> int:
        """Decide the next shipments of a party of whom a false match was recorded or taken back."""
        found = self._positive.next_walk(transaction)
        if found is None:
            return 0
        key, pairs = found
        shipments = self.book.with_names({pairs.party})
        begin = bisect_right(shipments, pairs.cursor or "")
        keys = shipments[begin : begin + limit]
        self._decide_all(transaction, keys)
        self._positive.walked(transaction, key, pairs, keys[-1] if len(keys) == limit else None)
        return max(1, len(keys))

    def applied(self, changes: Changes, clock: datetime) -> None:
        for key, value in changes.items():
            self._learn(key, None if value is None else kept_line(key, value))

    # Inputs

    def _take_shipment(self, transaction: Transaction, record: Record) -> None:
        event = inputs.read(record, SHIPMENT_TYPE, Shipment, "shipment_id")
        facts = event.data
        key = state_key(facts.shipment_id)
        state = self._state(transaction, key)
        if state is not None and facts.revision <= state.revision:
            kind = "late"
            if facts.revision == state.revision:
                kind = "same" if event.digest == state.digest else "conflict"
            transaction.count("duplicate", f"{SHIPMENTS}/{kind}")
            return
        transaction.count("applied", SHIPMENTS)
        seconds = transaction.clock.timestamp() - record.timestamp_ms / 1000
        transaction.observe("event_to_decision", max(0.0, seconds))
        old = state if isinstance(state, OpenShipment) else None
        new = self._desk.revised(transaction, old, event)
        if isinstance(state, ClosedShipment):
            new = new.model_copy(update={"counted": state.counted})
        if facts.status.is_open:
            self._decide(transaction, new)
        else:
            last = self._desk.decided(transaction, new, self._tables(transaction))
            before = None if old is None or old.last is None else old.last.action
            seen = observed.of_shipment(last, transaction.clock, before)
            closed = ClosedShipment(
                closed_at=transaction.clock,
                revision=facts.revision,
                digest=event.digest,
                counted=self.practice.move(transaction, new.counted, seen),
            )
            transaction.put(key, write(closed))
            self._closings.note(transaction, facts.shipment_id)

    def _take_verdict(self, transaction: Transaction, record: Record) -> None:
        verdict = Verdict.model_validate_json(record.value or b"")
        state = self._open(transaction, state_key(verdict.shipment_id))
        if state is None or verdict.shipment_revision != state.revision:
            transaction.count("duplicate", f"{VERDICTS}/late")
            return
        transaction.count("applied", VERDICTS)
        about = (verdict.line, verdict.license_id)
        others = [v for v in state.verdicts if (v.line, v.license_id) != about]
        known = next((v for v in state.verdicts if (v.line, v.license_id) == about), None)
        if known is None:
            seconds = transaction.clock.timestamp() - record.timestamp_ms / 1000
            transaction.observe("claim_to_decision", max(0.0, seconds))
        verdicts = sorted([*others, verdict], key=lambda v: (v.line, v.license_id))
        self._decide(transaction, state.model_copy(update={"verdicts": tuple(verdicts)}))

    def _take_disposition(self, transaction: Transaction, record: Record) -> None:
        event = inputs.read(record, DISPOSITION_TYPE, Disposition, "shipment_id")
        state = self._open(transaction, state_key(event.data.shipment_id))
        if state is None:
            raise Refused("data.shipment_id", "no open shipment of that id")
        if event.data.disposition_id in state.dispositions:
            transaction.count("duplicate", f"{DISPOSITIONS}/same")
            return
        said = self._false_match(transaction, state, event.data)
        if said is not None:
            self._positive.take(transaction, said)
            self._positive.tell_others(transaction, said)
            new = state
        else:
            new = dispositions.apply(state, event.data)
        transaction.count("applied", DISPOSITIONS)
        noted = (*state.dispositions, event.data.disposition_id)
        self._decide(transaction, new.model_copy(update={"dispositions": noted}))

    def _false_match(
        self, transaction: Transaction, state: OpenShipment, disposition: Disposition
    ) -> FalseMatchControl | None:
        """Return what a disposition says of the positive list; None: it says nothing of it."""
        if disposition.kind is DispositionKind.FALSE_MATCH:
            tables = self._tables(transaction)
            match = dispositions.false_match(state.facts, disposition, tables, transaction.clock)
            return FalseMatchControl(match=match)
        if disposition.kind is DispositionKind.WITHDRAW and disposition.party is not None:
            entry = disposition.entry or ""
            for match in self._positive.find(transaction, disposition.party, state.facts, entry):
                return FalseMatchControl(match=match, withdrawn=True)
            raise Refused("data.entry", "no false match of that party and entry is in force")
        return None

    def _take_control(self, transaction: Transaction, record: Record) -> None:
        """Take a word on the positive list; or switch tables, at this place in the history."""
        control = read_control(record.value)
        if control is None:
            raise Refused("", "not a control record")
        if isinstance(control, FalseMatchControl):
            if self._positive.take(transaction, control):
                transaction.count("applied", CONTROL)
            else:
                transaction.count("duplicate", f"{CONTROL}/same")
            return
        if isinstance(control, UpcomingCount):
            taken = self._upcoming.take(transaction, control, self._tables(transaction))
            transaction.count(
                *(("applied", CONTROL) if taken else ("duplicate", f"{CONTROL}/late"))
            )
            return
        if isinstance(control, ReviewQuestion):
            answer_review(transaction, control, self._tables(transaction))
            transaction.count("applied", CONTROL)
            return
        refusal = self._shelf.refusal(control.version)
        if refusal is not None:
            raise Refused("version", f"tables {control.version} were refused: {refusal}")
        current = self._tables_state(transaction)
        if current.version == control.version:
            transaction.count("duplicate", f"{CONTROL}/same")
            return
        transaction.count("applied", CONTROL)
        self._upcoming.switched(transaction)
        switched = TablesState(
            version=control.version,
            published_at=control.published_at,
            cursor="",
            # One that comes while a walk is under way ends it: all are looked at then.
            before=current.version if current.cursor is None else None,
        )
        transaction.put(TABLES_KEY, switched.model_dump_json(exclude_none=True).encode())

    # State

    def _decide_all(self, transaction: Transaction, keys: Iterable[str]) -> None:
        for key in keys:
            state = self._open(transaction, key)
            if state is not None:
                self._decide(transaction, state)

    def _decide(self, transaction: Transaction, state: OpenShipment) -> None:
        """Decide and keep; a decision or a state too large to be written asks for a person.

        Fail closed: refusing the record that led to it would leave the decision from before in
        force, and a timer or a walk could not go on at all.
        """
        tables = self._tables(transaction)
        matches = self._positive.matches(transaction, state.facts)
        try:
            with transaction.attempt():
                self._put(transaction, self._desk.decided(transaction, state, tables, matches))
        except TooLarge as error:
            log.error("%s: a person must look: %s", state_key(state.facts.shipment_id), error)
            cause = "what was decided is larger than a record may be"
            self._put(transaction, self._desk.put_aside(transaction, state, tables, cause))

    def _put(self, transaction: Transaction, state: OpenShipment) -> None:
        key = state_key(state.facts.shipment_id)
        kind = observed.of_shipment(state, transaction.clock)
        counted = self.practice.move(transaction, state.counted, kind)
        if counted != state.counted:
            state = state.model_copy(update={"counted": counted})
        value = with_head(head_of_state(state), write(state))
        if value != transaction.get(key):
            transaction.put(key, value)
            self._decoded.note(key, value, state)

    def _state(self, transaction: Transaction, key: str) -> OpenShipment | ClosedShipment | None:
        value = transaction.get(key)
        return None if value is None else self._decoded.get(key, value)

    def _open(self, transaction: Transaction, key: str) -> OpenShipment | None:
        state = self._state(transaction, key)
        return state if isinstance(state, OpenShipment) else None

    def _with_matches(
        self, transaction: Transaction, key: str
    ) -> tuple[OpenShipment, tuple[FalseMatch, ...]] | None:
        state = self._open(transaction, key)
        if state is None:
            return None
        return state, self._positive.matches(transaction, state.facts)

    def _tables_state(self, transaction: Transaction) -> TablesState:
        value = transaction.get(TABLES_KEY)
        return TablesState() if value is None else TablesState.model_validate_json(value)

    def _tables(self, transaction: Transaction) -> Tables:
        version = self._tables_state(transaction).version
        tables = None if version is None else self._shelf.get(version)
        assert tables is not None, "ready() waited for it"
        return tables

    def _committed_tables(self) -> Tables | None:
        version = self._current.version
        return None if version is None else self._shelf.get(version)

    def _learn(self, key: str, line: bytes | None) -> None:
        if key == TABLES_KEY and line is not None:
            self._current = TablesState.model_validate_json(line)
        elif key.startswith(ALARM_PREFIX):
            self._alarms.learn(key)
        elif key.startswith(UPCOMING_PREFIX):
            self._upcoming.learn(key, line)
        elif key.startswith(PREFIX):
            self.book.replace(key, line)
        elif key.startswith(POSITIVE_PREFIX):
            self._positive.learn(key, line)
        elif key.startswith(HOUR_PREFIX):
            self._closings.learn(key, line is not None)
        elif key.startswith((COUNT_PREFIX, CHANGED_PREFIX)):
            self.practice.learn(key, line)
