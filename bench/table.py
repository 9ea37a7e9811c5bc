"""The result of a run: rows under headings, as text of at most 100 columns and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

WIDTH = 100


@dataclass(slots=True)
class Section:
    """One table: what it measures, its columns, its rows, and what is to be known about it."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: tuple[str, ...] = ()


def as_text(section: Section) -> str:
    """Write a section as plain text; the first column is left-aligned, the others right."""
    widths = [
        max(
            [
                len(section.columns[place]),
                *(len(row[place]) for row in section.rows if place == 0 or not _speaks(row)),
            ]
        )
        for place in range(len(section.columns))
    ]
    lines = [section.title, _line(section.columns, widths), "-" * min(WIDTH, _total(widths))]
    for row in section.rows:
        if _speaks(row):
            lines += _wrapped(f"{row[0].ljust(widths[0])}  {row[1]}", " " * (widths[0] + 2))
        else:
            lines.append(_line(row, widths))
    for note in section.notes:
        lines += _wrapped(f"  {note}", "  ")
    return "\n".join(lines)


def as_data(sections: Sequence[Section]) -> list[dict[str, object]]:
    """Return sections as plain data, for JSON."""
    return [asdict(section) for section in sections]


def _speaks(row: Sequence[str]) -> bool:
    """A row of two cells says in words why there are no figures."""
    return len(row) == 2


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [row[0].ljust(widths[0])]
    cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=False)]
    return "  ".join(cells).rstrip()


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + 2 * (len(widths) - 1)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, drop_whitespace=True) or [""]
