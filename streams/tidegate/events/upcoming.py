"""What a change of the tables that lies ahead would do to open shipments, counted by a partition.

Internal records: each partition counts its own shipments, and one sums the counts.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer

from tidegate.events.model import RecordModel
from tidegate.events.values import decimal_text

EXAMPLES = 5

Sum = Annotated[Decimal, PlainSerializer(decimal_text, return_type=str, when_used="json")]
Values = dict[str, Sum]
"""What goods are worth, by currency."""


class Effect(RecordModel):
    """What one change would do, in numbers of shipments."""

    held: int = 0
    """Not held before it, held from then on, by what changes."""
    held_values: Values = Field(default_factory=dict)
    also: int = 0
    """Held before it and after it, from then on by what changes as well."""
    freed: int = 0
    """Held by it before, and by nothing from then on."""
    freed_values: Values = Field(default_factory=dict)
    review: int = 0
    """To be reviewed from then on, by what changes."""
    trial: int = 0
    """That a measure on trial would hold from then on, without effect."""
    examples: tuple[str, ...] = ()
    """Ids of the first shipments that it holds or frees."""

    def plus(self, other: Effect) -> Effect:
        """Return the sum of two counts."""
        return Effect(
            held=self.held + other.held,
            held_values=_sum(self.held_values, other.held_values),
            also=self.also + other.also,
            freed=self.freed + other.freed,
            freed_values=_sum(self.freed_values, other.freed_values),
            review=self.review + other.review,
            trial=self.trial + other.trial,
            examples=tuple(sorted({*self.examples, *other.examples}))[:EXAMPLES],
        )


class UpcomingCount(RecordModel):
    """One partition's count of what happens at an instant (`tidegate.control.v1`)."""

    kind: Literal["upcoming"] = "upcoming"
    at_ms: int
    lead_seconds: int
    """How long before it is told."""
    partition: int
    effects: dict[str, Effect]
    """By `Switch.id`."""


def _sum(one: Values, other: Values) -> Values:
    return {
        currency: one.get(currency, Decimal(0)) + other.get(currency, Decimal(0))
        for currency in sorted({*one, *other})
    }
