"""Read the control topic, by which partitions are told things and tell each other."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, TypeAdapter

from tidegate.events.control import TablesControl
from tidegate.events.false_match import FalseMatchControl
from tidegate.events.review_limit import ReviewQuestion
from tidegate.events.upcoming import UpcomingCount

Control = TablesControl | FalseMatchControl | UpcomingCount | ReviewQuestion
_CONTROL: TypeAdapter[Control] = TypeAdapter(Annotated[Control, Field(discriminator="kind")])


def read_control(value: bytes | None) -> Control | None:
    """Return a record's meaning; None where it has none."""
    try:
        return _CONTROL.validate_json(value or b"")
    except ValueError:
        return None
