"""Tell the alarms of the restriction tables, each once, at its instant.

One partition tells them for the whole deployment: alarms are the tables', not a shipment's.
"""

from __future__ import annotations

from datetime import datetime

from tidegate.agents.alerting import write_alert
from tidegate.events.alert import Alert, AlertKind, Severity
from tidegate.events.codec import derived_id
from tidegate.measures.tables import TableAlarm, Tables
from tidegate.measures.validity import from_ms, to_ms
from tidegate.runtime.transaction import Transaction

ALARM_PREFIX = "a:"
TELLING_PARTITION = 0


class TableAlarms:
    """Which alarms this partition has told, as committed."""

    def __init__(self, partition: int) -> None:
        self._tells = partition == TELLING_PARTITION
        self._told: set[str] = set()

    def learn(self, key: str) -> None:
        """Note a committed alarm."""
        self._told.add(key)

    def next_due(self, tables: Tables) -> datetime | None:
        """Return when the next untold alarm begins; an instant in the past where one is overdue."""
        if not self._tells:
            return None
        starts = [a.since_ms for a in tables.alarms if _key(a) not in self._told]
        return from_ms(min(starts)) if starts else None

    def tell(self, transaction: Transaction, tables: Tables) -> int:
        """Write the alarms that have begun; one that is over already is only noted."""
        if not self._tells:
            return 0
        at_ms = to_ms(transaction.clock)
        due = [
            alarm
            for alarm in tables.alarms
            if alarm.since_ms <= at_ms and transaction.get(_key(alarm)) is None
        ]
        for alarm in due:
            transaction.put(_key(alarm), tables.version.encode())
            if alarm.until_ms is None or at_ms < alarm.until_ms:
                write_alert(transaction, _alert(alarm), alarm.measure)
        return len(due)


def _key(alarm: TableAlarm) -> str:
    return ALARM_PREFIX + alarm.id


def _alert(alarm: TableAlarm) -> Alert:
    return Alert(
        alert_id=derived_id("alert", "table", alarm.id),
        kind=AlertKind.TABLE_ALARM,
        title=f"Restriction tables: {alarm.measure}",
        text=alarm.text,
        severity=Severity.WARNING,
    )
