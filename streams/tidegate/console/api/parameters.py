"""What several routes ask for in the same way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from tidegate.console.parts import console_of
from tidegate.console.problems import Invalid, Unavailable
from tidegate.console.store.cursor import MOST_ROWS, PAGE_ROWS
from tidegate.events.values import Identifier, Instant
from tidegate.measures.tables import Tables

WORD = r"^[^\x00-\x1f]*$"
"""No control characters: PostgreSQL refuses a NUL, and nobody types the others."""

Cursor = Annotated[
    str | None, Query(max_length=2000, pattern=WORD, description="`next` of the page before.")
]
Rows = Annotated[int, Query(ge=1, le=MOST_ROWS, description="Rows at most.")]
Word = Annotated[str | None, Query(max_length=200, pattern=WORD)]
ROWS = PAGE_ROWS
Id = Annotated[Identifier, Path(description="As its sender writes it; a slash as `%2F`.")]

_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


def instant(name: str, text: str | None, otherwise: datetime) -> datetime:
    """Read an RFC 3339 time with its offset; `otherwise` where none is given.

    Raises:
        Invalid: it is none.
    """
    if text is None:
        return otherwise
    try:
        return _INSTANT.validate_python(text)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise Invalid("See `errors`.", errors=[{"field": name, "reason": reason}]) from None


def reading(request: Request) -> Iterator[Connection]:
    """Give a connection for reading, for as long as the answer is made."""
    with console_of(request).database.read() as connection:
        yield connection


Store = Annotated[Connection, Depends(reading)]


def tables_in_force(request: Request) -> Tables:
    """Return the tables that were published last.

    Raises:
        Unavailable: none have been read.
    """
    published = console_of(request).tables
    tables = None if published is None else published.current
    if tables is None:
        raise Unavailable("No restriction tables were read yet: `tidegate measures publish`.")
    return tables


Law = Annotated[Tables, Depends(tables_in_force)]


def example(value: Any) -> dict[int | str, dict[str, Any]]:
    """Return what makes OpenAPI show an example of a good answer."""
    return {200: {"content": {"application/json": {"example": value}}}}
