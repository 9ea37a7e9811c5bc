"""What an importer makes of a source: entries in the canonical form, counted by instrument."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from tidegate.measures.errors import PackError, Problem
from tidegate.measures.list_rows import COLUMNS, SEPARATOR, read_rows


class Imported(NamedTuple):
    """One entry of a source. Names are cleaned; equal ones but for case are one."""

    entry_id: str
    names: tuple[str, ...]
    """The first is the entry's name, the others are its aliases."""
    countries: tuple[str, ...] = ()
    effective_from: date | None = None
    effective_to: date | None = None
    """Last day on the list."""
    instrument: str = ""
    source_url: str = ""
    note: str = ""


def cleaned(text: str) -> str:
    """Return a text in one line, with single spaces and nothing that cannot be printed."""
    kept = (c if c.isprintable() else " " if c.isspace() else "" for c in text)
    return " ".join("".join(kept).split())


def names_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the names in order, each once."""
    found: dict[str, str] = {}
    for text in texts:
        name = cleaned(text).replace("|", "/")
        if any(map(str.isalnum, name)):
            found.setdefault(name.casefold(), name)
    return tuple(found.values())


def day_of(column: str, text: str) -> date | None:
    """Return a cell's day; None where it is empty.

    Raises:
        ValueError: it is no date; naming the column.
    """
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise ValueError(f"{column}: {text!r} is not a date, YYYY-MM-DD") from None


def noted(words: Mapping[str, str]) -> str:
    """Return a source's own words as one note; what is empty is left out."""
    return "; ".join(f"{label}: {text}" for label, text in words.items() if text)


def counts(entries: Iterable[Imported]) -> dict[str, int]:
    """Return the number of entries by instrument: what a pack states under `counts`."""
    return dict(sorted(Counter(entry.instrument for entry in entries).items()))


def canonical(entries: Sequence[Imported], head: Iterable[str]) -> bytes:
    """Write entries as the CSV that a pack names, sorted by entry.

    Raises:
        PackError: a row that a pack would be refused for; by the line that it would have.
    """
    text = io.StringIO(newline="")
    for line in head:
        text.write(f"# {cleaned(line)}\n")
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_row(entry) for entry in sorted(entries))
    content = text.getvalue().encode()
    read_rows("imported", content)
    return content


def _row(entry: Imported) -> dict[str, str]:
    name, *aliases = entry.names
    return {
        "entry_id": entry.entry_id,
        "name": name,
        "aliases": SEPARATOR.join(aliases),
        "country": " ".join(entry.countries),
        "effective_from": entry.effective_from.isoformat() if entry.effective_from else "",
        "effective_to": entry.effective_to.isoformat() if entry.effective_to else "",
        "status": "active" if entry.effective_to is None else "stopped",
        "instrument": entry.instrument,
        "source_url": entry.source_url,
        "note": entry.note,
    }


def expect(file: str, entries: Sequence[Imported], announced: int | None) -> None:
    """Compare the number that the source announces with the entries read.

    Raises:
        PackError: they differ: rows are missing, or were read twice.
    """
    if announced is not None and announced != len(entries):
        reason = f"{announced} entries announced, {len(entries)} read"
        raise PackError([Problem(file, None, reason)])
