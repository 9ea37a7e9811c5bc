"""The license agent: owns the licenses of one partition, and answers claims on them.

A claim is remembered, whether its license is known or not; when the license changes, its claims
are answered again (`account`). It reads no restriction table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from tidegate.agents import inputs, observed
from tidegate.agents.account import Account
from tidegate.agents.decoded import Decoded
from tidegate.agents.heads import document_of, head_of, with_head
from tidegate.agents.license_alerts import tell_expiring, tell_overdue, tell_unusable
from tidegate.agents.license_book import LicenseBook, head_of_license
from tidegate.agents.license_state import (
    LICENSE_PREFIX,
    WALK_PREFIX,
    LicenseState,
    license_key,
    replaced_key,
)
from tidegate.agents.notice import Notice
from tidegate.agents.practice import CHANGED_PREFIX, COUNT_PREFIX, PUBLISHED_EVERY, Practice
from tidegate.agents.topics import CLAIMS, CONTROL, LICENSES
from tidegate.events import codec
from tidegate.events.claim import Claim, Replacement
from tidegate.events.codec import canonical
from tidegate.events.license import USABLE_STATUSES, License
from tidegate.events.practice import PracticeSubject
from tidegate.events.review_limit import ReviewAnswer, ReviewQuestion
from tidegate.licenses.lifecycle import Filed, ended_before
from tidegate.licenses.review import reviewed
from tidegate.runtime.processor import Changes, Refused
from tidegate.runtime.record import Record
from tidegate.runtime.transaction import Transaction

ANSWERED_AT_ONCE = 500
"""Up to this many claims are answered in the license event's own transaction; more are walked."""

_Request = Claim | Replacement | ReviewAnswer
_REQUEST: TypeAdapter[_Request] = TypeAdapter(_Request)


def kept_line(key: str, value: bytes) -> bytes | None:
    """Return what the processor keeps in memory of a value, and begins with after a restart."""
    if key.startswith(LICENSE_PREFIX):
        return head_of(value)
    return value if key.startswith((WALK_PREFIX, COUNT_PREFIX, CHANGED_PREFIX)) else None


