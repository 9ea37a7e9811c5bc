"""Read the canonical CSV of a list: one named party a row.

Columns, in this order: see `COLUMNS`. `aliases` are separated by ` | `; `country` holds ISO alpha-2
codes separated by spaces; `suspensions` are `FROM..TO BASIS` separated by ` | ` (TO may be empty:
until further notice; BASIS may begin with `announced only:`). Lines that begin with `#` before the
header are the file's head: source, date, terms.

Status is a cross-check on the dates: `suspended` needs a suspension, `stopped` needs a last day,
`active` has neither, and `unconfirmed` says that the present state is not established.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from typing import Literal, NamedTuple

from tidegate.events.countries import COUNTRIES
from tidegate.events.decision import Outcome
from tidegate.events.values import EARLIEST_YEAR, LATEST_YEAR
from tidegate.measures.errors import PackError, Problem
from tidegate.measures.measure import Suspension
from tidegate.measures.yaml_source import decode

COLUMNS = (
    "entry_id",
    "name",
    "aliases",
    "country",
    "effective_from",
    "effective_to",
    "status",
    "suspensions",
    "instrument",
    "article",
    "outcome",
    "source_url",
    "note",
)
SEPARATOR = " | "
ANNOUNCED_ONLY = "announced only:"
MAX_FIELD_CHARACTERS = 100_000
Status = Literal["active", "suspended", "stopped", "unconfirmed"]
STATUSES: dict[str, Status] = {
    "active": "active",
    "suspended": "suspended",
    "stopped": "stopped",
    "unconfirmed": "unconfirmed",
}
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_SUSPENSION = re.compile(r"^(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})? (\S.*)$")


class ListRow(NamedTuple):
    """One entry as its file states it, with the line it stands on."""

    entry: str
    name: str
    aliases: tuple[str, ...]
    countries: tuple[str, ...]
    effective_from: date | None
    effective_to: date | None
    """Last day on the list."""
    status: Status
    suspensions: tuple[Suspension, ...]
    instrument: str | None
    article: str | None
    outcome: Outcome | None
    source_url: str | None
    note: str | None
    line: int


def read_rows(file: str, content: bytes) -> tuple[ListRow, ...]:
    """Read all rows of a list.

    Raises:
        PackError: every row at fault, with its line and column name.
    """
    problems: list[Problem] = []
    rows: list[ListRow] = []
    first_line: dict[str, int] = {}
    for line, cells in _records(file, content):
        try:
            row = _row(line, cells)
        except ValueError as error:
            problems.append(Problem(file, line, str(error)))
            continue
        if row.entry in first_line:
            reason = f"entry_id {row.entry!r} stands twice, first on line {first_line[row.entry]}"
            problems.append(Problem(file, line, reason))
            continue
        first_line[row.entry] = line
        rows.append(row)
    if problems:
        raise PackError(problems)
    return tuple(rows)


def read_codes(file: str, content: bytes) -> tuple[tuple[str, int], ...]:
    """Read a file of control codes: a header `code`, then one code a line.

    Returns: each code as written, with its line.
    """
    text = decode(file, content)
    codes: list[tuple[str, int]] = []
    header = False
    for number, line in enumerate(text.splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        if not header:
            if line != "code":
                raise PackError([Problem(file, number, "the header must be 'code'")])
            header = True
            continue
        codes.append((line, number))
    return tuple(codes)


def _records(file: str, content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each row after the header, with the line on which the row begins."""
    text = decode(file, content)
    skipped = 0
    while text.startswith("#"):
        _, _, text = text.partition("\n")
        skipped += 1
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = skipped + 1
    try:
        header = next(reader, None)
        if header is None or tuple(header) != COLUMNS:
            wanted = ",".join(COLUMNS)
            raise PackError([Problem(file, line, f"the header must be {wanted}")])
        line = skipped + reader.line_num + 1
        for cells in reader:
            yield line, cells
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        raise PackError([Problem(file, line, f"not CSV: {error}")]) from None


