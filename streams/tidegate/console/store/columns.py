"""Kinds of columns that both databases sort, compare and add alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from sqlalchemy import BigInteger, Dialect, String, TypeDecorator

from tidegate.measures.validity import from_ms, to_ms

MILLS = 1000
LARGEST_MILLS = 10**16
"""Ten trillion of a currency: what one shipment counts for at most in a sum. Sums of nine hundred
such shipments still fit into 64 bits; the shipment's own value is shown as it was stated."""


class Instant(TypeDecorator[datetime]):
    """An aware instant, kept as milliseconds since 1970 UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Write an aware instant."""
        return None if value is None else to_ms(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Read it back, in UTC."""
        return None if value is None else from_ms(value)


def mills(amount: Decimal) -> int:
    """Return a sum of money as thousandths, rounded half to even, bounded by `LARGEST_MILLS`."""
    whole = (amount * MILLS).to_integral_value(ROUND_HALF_EVEN)
    return min(int(whole), LARGEST_MILLS)


def amount_of(value: int) -> Decimal:
    """Return thousandths as a sum of money, without needless zeros."""
    amount = Decimal(value) / MILLS
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount


MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def minute_of(instant: datetime) -> int:
    """Number the minute that an instant lies in, from 1970 UTC."""
    return (instant - _EPOCH) // MINUTE


def of_minute(number: int) -> datetime:
    """Return the instant at which a minute begins."""
    return _EPOCH + number * MINUTE


Word = String().with_variant(String(collation="C"), "postgresql")
"""An id, code or name of something, sorted by its characters: a database's own language would sort
`SHP-10` and `SHP-9`, or two cases of a letter, otherwise."""
