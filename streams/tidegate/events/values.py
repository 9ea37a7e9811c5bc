"""The small values that events are made of: codes, amounts, names, dates and instants.

Strict where a decision hangs on them: a country is one of ISO 3166-1's, a control code names its
regime, an amount is an exact decimal, an instant knows its offset.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
)

from tidegate.events.countries import COUNTRIES

EARLIEST_YEAR = 1990
LATEST_YEAR = 2199
MAX_DECIMAL_DIGITS = 38


def _country(value: str) -> str:
    if value not in COUNTRIES:
        raise ValueError("not an ISO 3166-1 alpha-2 country code in capitals")
    return value


CONTROL_CODE = re.compile(
    r"^(?P<regime>[A-Z]{2}):(?P<code>[0-9A-Z][0-9A-Za-z]*(?:\.[0-9A-Za-z]+)*)$"
)
_CN_CODE = re.compile(r"^[0-9][A-E][0-9]{3}(\.[a-z](\.[0-9]+(\.[a-z])?)?)?$")


def _control_code(value: str) -> str:
    match = CONTROL_CODE.match(value)
    if match is None:
        raise ValueError("not a control code: write REGIME:code, such as CN:1C905.b or US:3A001")
    if match["regime"] == "CN" and _CN_CODE.match(match["code"]) is None:
        raise ValueError("not a Chinese control code: write it like CN:1C905 or CN:1C902.a.1")
    return value


_DECIMAL = re.compile(r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")


_PLAIN_DECIMAL = re.compile(r"^[0-9]{1,15}(\.[0-9]{1,15})?\Z")
"""Within every bound: nothing more to look at."""


def _decimal(value: Any) -> Any:
    """Refuse what a float has already rounded; accept strings, integers and exact decimals."""
    if type(value) is str and _PLAIN_DECIMAL.match(value):
        return Decimal(value)
    if isinstance(value, bool):
        raise ValueError("not a number")
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, str):
        # Decimal itself also reads spaces, underscores and other scripts' digits.
        if not _DECIMAL.match(value):
            raise ValueError("not a decimal number")
        try:
            value = Decimal(value)
        except InvalidOperation:
            raise ValueError("not a decimal number") from None
    if isinstance(value, int):
        value = Decimal(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("not a finite number")
        digits = value.as_tuple()
        exponent = digits.exponent
        assert isinstance(exponent, int)
        if len(digits.digits) > MAX_DECIMAL_DIGITS or not -MAX_DECIMAL_DIGITS <= exponent <= 18:
            raise ValueError(f"more than {MAX_DECIMAL_DIGITS} digits")
    return value


def decimal_text(value: Decimal) -> str:
    """Write a decimal without exponent and without needless zeros: 120.50 and 120.5 are one."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if text != "-0" else "0"


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("must not be negative")
    return value


def _percent(value: Decimal) -> Decimal:
    if not 0 <= value <= 100:
        raise ValueError("must be between 0 and 100")
    return value


def _plausible_date(value: date) -> date:
    if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        raise ValueError(f"year must be {EARLIEST_YEAR} to {LATEST_YEAR}")
    return value


def _utc(value: datetime) -> datetime:
    if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        raise ValueError(f"year must be {EARLIEST_YEAR} to {LATEST_YEAR}")
    return value.astimezone(UTC)


_DAY_FIRST = re.compile(r"^\d{4}-\d{2}-\d{2}")


def _written_instant(value: Any) -> Any:
    """Refuse bare numbers, quoted or not: whether they are seconds or milliseconds is a guess."""
    if isinstance(value, (int, float, Decimal)):
        raise ValueError("write an RFC 3339 time with its offset")
    if isinstance(value, str) and (len(value) > 40 or not _DAY_FIRST.match(value)):
        raise ValueError("write an RFC 3339 time with its offset")
    return value


def _written_date(value: Any) -> Any:
    if isinstance(value, (int, float, Decimal)):
        raise ValueError("write a date as YYYY-MM-DD")
    if isinstance(value, str) and not _DATE.match(value):
        raise ValueError("write a date as YYYY-MM-DD")
    return value


_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


@lru_cache(maxsize=1024)  # all of a transaction is decided at one instant
def instant_text(value: datetime) -> str:
    """Write an instant in UTC to the millisecond, always in the same form."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _hs_code(value: str) -> str:
    digits = value.replace(".", "").replace(" ", "")
    if not digits.isascii() or not digits.isdigit() or not 2 <= len(digits) <= 13:
        raise ValueError("not a tariff code: 2 to 13 digits")
    return digits


_UNPRINTABLE = re.compile("[\x00-\x1f\ud800-\udfff]")
"""Control characters, and halves of surrogate pairs."""


def _printable(value: str) -> str:
    if _UNPRINTABLE.search(value):
        raise ValueError("must not hold control characters")
    return value


CountryCode = Annotated[str, AfterValidator(_country)]
"""ISO 3166-1 alpha-2, in capitals."""

ControlCode = Annotated[str, StringConstraints(max_length=40), AfterValidator(_control_code)]
"""A regime's control code, `REGIME:code`. China's grammar is checked, other regimes' loosely."""

HsCode = Annotated[str, StringConstraints(max_length=20), AfterValidator(_hs_code)]
"""Tariff code, digits only; 6 are international, more are national."""

Amount = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    AfterValidator(_not_negative),
    PlainSerializer(decimal_text, return_type=str, when_used="json"),
]
"""An exact quantity or sum of money, not negative."""

Percent = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    AfterValidator(_percent),
    PlainSerializer(decimal_text, return_type=str, when_used="json"),
]

Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217."""

Unit = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,3}$")]
"""UNECE Recommendation 20."""

Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=200), AfterValidator(_printable)
]
Name = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(max_length=5000)]

Day = Annotated[date, BeforeValidator(_written_date), AfterValidator(_plausible_date)]
"""A calendar day; which zone it is a day of, its authority says."""

Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_written_instant),
    AfterValidator(_utc),
    PlainSerializer(instant_text, return_type=str, when_used="json"),
]
"""An instant with an offset, kept in UTC."""


def _day_or_instant(value: Any) -> Any:
    if isinstance(value, str):
        if _DATE.match(value):
            return _plausible_date(date.fromisoformat(value))
        return _utc(_aware(datetime.fromisoformat(value)))
    if isinstance(value, datetime):
        return _utc(_aware(value))
    if isinstance(value, date):
        return _plausible_date(value)
    raise ValueError("write a date (YYYY-MM-DD) or an RFC 3339 time with its offset")


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("time has no offset")
    return value


def moment_text(value: date) -> str:
    """Write a day as YYYY-MM-DD, an instant as `instant_text` does."""
    return instant_text(value) if isinstance(value, datetime) else value.isoformat()


Moment = Annotated[
    date,
    PlainValidator(_day_or_instant, json_schema_input_type=str),
    PlainSerializer(moment_text, return_type=str, when_used="json"),
]
"""A whole day in the authority's zone, or an instant (a `datetime` in UTC)."""

Revision = Annotated[int, Field(strict=True, ge=0, le=2**53)]
