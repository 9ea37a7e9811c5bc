"""What must be told of a license: that it is no longer usable, is about to expire, or that its
review is overdue."""

from __future__ import annotations

from tidegate.agents.alerting import write_alert
from tidegate.agents.license_state import (
    ClaimState,
    LicenseState,
    holding_prefix,
    ledger_key,
)
from tidegate.agents.notice import ahead_text
from tidegate.events.alert import Alert, AlertKind, Severity
from tidegate.events.codec import derived_id
from tidegate.events.license import USABLE_STATUSES, License
from tidegate.events.upcoming import EXAMPLES
from tidegate.events.values import instant_text
from tidegate.licenses.balance import EXPORTS, Ledger
from tidegate.licenses.review import due, limit
from tidegate.runtime.transaction import Transaction

LOOKED_AT = 50
"""Claims looked at for examples; a license may have a hundred thousand."""


def tell_unusable(transaction: Transaction, before: License, now: License, lines: int) -> None:
    """Tell that a license is no longer usable, and how much relies on it."""
    if before.status not in USABLE_STATUSES or now.status in USABLE_STATUSES:
        return
    alert = Alert(
        alert_id=derived_id("alert", "license", now.license_id, str(now.revision)),
        kind=AlertKind.LICENSE_CHANGED,
        license_id=now.license_id,
        title=f"License {now.license_id} is {now.status}: {lines} shipment lines rely on it",
        text=(
            f"{now.regime} {now.license_type} license {now.license_id} of "
            f"{now.holder or 'an unnamed holder'}: {before.status} before, {now.status} now"
            + (f" ({now.status_reason})" if now.status_reason else "")
            + ". The shipments that cite it are decided again; each hold is told by itself."
        ),
        severity=Severity.WARNING,
    )
    write_alert(transaction, alert, now.license_id)


def tell_overdue(transaction: Transaction, state: LicenseState) -> None:
    """Tell that no decision on an application has come within the days that the law gives."""
    license_, clock = state.license, state.review
    assert clock is not None
    counted = due(clock, license_.regime)
    assert counted is not None
    unsure = (
        ", by a calendar that is not published yet for all of it" if counted.provisional else ""
    )
    suspended = " The review is said to be suspended." if license_.review == "suspended" else ""
    days, amends = limit(clock, license_.regime), clock.of == "amendment"
    what, article = ("amendment of license", "18(3)") if amends else ("application", "17")
    alert = Alert(
        alert_id=derived_id("alert", "overdue", license_.license_id, str(clock.accepted_on)),
        kind=AlertKind.LICENSE_CHANGED,
        license_id=license_.license_id,
        title=f"Review of {license_.license_id} is overdue: {days} working days have passed",
        text=(
            f"{license_.regime} {what} {license_.license_id} of "
            f"{license_.holder or 'an unnamed holder'}, accepted on {clock.accepted_on}, is "
            f"{license_.status}; the decision was due by {counted.day}{unsure} (Regulations on "
            f"Export Control of Dual-Use Items, article {article}).{suspended}"
        ),
        severity=Severity.INFO,
    )
    write_alert(transaction, alert, license_.license_id)


def tell_expiring(transaction: Transaction, state: LicenseState, lead_seconds: int) -> None:
    """Tell that a license is about to expire, where shipments rely on it that have not departed."""
    license_, expires = state.license, state.expires
    assert expires is not None
    value = transaction.get(ledger_key(license_.license_id))
    ledger = Ledger() if value is None else Ledger.model_validate_json(value)
    shipments = int(ledger.reserved.get(EXPORTS, 0))
    if not shipments and not ledger.waiting:
        return
    relying = [f"{shipments} shipment{'' if shipments == 1 else 's'} not yet departed"]
    if ledger.waiting:
        waiting = ledger.waiting
        relying.append(f"{waiting} line{'' if waiting == 1 else 's'} waiting for its balance")
    ahead = ahead_text(expires, transaction.clock)
    text = (
        f"{license_.regime} {license_.license_type} license {license_.license_id} of "
        f"{license_.holder or 'an unnamed holder'} is valid up to {instant_text(expires)}. From "
        "then on the shipments that cite it are held, unless they cite another that grants them."
    )
    if named := sorted(_relying(transaction, license_.license_id)):
        text += " For example: " + ", ".join(named)
    alert = Alert(
        alert_id=derived_id(
            "alert", "expiry", license_.license_id, instant_text(expires), str(lead_seconds)
        ),
        kind=AlertKind.LICENSE_CHANGED,
        license_id=license_.license_id,
        title=f"License {license_.license_id} expires {ahead}: {' and '.join(relying)} rely on it",
        text=text,
        severity=Severity.WARNING,
    )
    write_alert(transaction, alert, license_.license_id)


def _relying(transaction: Transaction, license_id: str) -> set[str]:
    """Return the shipments of the newest claims that hold something, and have not departed."""
    named: set[str] = set()
    for key in transaction.keys_after("", holding_prefix(license_id), LOOKED_AT):
        value = transaction.get(key)
        claim = None if value is None else transaction.get(value.decode())
        if claim is not None:
            state = ClaimState.model_validate_json(claim)
            if not state.spent and len(named) < EXAMPLES:
                named.add(state.claim.shipment_id)
    return named
