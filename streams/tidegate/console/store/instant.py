"""Keep instants in a database so that both kinds of it give back what was put in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcInstant(TypeDecorator[datetime]):
    """An aware datetime, kept as microseconds since 1970 UTC.

    SQLite has no type for time zones: its driver would give back naive times, and compare texts.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        """Return what is kept. Raises TypeError for a naive time."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        """Return the instant that was kept, in UTC."""
        return None if value is None else _EPOCH + value * _MICROSECOND
