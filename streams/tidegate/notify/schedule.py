"""When a delivery that failed is tried again, and when it is given up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MINUTE = 60.0
HOUR = 3600.0
RETRY_SECONDS = (
    5.0,
    30.0,
    2 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    6 * HOUR,
    10 * HOUR,
)
"""Waits after each failed try: eleven tries within a day."""

JITTER = 0.2
"""A wait is up to this part longer or shorter, so that what failed together comes apart."""

RETRY_AFTER_SECONDS_MAX = HOUR
"""A receiver may ask for a longer wait; it is not given more than this."""

Chance = Callable[[], float]
"""Return a number from 0 up to 1."""


def wait_seconds(
    failed: int, waits: Sequence[float], asked: float | None, chance: Chance
) -> float | None:
    """Return how long to wait after the `failed`-th failed try; None: it was the last.

    Args:
        failed: Tries so far, 1 or more.
        waits: The schedule.
        asked: What the receiver asked for (`Retry-After`), which makes a wait longer, not shorter.
        chance: For the jitter.
    """
    if failed > len(waits):
        return None
    wait = waits[failed - 1] * (1 + JITTER * (2 * chance() - 1))
    return max(wait, asked or 0.0)


def patience_seconds(waits: Sequence[float]) -> float:
    """Return after how long a delivery is given up, however few tries it had.

    While an endpoint's breaker is open nothing is tried, and what waits for it must end too.
    """
    return sum(waits) * (1 + JITTER)


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Read `Retry-After`: seconds or an HTTP date (RFC 9110, section 10.2.3), within bounds.

    None where there is none, or none that can be read.
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), RETRY_AFTER_SECONDS_MAX)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return min(max(0.0, (until - now).total_seconds()), RETRY_AFTER_SECONDS_MAX)