def _row(line: int, cells: list[str]) -> ListRow:
    if len(cells) != len(COLUMNS):
        raise ValueError(f"{len(cells)} cells, {len(COLUMNS)} columns")
    for column, cell in zip(COLUMNS, cells, strict=True):
        if not cell.isprintable():
            raise ValueError(f"{column}: holds a character that cannot be printed")
        if cell != cell.strip():
            raise ValueError(f"{column}: begins or ends with a space")
    (entry, name, aliases, country, start, end, status, suspensions, *rest) = cells
    instrument, article, outcome, source_url, note = rest
    if not entry:
        raise ValueError("entry_id: missing")
    if not name or not any(character.isalnum() for character in name):
        raise ValueError("name: missing")
    if status not in STATUSES:
        raise ValueError(f"status: {status!r} is none of {', '.join(STATUSES)}")
    if outcome and outcome not in Outcome.__members__:
        raise ValueError(f"outcome: {outcome!r} is no outcome")
    if outcome in ("AUTHORISED", "NO_RULE_MATCHED", "LICENSE_REQUIRED_IF_REACTIVATED"):
        raise ValueError(f"outcome: {outcome} is not a list's to give")
    row = ListRow(
        entry=entry,
        name=name,
        aliases=_aliases(aliases),
        countries=_countries(country),
        effective_from=_day("effective_from", start),
        effective_to=_day("effective_to", end),
        status=STATUSES[status],
        suspensions=_suspensions(suspensions),
        instrument=instrument or None,
        article=article or None,
        outcome=Outcome(outcome) if outcome else None,
        source_url=source_url or None,
        note=note or None,
        line=line,
    )
    _check_status(row)
    return row


def _aliases(cell: str) -> tuple[str, ...]:
    if not cell:
        return ()
    names = tuple(cell.split(SEPARATOR))
    if any(not any(map(str.isalnum, name)) for name in names):
        raise ValueError("aliases: one of them is empty")
    return names


def _countries(cell: str) -> tuple[str, ...]:
    if not cell:
        return ()
    codes = tuple(cell.split(" "))
    for code in codes:
        if code not in COUNTRIES:
            raise ValueError(f"country: {code!r} is not an ISO 3166-1 alpha-2 code")
    return codes


def _day(column: str, cell: str) -> date | None:
    if not cell:
        return None
    if not _DATE.match(cell):
        raise ValueError(f"{column}: {cell!r} is not a date, write YYYY-MM-DD")
    try:
        day = date.fromisoformat(cell)
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise ValueError(f"year must be {EARLIEST_YEAR} to {LATEST_YEAR}")
        return day
    except ValueError as error:
        raise ValueError(f"{column}: {cell!r} is not a date: {error}") from None


def _suspensions(cell: str) -> tuple[Suspension, ...]:
    if not cell:
        return ()
    suspensions = []
    for part in cell.split(SEPARATOR):
        match = _SUSPENSION.match(part)
        if match is None:
            raise ValueError(f"suspensions: {part!r} is not FROM..TO BASIS")
        start, end = _day("suspensions", match[1]), _day("suspensions", match[2] or "")
        if start is not None and end is not None and end < start:
            raise ValueError(f"suspensions: dates reversed: from {start} to {end}")
        basis = match[3].removeprefix(ANNOUNCED_ONLY).strip()
        suspensions.append(
            Suspension.model_validate(
                {
                    "from": start,
                    "to": end,
                    "basis": basis,
                    "announced_only": match[3].startswith(ANNOUNCED_ONLY),
                }
            )
        )
    return tuple(suspensions)


def _check_status(row: ListRow) -> None:
    start, end = row.effective_from, row.effective_to
    if start is not None and end is not None and end < start:
        raise ValueError(f"effective_to: dates reversed: from {start} to {end}")
    if row.status == "suspended" and not row.suspensions:
        raise ValueError("status: suspended, but no suspension stands in the row")
    if row.status == "stopped" and end is None:
        raise ValueError("status: stopped, but effective_to is missing")
    if row.status == "active" and (row.suspensions or end is not None):
        raise ValueError("status: active, but the row has a suspension or a last day")
