"""The base of everything that is read from a topic: frozen, and tolerant of fields it lacks."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class EventModel(BaseModel):
    """A value read from an event. Fields that Tidegate does not know are left aside.

    Many senders write null for what they do not state, so null in an optional field is absence.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        if not isinstance(value, dict) or None not in value.values():
            return value
        fields = cls.model_fields.items()
        required = {field.alias or name for name, field in fields if field.is_required()}
        return {
            name: stated for name, stated in value.items() if stated is not None or name in required
        }


class RecordModel(BaseModel):
    """A value that Tidegate itself wrote. A field that is not known here is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
