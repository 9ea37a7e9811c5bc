"""The license agent: owns the licenses of one partition, and answers claims on them.

A claim is remembered, whether its license is known or not; when the license changes, its claims
are answered again. It reads no restriction table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from sys import intern

from tidegate.agents import inputs
from tidegate.agents.alerting import write_alert
from tidegate.agents.decoded import Decoded
from tidegate.agents.heads import document_of, head_of, with_head
from tidegate.agents.license_state import (
    CLAIM_PREFIX,
    LICENSE_PREFIX,
    WALK_PREFIX,
    LicenseState,
    claim_key,
    claims_prefix,
    license_key,
    walk_key,
)
from tidegate.agents.topics import CLAIMS, LICENSES, VERDICTS
from tidegate.events import codec
from tidegate.events.alert import Alert, AlertKind, Severity
from tidegate.events.claim import Claim
from tidegate.events.codec import canonical, derived_id
from tidegate.events.license import USABLE_STATUSES, License
from tidegate.licenses.matching import answer
from tidegate.runtime.processor import Changes, Refused
from tidegate.runtime.record import Record
from tidegate.runtime.transaction import Transaction

ANSWERED_AT_ONCE = 500
"""Up to this many claims are answered in the license event's own transaction; more are walked."""


def kept_line(key: str, value: bytes) -> bytes | None:
    """Return what the processor keeps in memory of a value, and begins with after a restart."""
    if key.startswith(CLAIM_PREFIX):
        return None
    return head_of(value) if key.startswith(LICENSE_PREFIX) else value


class LicensingProcessor:
    """One partition of licenses. See `runtime.processor.Processor` for the calls."""

    def __init__(self, partition: int) -> None:
        self.partition = partition
        self.statuses: Counter[str] = Counter()
        """Licenses by status."""
        self._status_of: dict[str, str] = {}
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
        return None

    def fire(self, transaction: Transaction, limit: int) -> int:
        return 0

    def walking(self) -> bool:
        return bool(self._walks)

    def walk(self, transaction: Transaction, limit: int) -> int:
        """Answer the next claims of the first license that has changed."""
        for key in sorted(self._walks):
            cursor = transaction.get(key)
            if cursor is None:
                continue
            license_id = key.removeprefix(WALK_PREFIX)
            prefix = claims_prefix(license_id)
            keys = transaction.keys_after(cursor.decode(), prefix, limit)
            self._answer(transaction, license_id, keys)
            transaction.put(key, keys[-1].encode() if len(keys) == limit else None)
            return len(keys)
        return 0

    def applied(self, changes: Changes, clock: datetime) -> None:
        for key, value in changes.items():
            self._learn(key, None if value is None else kept_line(key, value))

    def _take_claim(self, transaction: Transaction, record: Record) -> None:
        claim = Claim.model_validate_json(record.value or b"")
        key = claim_key(claim)
        known = transaction.get(key)
        if known is not None:
            held = Claim.model_validate_json(known)
            if claim.shipment_revision < held.shipment_revision:
                transaction.count("duplicate", f"{CLAIMS}/late")
                return
        transaction.count("applied", CLAIMS)
        if claim.kind == "withdraw":
            transaction.put(key, None)
            return
        transaction.put(key, canonical(claim))
        self._send(transaction, claim, self._license(transaction, claim.license_id))

    def _take_license(self, transaction: Transaction, record: Record) -> None:
        event = inputs.read(record, codec.LICENSE_TYPE, License, "license_id")
        license_id = event.data.license_id
        value = transaction.get(license_key(license_id))
        known = None if value is None else _decoded(value)
        if known is not None and event.data.revision <= known.license.revision:
            kind = "late"
            if event.data.revision == known.license.revision:
                kind = "same" if event.digest == known.digest else "conflict"
            transaction.count("duplicate", f"{LICENSES}/{kind}")
            return
        transaction.count("applied", LICENSES)
        state = LicenseState(event_id=event.event_id, digest=event.digest, license=event.data)
        value = with_head(event.data.status.encode(), canonical(state))
        transaction.put(license_key(license_id), value)
        prefix = claims_prefix(license_id)
        keys = transaction.keys_after("", prefix, ANSWERED_AT_ONCE + 1)
        if len(keys) > ANSWERED_AT_ONCE:
            transaction.put(walk_key(license_id), b"")
        else:
            transaction.put(walk_key(license_id), None)
            self._answer(transaction, license_id, keys)
        if known is not None and keys:
            self._tell(transaction, known.license, event.data, len(keys))

    def _answer(self, transaction: Transaction, license_id: str, keys: list[str]) -> None:
        license_ = self._license(transaction, license_id)
        for key in keys:
            value = transaction.get(key)
            if value is not None:
                self._send(transaction, Claim.model_validate_json(value), license_)

    def _send(self, transaction: Transaction, claim: Claim, license_: License | None) -> None:
        transaction.emit(VERDICTS, claim.shipment_id, canonical(answer(claim, license_)))

    def _license(self, transaction: Transaction, license_id: str) -> License | None:
        key = license_key(license_id)
        value = transaction.get(key)
        return None if value is None else self._decoded.get(key, value).license

    def _tell(self, transaction: Transaction, before: License, now: License, lines: int) -> None:
        """Tell that a license is no longer usable, and how much relies on it."""
        if before.status not in USABLE_STATUSES or now.status in USABLE_STATUSES:
            return
        many = f"more than {ANSWERED_AT_ONCE}" if lines > ANSWERED_AT_ONCE else str(lines)
        alert = Alert(
            alert_id=derived_id("alert", "license", now.license_id, str(now.revision)),
            kind=AlertKind.LICENSE_CHANGED,
            license_id=now.license_id,
            title=f"License {now.license_id} is {now.status}: {many} shipment lines rely on it",
            text=(
                f"{now.regime} {now.license_type} license {now.license_id} of "
                f"{now.holder or 'an unnamed holder'}: {before.status} before, {now.status} now"
                + (f" ({now.status_reason})" if now.status_reason else "")
                + ". The shipments that cite it are decided again; each hold is told by itself."
            ),
            severity=Severity.WARNING,
        )
        write_alert(transaction, alert, now.license_id)

    def _learn(self, key: str, line: bytes | None) -> None:
        if key.startswith(WALK_PREFIX):
            if line is None:
                self._walks.discard(key)
            else:
                self._walks.add(key)
        elif not key.startswith(CLAIM_PREFIX):
            old = self._status_of.pop(key, None)
            if old is not None:
                self.statuses[old] -= 1
            if line is not None:
                status = intern(line.decode())
                self._status_of[key] = status
                self.statuses[status] += 1


def _decoded(value: bytes) -> LicenseState:
    return LicenseState.model_validate_json(document_of(value))
