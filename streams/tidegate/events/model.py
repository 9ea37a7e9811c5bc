"""The base of everything that is read from a topic: frozen, and tolerant of fields it lacks."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class EventModel(BaseModel):
    """A value read from an event. Fields that Tidegate does not know are left aside."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class RecordModel(BaseModel):
    """A value that Tidegate itself wrote. A field that is not known here is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
