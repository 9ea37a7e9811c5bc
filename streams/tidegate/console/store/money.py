"""Sums of money by currency: never converted, never added across currencies."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """A sum in one currency (ISO 4217)."""

    currency: str
    amount: Decimal


def written(values: Iterable[tuple[str, str]]) -> str:
    """Write sums, by currency and exact amount, as a column keeps them."""
    return json.dumps(dict(values))


def read(column: str) -> tuple[Money, ...]:
    """Read what `written` wrote."""
    return tuple(Money(name, Decimal(amount)) for name, amount in json.loads(column).items())
