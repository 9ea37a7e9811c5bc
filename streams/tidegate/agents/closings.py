"""Forget closed shipments some time after they were closed, hour by hour.

A closed shipment's marker keeps late events from reviving it. The markers are counted in memory by
nobody: each hour with closings has a key, and each closing a key that sorts under its hour.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tidegate.agents.shipment_state import ClosedShipment, read, state_key
from tidegate.runtime.transaction import Transaction

HOUR_PREFIX = "h:"
CLOSING_PREFIX = "z:"
_END = "\x1f"
_HOUR = "%Y-%m-%dT%H"
_PATIENCE = timedelta(hours=1)
"""An hour's closings are forgotten together, once the last of them is old enough."""


class Closings:
    """Which hours have closings, as committed.

    Args:
        kept: How long a closed shipment is remembered at least; at most an hour longer.
    """

    def __init__(self, kept: timedelta) -> None:
        self._kept = kept
        self._hours: set[str] = set()
        self._first: str | None = None

    def learn(self, key: str, present: bool) -> None:
        """Note a committed hour, or that it is gone."""
        if present:
            self._hours.add(key)
        else:
            self._hours.discard(key)
        self._first = min(self._hours, default=None)

    def note(self, transaction: Transaction, shipment_id: str) -> None:
        """Write down that a shipment is closed in this transaction."""
        hour = transaction.clock.astimezone(UTC).strftime(_HOUR)
        if transaction.get(HOUR_PREFIX + hour) is None:
            transaction.put(HOUR_PREFIX + hour, b"")
        transaction.put(f"{CLOSING_PREFIX}{hour}{_END}{shipment_id}", b"")

    def next_due(self) -> datetime | None:
        """Return when the next hour's closings are to be forgotten."""
        return None if self._first is None else self._due(self._first)

    def forget(self, transaction: Transaction, limit: int) -> int:
        """Delete up to `limit` of the oldest hour's markers, if they are due; return how many.

        What has been opened and closed again since has a later closing, and stays.
        """
        hour_key = self._first
        if hour_key is None or self._due(hour_key) > transaction.clock:
            return 0
        prefix = f"{CLOSING_PREFIX}{hour_key.removeprefix(HOUR_PREFIX)}{_END}"
        keys = transaction.keys_after("", prefix, limit)
        for key in keys:
            transaction.put(key, None)
            shipment = state_key(key.removeprefix(prefix))
            value = transaction.get(shipment)
            # An open state is not parsed: it is far longer, and begins with a head.
            state = read(value) if value is not None and value.startswith(b"{") else None
            if isinstance(state, ClosedShipment) and self._is_due(state, transaction.clock):
                transaction.put(shipment, None)
        if len(keys) < limit:
            transaction.put(hour_key, None)
        return len(keys)

    def _due(self, hour_key: str) -> datetime:
        begun = datetime.fromisoformat(hour_key.removeprefix(HOUR_PREFIX)).replace(tzinfo=UTC)
        return begun + _PATIENCE + self._kept

    def _is_due(self, state: ClosedShipment, clock: datetime) -> bool:
        return state.closed_at + self._kept <= clock
