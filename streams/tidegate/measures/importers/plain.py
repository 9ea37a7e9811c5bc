"""Anyone's own list: a CSV with a header, of which only `name` is needed.

Columns: `name`; `id` (else made from name and country); `aliases`, separated by `;`; `country`, ISO
3166 alpha-2 codes separated by spaces; `from` and `to`, first and last day on the list, YYYY-MM-DD;
`source_url`; `note`. A column of another name is an error, so that a misspelt one is not lost.
"""

from __future__ import annotations

from tidegate.events.codec import derived_id
from tidegate.events.countries import COUNTRIES
from tidegate.measures.errors import PackError, Problem
from tidegate.measures.importers.imported import Imported, cleaned, day_of, names_of
from tidegate.measures.importers.source_file import decoded, header, records
from tidegate.parties.fold import fold

COLUMNS = ("id", "name", "aliases", "country", "from", "to", "source_url", "note")


def entries(file: str, content: bytes, instrument: str, encoding: str = "utf-8") -> list[Imported]:
    """Return the entries of a list.

    Args:
        file: Its name, for errors.
        content: Its bytes.
        instrument: What a decision cites: whose list it is, and of when.
        encoding: How it is written.

    Raises:
        PackError: by line and column, everything that is wrong.
    """
    text = decoded(file, content, encoding)
    columns = header(file, text, ("name",))
    unknown = [column for column in columns if column not in COLUMNS]
    if unknown:
        reason = f"unknown column {', '.join(map(repr, unknown))}; known: {', '.join(COLUMNS)}"
        raise PackError([Problem(file, 1, reason)])
    found: list[Imported] = []
    problems: list[Problem] = []
    lines: dict[str, int] = {}
    for line, row in records(file, text):
        try:
            entry = _entry(row, instrument)
            if entry.entry_id in lines:
                raise ValueError(f"the entry of line {lines[entry.entry_id]} stands here again")
        except ValueError as error:
            problems.append(Problem(file, line, str(error)))
            continue
        lines[entry.entry_id] = line
        found.append(entry)
    if problems:
        raise PackError(problems)
    return found


def _entry(row: dict[str, str], instrument: str) -> Imported:
    names = names_of([row["name"]])
    if not names:
        raise ValueError("name: missing")
    countries = tuple(row.get("country", "").upper().split())
    for code in countries:
        if code not in COUNTRIES:
            raise ValueError(f"country: {code!r} is not an ISO 3166-1 alpha-2 code")
    start, end = day_of("from", row.get("from", "")), day_of("to", row.get("to", ""))
    if start is not None and end is not None and end < start:
        raise ValueError(f"to: {end} is before {start}")
    return Imported(
        entry_id=cleaned(row.get("id", ""))
        or derived_id("own-entry", fold(names[0]), *sorted(countries)),
        names=names_of([*names, *row.get("aliases", "").split(";")]),
        countries=countries,
        effective_from=start,
        effective_to=end,
        instrument=instrument,
        source_url=cleaned(row.get("source_url", "")),
        note=cleaned(row.get("note", "")),
    )
