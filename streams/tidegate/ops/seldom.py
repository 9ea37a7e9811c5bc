"""Let lines that tell of a broker that is away through only now and then.

While a broker is away, Kafka's client tells of it about a hundred times a second, in a dozen
wordings, and everything that needs the broker tells of it as well. One line in ten seconds, with
the number of those left out, says as much.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from time import monotonic

SECONDS = 10.0

_AWAY = re.compile(
    r"unable (to )?(connect|bootstrap|request metadata|update metadata|get cluster metadata)"
    r"|KafkaConnectionError|NodeNotReadyError|CoordinatorNotAvailableError|connection refused"
    r"|Connection at .* closed|TimeoutError|RequestTimedOutError"
    r"|failed fetch messages|coordinator dead|heartbeat (failed|send request failed|session)",
    re.IGNORECASE,
)


class Seldom(logging.Filter):
    """Passes the first line about an absent broker, then one each `seconds` at most.

    Lines of other kinds always pass, and so does what is critical.
    """

    def __init__(self, seconds: float = SECONDS, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._seconds = seconds
        self._clock = clock
        self._passed: float | None = None
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is written; one that is tells how many were not."""
        warns = logging.WARNING <= record.levelno < logging.CRITICAL
        if not warns or not isinstance(record.msg, str):
            return True
        message = record.getMessage()
        if not _AWAY.search(message):
            return True
        now = self._clock()
        if self._passed is not None and now - self._passed < self._seconds:
            self._left_out += 1
            return False
        if self._left_out:
            record.msg, record.args = f"{message} ({self._left_out} lines like it left out)", ()
        self._passed, self._left_out = now, 0
        return True
