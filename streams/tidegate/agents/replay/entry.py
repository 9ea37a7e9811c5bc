"""What the journal says of one transaction: enough to do it again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Range = tuple[str, int, int]
"""Topic, first offset, offset after the last."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction of one unit."""

    agent: str
    partition: int
    number: int
    clock: datetime
    inputs: tuple[Range, ...]
    """In the order taken. A range may hold offsets that are no records."""
    reached: str | None
    """How far a walk came; None: it was done, or none was under way."""
    told_reached: bool
    """Whether the journal says so: that of earlier builds does not."""

    @staticmethod
    def read(value: bytes | None) -> Entry | None:
        """Read a journal record; None: it tells of no transaction, but asks for the broker's time.

        Raises:
            ValueError: it is none.
        """
        try:
            fields: dict[str, Any] = json.loads(value or b"")
            if "number" not in fields:
                return None
            return Entry(
                agent=fields["agent"],
                partition=fields["partition"],
                number=fields["number"],
                clock=datetime.fromisoformat(fields["clock"]),
                inputs=tuple((topic, start, end) for topic, start, end in fields["inputs"]),
                reached=fields.get("reached"),
                told_reached="reached" in fields,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a journal record: {error}") from None
