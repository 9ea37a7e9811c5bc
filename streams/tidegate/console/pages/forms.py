"""What a form sends: nothing chosen arrives as an empty text, and means that nothing is asked."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import BeforeValidator

T = TypeVar("T")
Chosen = Annotated[T | None, BeforeValidator(lambda value: value or None)]
"""A field that need not be filled."""