class LicensingProcessor:
    """One partition of licenses. See `runtime.processor.Processor` for the calls."""

    def __init__(
        self,
        partition: int,
        practice_every: timedelta = PUBLISHED_EVERY,
        notice: Notice | None = None,
    ) -> None:
        self.partition = partition
        self._notice = notice or Notice()
        self.book = LicenseBook()
        self.practice = Practice(PracticeSubject.APPLICATION, partition, practice_every)
        self._walks: set[str] = set()
        self._decoded = Decoded(_decoded)

    def restored(self, state: Iterable[tuple[str, bytes]]) -> None:
        for key, line in state:
            self._learn(key, line)

    def ready(self, record: Record) -> bool:
        return True

    def take(self, transaction: Transaction, record: Record) -> None:
        if record.topic == CLAIMS:
            self._take_claim(transaction, record)
        elif record.topic == LICENSES:
            self._take_license(transaction, record)
        else:
            raise Refused("", f"the license agent does not read {record.topic}")

    def due(self) -> datetime | None:
        dues = (self.book.next_due(), self.practice.next_due())
        return min((due for due in dues if due is not None), default=None)

    def fire(self, transaction: Transaction, limit: int) -> int:
        """Publish what is observed; tell of overdue reviews, and of licenses about to expire."""
        published = self.practice.publish(transaction, limit)
        keys = self.book.due_at(transaction.clock, limit)
        for key in keys:
            state = self._state(transaction, key.removeprefix(LICENSE_PREFIX))
            if state is None or state.due is None:
                continue
            # A calendar published since may have moved the day.
            if state.review_due is not None and state.review_due <= transaction.clock:
                state = self._overdue(transaction, state)
            self._put(transaction, self._expiry_told(transaction, state))
        return published + len(keys)

    def _overdue(self, transaction: Transaction, state: LicenseState) -> LicenseState:
        """Tell that a review is overdue; of an application, ask first whether any limit runs."""
        license_, review = state.license, state.review
        assert review is not None, "it is due"
        names = (*license_.consignees, *license_.end_users)
        if review.of == "amendment" or not names:
            tell_overdue(transaction, state)
            return state.model_copy(update={"overdue_told": True})
        asked = ReviewQuestion(
            license_id=license_.license_id,
            license_revision=license_.revision,
            regime=license_.regime,
            names=names,
        )
        partition = transaction.partition % transaction.partitions(CONTROL)
        transaction.emit(CONTROL, None, canonical(asked), partition=partition)
        return state.model_copy(update={"review_asked": True})

    def _answered(self, transaction: Transaction, answer: ReviewAnswer) -> None:
        """Tell that a review is overdue, unless no limit runs for it."""
        state = self._state(transaction, answer.license_id)
        if state is None or not state.review_asked or state.overdue_told or state.review is None:
            transaction.count("duplicate", f"{CLAIMS}/late")
            return
        if state.license.revision != answer.license_revision:
            # Other names, maybe: asked again where it is still overdue.
            state = state.model_copy(update={"review_asked": False})
        elif answer.listed:
            state = state.model_copy(update={"unlimited": answer.listed})
        else:
            tell_overdue(transaction, state)
            state = state.model_copy(update={"overdue_told": True})
        transaction.count("applied", CLAIMS)
        self._put(transaction, state)

    def _expiry_told(self, transaction: Transaction, state: LicenseState) -> LicenseState:
        """Tell that a license is about to expire, if that is due; note when it is to be next."""
        expires, told, clock = state.expires, state.expiry_told, transaction.clock
        if expires is None or expires <= clock:
            return state.model_copy(update={"expiry_at": None})
        due = self._notice.due(expires, told)
        if due is not None and due <= clock:
            told = self._notice.reached(expires, clock)
            assert told is not None, "it is due"
            tell_expiring(transaction, state, told)
            due = self._notice.due(expires, told)
        return state.model_copy(update={"expiry_at": due, "expiry_told": told})

    def walking(self) -> bool:
        return bool(self._walks)

    def walk(self, transaction: Transaction, limit: int) -> int:
        """Answer the next claims of the first license that has changed."""
        for key in sorted(self._walks):
            with self._account(transaction, key.removeprefix(WALK_PREFIX)) as account:
                return max(1, account.walk(limit))
        return 0

    def applied(self, changes: Changes, clock: datetime) -> None:
        for key, value in changes.items():
            self._learn(key, None if value is None else kept_line(key, value))

    def _take_claim(self, transaction: Transaction, record: Record) -> None:
        request = _REQUEST.validate_json(record.value or b"")
        if isinstance(request, ReviewAnswer):
            self._answered(transaction, request)
            return
        if isinstance(request, Replacement):
            self._replace(transaction, request)
            return
        with self._account(transaction, request.license_id) as account:
            taken = account.take(request)
        if taken:
            transaction.count("applied", CLAIMS)
        else:
            transaction.count("duplicate", f"{CLAIMS}/late")

    def _take_license(self, transaction: Transaction, record: Record) -> None:
        event = inputs.read(record, codec.LICENSE_TYPE, License, "license_id")
        license_ = event.data
        known = self._state(transaction, license_.license_id)
        if known is not None and license_.revision <= known.license.revision:
            kind = "late"
            if license_.revision == known.license.revision:
                kind = "same" if event.digest == known.digest else "conflict"
            transaction.count("duplicate", f"{LICENSES}/{kind}")
            return
        transaction.count("applied", LICENSES)
        state = LicenseState(event_id=event.event_id, digest=event.digest, license=license_)
        if known is not None:
            ended = ended_before(known.ended, known.license.status, license_.status)
            state = state.model_copy(update={"ended": ended, "counted": known.counted})
        clock = reviewed(None if known is None else known.review, license_, transaction.clock)
        told = (
            clock is not None
            and known is not None
            and known.overdue_told
            and known.review is not None
            and known.review.of == clock.of
        )
        state = state.model_copy(update={"review": clock, "overdue_told": told})
        if known is not None and known.expires == state.expires:
            state = state.model_copy(update={"expiry_told": known.expiry_told})
        self._put(transaction, self._expiry_told(transaction, state))
        if license_.replaces is not None and license_.status in USABLE_STATUSES:
            said = Replacement(license_id=license_.replaces, replaced_by=license_.license_id)
            transaction.emit(CLAIMS, said.license_id, canonical(said))
        with self._account(transaction, license_.license_id) as account:
            account.revised(ANSWERED_AT_ONCE)
            if known is not None and account.claims:
                tell_unusable(transaction, known.license, license_, account.claims)

    def _replace(self, transaction: Transaction, told: Replacement) -> None:
        """Note that a license is replaced, for good, whether or not it is on file yet."""
        key = replaced_key(told.license_id)
        if transaction.get(key) is not None:
            transaction.count("duplicate", f"{CLAIMS}/same")
            return
        transaction.count("applied", CLAIMS)
        transaction.put(key, told.replaced_by.encode())
        with self._account(transaction, told.license_id) as account:
            account.revised(ANSWERED_AT_ONCE)

    @contextmanager
    def _account(self, transaction: Transaction, license_id: str) -> Iterator[Account]:
        state, file = self._state(transaction, license_id), None
        if state is not None:
            by = transaction.get(replaced_key(license_id))
            file = Filed(state.license, state.ended, None if by is None else by.decode())
        account = Account(transaction, license_id, file)
        yield account
        account.close()

    def _state(self, transaction: Transaction, license_id: str) -> LicenseState | None:
        key = license_key(license_id)
        value = transaction.get(key)
        return None if value is None else self._decoded.get(key, value)

    def _put(self, transaction: Transaction, state: LicenseState) -> None:
        kind = observed.of_license(state, transaction.clock)
        counted = self.practice.move(transaction, state.counted, kind)
        if counted != state.counted:
            state = state.model_copy(update={"counted": counted})
        value = with_head(head_of_license(state), canonical(state))
        transaction.put(license_key(state.license.license_id), value)

    def _learn(self, key: str, line: bytes | None) -> None:
        if key.startswith(WALK_PREFIX):
            if line is None:
                self._walks.discard(key)
            else:
                self._walks.add(key)
        elif key.startswith(LICENSE_PREFIX):
            self.book.replace(key, line)
        elif key.startswith((COUNT_PREFIX, CHANGED_PREFIX)):
            self.practice.learn(key, line)


def _decoded(value: bytes) -> LicenseState:
    return LicenseState.model_validate_json(document_of(value))
