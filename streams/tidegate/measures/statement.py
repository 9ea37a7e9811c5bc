"""A statement: what an authority said that it does, to be set beside what is observed.

It decides nothing. A promise is no permission, and a report of a promise is no law.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from tidegate.events.values import CountryCode
from tidegate.measures.condition import Strict

Line = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class Statement(Strict):
    """What was said of civil exports to some destinations."""

    id: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]*([-./][A-Za-z0-9]+)*$")]
    authority: Line
    instrument: Line
    """The announcement, or the occasion on which it was said."""
    article: Line
    """The sentence, or the question that was answered."""
    said_on: date
    text: dict[Annotated[str, Field(pattern=r"^[a-z]{2}$")], Line]
    """What was said, in short; words in quotation marks are the source's."""
    destinations: Annotated[tuple[CountryCode, ...], Field(min_length=1)]
    source: Line
    """Where it was read."""
    source_url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = None
    evidence: Literal["text", "secondary"]

    @model_validator(mode="after")
    def _can_be_told(self) -> Statement:
        if "en" not in self.text:
            raise ValueError("text needs 'en'")
        return self
