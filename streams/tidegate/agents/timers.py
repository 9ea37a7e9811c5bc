"""When each of many keys is due next, derived from committed state."""

from __future__ import annotations

import heapq
from datetime import datetime

_STALE = 1000
"""So many entries of the heap may be out of date, beside as many as there are right ones."""


class Timers:
    """One instant a key, at most: a heap that is tidied lazily."""

    def __init__(self) -> None:
        self._due: dict[str, datetime] = {}
        self._heap: list[tuple[datetime, str]] = []

    def set(self, key: str, instant: datetime | None) -> None:
        """Note when a key is due; None: never."""
        if instant is None:
            self._due.pop(key, None)
            return
        if self._due.get(key) == instant:
            return
        self._due[key] = instant
        heapq.heappush(self._heap, (instant, key))
        if len(self._heap) > 2 * len(self._due) + _STALE:
            self._heap = [(due, one) for one, due in self._due.items()]
            heapq.heapify(self._heap)

    def next_due(self) -> datetime | None:
        """Return the earliest instant at which a key is due."""
        while self._heap:
            instant, key = self._heap[0]
            if self._due.get(key) == instant:
                return instant
            heapq.heappop(self._heap)
        return None

    def due_at(self, clock: datetime, limit: int) -> list[str]:
        """Return up to `limit` keys that are due, oldest first; they stay until set anew."""
        found: dict[str, datetime] = {}
        while self._heap and len(found) < limit and self._heap[0][0] <= clock:
            instant, key = heapq.heappop(self._heap)
            if self._due.get(key) == instant:
                found[key] = instant
        for key, instant in found.items():
            heapq.heappush(self._heap, (instant, key))
        return list(found)
