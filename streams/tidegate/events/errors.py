"""Errors of the event boundary.

EventError
└── InvalidEvent    the bytes are not an event that Tidegate can read
"""

from __future__ import annotations

from pydantic import ValidationError


class EventError(Exception):
    """An event cannot be used."""


class InvalidEvent(EventError):
    """The bytes are not a valid event.

    Attributes:
        field: Path of the field at fault (`data.items[0].quantity`), or empty for the whole.
        reason: What is wrong with it, for a person to read.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


MAX_SHOWN_PROBLEMS = 5


def from_validation(error: ValidationError, prefix: str = "") -> InvalidEvent:
    """Turn pydantic's list of problems into one error: the first field, and the first problems.

    The input itself is not quoted beyond a short piece: a dead letter carries the bytes anyway.
    """
    problems = error.errors(include_url=False, include_context=False)
    told = []
    for problem in problems[:MAX_SHOWN_PROBLEMS]:
        where = path_text(problem["loc"], prefix)
        message = problem["msg"].removeprefix("Value error, ")
        told.append((where, f"{message} (got {_short(problem.get('input'))})"))
    first_field, first_reason = told[0]
    rest = "; ".join(f"{where}: {reason}" for where, reason in told[1:])
    more = len(problems) - len(told)
    reason = first_reason + (f"; {rest}" if rest else "") + (f"; and {more} more" if more else "")
    return InvalidEvent(first_field, reason)


def path_text(location: tuple[int | str, ...], prefix: str = "") -> str:
    """Write a location as people do: `data.items[0].quantity`."""
    text = prefix
    for step in location:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def _short(value: object) -> str:
    if isinstance(value, dict):
        return f"an object with {len(value)} fields"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
