"""OFAC's Specially Designated Nationals: `SDN.CSV`, with the aliases in `ALT.CSV`.

Neither has a header; `-0-` stands for nothing (OFAC, data specification of the SDN list).
"""

from __future__ import annotations

from collections import defaultdict

from tidegate.measures.errors import PackError, Problem
from tidegate.measures.importers.imported import Imported, cleaned, names_of, noted
from tidegate.measures.importers.source_file import decoded, records

INSTRUMENT = "OFAC Specially Designated Nationals and Blocked Persons List"
SDN = (
    *("ent_num", "name", "type", "program", "title", "call_sign", "vessel_type", "tonnage"),
    *("gross_tonnage", "vessel_flag", "vessel_owner", "remarks"),
)
ALT = ("ent_num", "alt_num", "alt_type", "alt_name", "alt_remarks")
_NOTHING = "-0-"


def entries(
    file: str,
    content: bytes,
    aliases_file: str = "",
    aliases: bytes = b"",
    encoding: str = "utf-8",
) -> list[Imported]:
    """Return the entries of the list, each with its aliases.

    Raises:
        PackError: by line, what is no such file; an alias of nobody on the list.
    """
    known = _aliases(aliases_file, decoded(aliases_file, aliases, encoding))
    found: list[Imported] = []
    problems: list[Problem] = []
    for line, row in records(file, decoded(file, content, encoding), SDN):
        number = _cell(row["ent_num"])
        names = names_of([*_readings(row), *(name for _, name in known.pop(number, ()))])
        if not number.isdigit() or not names:
            problems.append(Problem(file, line, "ent_num or name: missing"))
            continue
        words = {"Program": _cell(row["program"]), "Remarks": _cell(row["remarks"])}
        found.append(Imported(f"SDN-{number}", names, instrument=INSTRUMENT, note=noted(words)))
    problems += [
        Problem(aliases_file, lines[0][0], f"ent_num: {number!r} is not in {file}")
        for number, lines in known.items()
    ]
    if problems:
        raise PackError(problems)
    return found


def _aliases(file: str, text: str) -> dict[str, list[tuple[int, str]]]:
    """Return aliases with their lines, by the number of the entry."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for line, row in records(file, text, ALT):
        found[_cell(row["ent_num"])].append((line, _cell(row["alt_name"])))
    return found


def _readings(row: dict[str, str]) -> list[str]:
    """Return a name as it stands; a person's, family name first, the other way round as well."""
    name = _cell(row["name"])
    family, comma, given = name.partition(",")
    if _cell(row["type"]) == "individual" and comma and given.strip():
        return [name, f"{given.strip()} {family}"]
    return [name]


def _cell(text: str) -> str:
    text = cleaned(text)
    return "" if text == _NOTHING else text
