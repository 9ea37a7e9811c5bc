"""Read a CSV file as an authority publishes it, each record with the line it begins on."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence

from tidegate.measures.errors import PackError, Problem

_END_MARK = "\x1a"
"""Old programs end a text file with it."""

Record = tuple[int, dict[str, str]]


def decoded(file: str, content: bytes, encoding: str = "utf-8") -> str:
    """Return the text of a file, without a byte order mark.

    Raises:
        PackError: naming the line of the first byte that the encoding has no character for.
    """
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"not {encoding}: byte 0x{content[error.start]:02x}; is --encoding right?"
        raise PackError([Problem(file, line, reason)]) from None
    return text.removeprefix("\ufeff").rstrip(_END_MARK + "\r\n ")


def records(file: str, text: str, columns: Sequence[str] | None = None) -> Iterator[Record]:
    """Yield each record by column.

    Args:
        file: Its name, for errors.
        text: The file's text.
        columns: Of a file that has no header.

    Raises:
        PackError: the text is no CSV, or a record has more or fewer cells than there are columns.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            if columns is None:
                columns = [cell.strip() for cell in cells]
            elif cells:
                if len(cells) != len(columns):
                    reason = f"{len(cells)} cells, {len(columns)} columns"
                    raise PackError([Problem(file, line, reason)])
                yield line, dict(zip(columns, cells, strict=True))
            line = reader.line_num + 1
    except csv.Error as error:
        raise PackError([Problem(file, line, f"not CSV: {error}")]) from None


def header(file: str, text: str, needed: Sequence[str]) -> list[str]:
    """Return the columns that a file's header names.

    Raises:
        PackError: one that is needed is not among them.
    """
    first = next(csv.reader(io.StringIO(text, newline="")), [])
    columns = [cell.strip() for cell in first]
    missing = [column for column in needed if column not in columns]
    if missing:
        raise PackError([Problem(file, 1, f"the header lacks {', '.join(missing)}")])
    return columns
