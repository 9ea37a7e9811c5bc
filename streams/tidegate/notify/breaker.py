"""Stop trying an endpoint that does not answer, and look now and then whether it does again."""

from __future__ import annotations

from enum import StrEnum

FAILURES = 5
"""In a row, before the breaker opens."""
FIRST_SECONDS = 5.0
LONGEST_SECONDS = 300.0


class BreakerState(StrEnum):
    """What an endpoint's breaker lets through."""

    CLOSED = "closed"
    """Everything."""
    OPEN = "open"
    """Nothing, for a time."""
    HALF_OPEN = "half_open"
    """One delivery, to see."""


class Breaker:
    """One endpoint's breaker. Times are seconds of any clock that does not go back.

    It is kept in memory only: after a restart a few tries find the endpoint dead again.
    """

    def __init__(
        self, first_seconds: float = FIRST_SECONDS, longest_seconds: float = LONGEST_SECONDS
    ) -> None:
        self._first = first_seconds
        self._longest = longest_seconds
        self._failures = 0
        self._seconds = first_seconds
        self._until: float | None = None
        self.since: float | None = None
        """When it opened; None: it is closed."""

    def state(self, now: float) -> BreakerState:
        """Return what it lets through."""
        if self._until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self._until else BreakerState.HALF_OPEN

    def opens_in(self, now: float) -> float:
        """Return after how many seconds it lets one through; 0: now."""
        return 0.0 if self._until is None else max(0.0, self._until - now)

    def succeeded(self) -> None:
        """Note an answer: the endpoint is alive, whatever it said."""
        self._failures, self._seconds = 0, self._first
        self._until = self.since = None

    def failed(self, now: float, asked: float | None = None) -> None:
        """Note a failure that says something of the endpoint, not of the one delivery.

        `asked` is what the receiver wants to be left alone for; it opens at once for as long.
        """
        self._failures += 1
        if self._until is not None and now >= self._until:
            self._seconds = min(self._seconds * 2, self._longest)
        elif self._until is not None:
            return  # a try that was under way when it opened
        if self._failures >= FAILURES or self.since is not None or asked:
            self._until = now + max(self._seconds, asked or 0.0)
            self.since = now if self.since is None else self.since
