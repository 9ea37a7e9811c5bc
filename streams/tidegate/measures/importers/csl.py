"""The US Consolidated Screening List: `consolidated.csv` of the International Trade Administration.

One file holds the lists of Commerce, State and Treasury; its column `source` says which. Columns
may stand in any order, and ones that are not used here may come and go.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from tidegate.events.countries import COUNTRIES
from tidegate.measures.errors import PackError, Problem
from tidegate.measures.importers.imported import Imported, cleaned, day_of, names_of, noted
from tidegate.measures.importers.source_file import decoded, header, records

NEEDED = (
    *("source", "entity_number", "name", "addresses", "federal_register_notice"),
    *("start_date", "end_date", "license_requirement", "license_policy", "programs"),
    *("source_list_url", "alt_names"),
)
_COUNTRY = re.compile(r",\s*([A-Z]{2})$")
_ID_LETTERS = 12
# With its points or strokes, or in brackets: AKA alone is a name as well.
_ALSO_KNOWN = re.compile(
    r"\s*\(?\s*\b[afn](?:/k/|\.k\.)a\b[.:]*\s*|\s*\(\s*[afn]ka\b[.:]*\s*", re.IGNORECASE
)


def entries(file: str, content: bytes, sources: Sequence[str] = ()) -> list[Imported]:
    """Return the entries of a file, in its order.

    Args:
        file: Its name, for errors.
        content: Its bytes: UTF-8.
        sources: Texts of which an entry's source must hold one, such as `Entity List`; all
            entries, where none is given.

    Raises:
        PackError: by line, what is no such file; a source that no entry has.
    """
    text = decoded(file, content)
    header(file, text, NEEDED)
    found: list[Imported] = []
    problems: list[Problem] = []
    seen, met = Counter[str](), set[str]()
    for line, row in records(file, text):
        wanted = [source for source in sources if source.casefold() in row["source"].casefold()]
        if sources and not wanted:
            continue
        met.update(wanted)
        try:
            found.append(_entry(row, seen))
        except ValueError as error:
            problems.append(Problem(file, line, str(error)))
    problems += [
        Problem(file, None, f"no entry has the source {source!r}")
        for source in sources
        if source not in met
    ]
    if problems:
        raise PackError(problems)
    return found


def _entry(row: dict[str, str], seen: Counter[str]) -> Imported:
    parts = [_without_bracket(part) for part in _ALSO_KNOWN.split(row["name"])]
    names = names_of([*parts, *row["alt_names"].split(";")])
    if not names:
        raise ValueError("name: missing")
    source = cleaned(row["source"])
    if not source:
        raise ValueError("source: missing")
    start, end = day_of("start_date", row["start_date"]), day_of("end_date", row["end_date"])
    return Imported(
        entry_id=_entry_id(row, source, seen),
        names=names,
        countries=_countries(row["addresses"]),
        effective_from=start,
        effective_to=end,
        instrument=source,
        source_url=cleaned(row["source_list_url"]),
        note=noted(
            {
                "License requirement": cleaned(row["license_requirement"]),
                "Review policy": cleaned(row["license_policy"]),
                "Program": cleaned(row["programs"]),
                "Notice": cleaned(row["federal_register_notice"]),
            }
        ),
    )


def _without_bracket(name: str) -> str:
    return name.rstrip(" )") if name.count(")") > name.count("(") else name


def _entry_id(row: dict[str, str], source: str, seen: Counter[str]) -> str:
    """Return the authority's number, else the file's own id; one met again is counted."""
    number = cleaned(row["entity_number"]) or cleaned(row.get("_id", ""))[:_ID_LETTERS]
    if not number:
        raise ValueError("neither entity_number nor _id is stated")
    short = re.search(r"\(([A-Z]+)\)", source)
    entry = f"{short[1] if short else 'CSL'}-{number}"
    seen[entry] += 1
    return entry if seen[entry] == 1 else f"{entry}-{seen[entry]}"


def _countries(addresses: str) -> tuple[str, ...]:
    """Return the countries that the addresses end with; what is no country's code says nothing."""
    ends = (_COUNTRY.search(cleaned(address)) for address in addresses.split(";"))
    return tuple(dict.fromkeys(end[1] for end in ends if end is not None and end[1] in COUNTRIES))
