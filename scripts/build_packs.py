"""Turn the published lists into the canonical CSV files under `packs/lists/`.

    python scripts/build_packs.py --mofcom FILE --csl FILE --meti FILE --codes FILE \\
        --out packs/lists

The same inputs give the same bytes. A source whose number of rows is not the number announced, or
that holds a value this script does not know, is refused: nobody notices a name that is missing.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import re
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "streams"))

from tidegate.events.countries import COUNTRIES  # noqa: E402
from tidegate.measures.importers.imported import cleaned, names_of  # noqa: E402
from tidegate.measures.list_rows import COLUMNS, SEPARATOR  # noqa: E402

from list_facts import (  # noqa: E402  isort: skip
    CONTROL_LIST,
    WATCH_LIST,
    MOFCOM_LISTS,
    COPIED_IDS,
    MORE_NAMES,
    UEL_DESCRIPTION,
    UEL_NAMES,
    CSL_SOURCES,
    DENIAL,
    CSL_COUNTRIES,
    CSL_REGIONS,
    CSL_NO_COUNTRY,
    METI_ANNOUNCED,
    METI_COUNTRIES,
    MOFCOM_HEAD,
    CSL_HEAD,
    METI_HEAD,
)

Row = dict[str, str]
JAPANESE_NAMES = ROOT / "scripts" / "japanese_names.csv"


def main() -> None:
    """Read the sources named on the command line and write every list."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("mofcom", "csl", "meti", "codes", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    written: dict[str, tuple[Iterable[str], list[Row]]] = {}
    for file, rows in mofcom(read(given.mofcom)).items():
        written[file] = (MOFCOM_HEAD, rows)
    for file, rows in csl(read(given.csl)).items():
        written[file] = (CSL_HEAD, rows)
    written["jp-ful.csv"] = (METI_HEAD, meti(read(given.meti)))
    given.out.mkdir(parents=True, exist_ok=True)
    for file, (head, rows) in written.items():
        (given.out / file).write_bytes(canonical(head, rows))
    (given.out / "cn-codes.csv").write_bytes(codes(read(given.codes)))


def read(path: Path) -> list[Row]:
    """Read a CSV file with a header."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def clean(text: str) -> str:
    """Make a cell printable: odd spaces, zero-width marks, and bytes of an old code page."""
    return cleaned(
        "".join(
            chr(n).encode("latin-1").decode("cp437") if 0x80 <= (n := ord(c)) < 0xA0 else c
            for c in text
        )
    )


def names(name: str, *more: str) -> tuple[str, str]:
    """Return a name and its aliases in one cell; the same name in other case is one."""
    first, *rest = names_of(clean(text) for text in (name, *more))
    return first, SEPARATOR.join(rest)


def also_known_as(name: str) -> list[str]:
    """Split `A a/k/a B` into both names."""
    found = re.split(r"\s*\(?\s*\ba/k/a\b\s*", clean(name), flags=re.IGNORECASE)
    return [part.rstrip(") ") if len(found) > 1 else part for part in found]


def mofcom(source: list[Row]) -> dict[str, list[Row]]:
    """Return the control list, the watch list and the unreliable entity list."""
    lists: dict[str, list[Row]] = {file: [] for file, _ in MOFCOM_LISTS.values()}
    japanese = japanese_names()
    for row in source:
        kind = row["list"].split(" ")[0]
        file, article = MOFCOM_LISTS[kind]
        known = CONTROL_LIST if kind == "control_list" else WATCH_LIST
        day, key = row["date_added"], row["id"]
        if kind == "unreliable_entity_list":
            fact = (f"MOFCOM Unreliable Entity List notice of {day}", 0, "", "unconfirmed", "", "")
        else:
            fact = known[day]
        instrument, _, country, status, end, pauses = fact
        label = row["entity_name"].removeprefix(UEL_DESCRIPTION)
        aliases: tuple[str, ...] = (row["aliases_zh"].removeprefix(UEL_DESCRIPTION),)
        if row["entity_name"] in UEL_NAMES:
            label, more = UEL_NAMES[row["entity_name"]]
            aliases = (*more,)
        name, others = names(label, *aliases, *MORE_NAMES.get(key, ()), *japanese.pop(label, ()))
        lists[file].append(
            {
                "entry_id": _entry_id(key, lists[file]),
                "name": name,
                "aliases": others,
                "country": country,
                "effective_from": day,
                "effective_to": end,
                "status": status,
                "suspensions": pauses,
                "instrument": instrument,
                "article": article,
                "source_url": row["source_url"],
            }
        )
    for known, file in ((CONTROL_LIST, "cn-cl.csv"), (WATCH_LIST, "cn-wl.csv")):
        for instrument, announced, *_ in known.values():
            there = sum(row["instrument"] == instrument for row in lists[file])
            must(there == announced, f"{instrument}: {announced} announced, {there} rows")
    must(not japanese, f"Japanese names of what is not listed: {', '.join(japanese)}")
    return {file: sorted(rows, key=_by_number) for file, rows in lists.items()}


def japanese_names() -> dict[str, tuple[str, ...]]:
    """Return the Japanese names of listed firms, by the English name that the list has."""
    found: dict[str, tuple[str, ...]] = {}
    text = JAPANESE_NAMES.read_text(encoding="utf-8").splitlines()
    for row in csv.DictReader(line for line in text if not line.startswith("#")):
        found[row["name"]] = (*found.get(row["name"], ()), row["alias"])
    return found


def csl(source: list[Row]) -> dict[str, list[Row]]:
    """Return the US lists: five of their own, the other sources in one."""
    lists: dict[str, list[Row]] = {}
    seen: dict[str, int] = {}
    counts: dict[str, int] = {}
    for row in source:
        title = row["source"].partition(" - ")[0]
        file, prefix, instrument, _ = CSL_SOURCES[title]
        counts[title] = counts.get(title, 0) + 1
        name, aliases = names(*also_known_as(row["name"]), *row["alt_names"].split(";"))
        entry = csl_id(prefix, row, seen)
        policy, requirement = clean(row["license_policy"]), clean(row["license_requirement"])
        outcome = ""
        if prefix == "el":
            outcome = "DENIAL_PRESUMED" if DENIAL.search(policy) else "LICENSE_REQUIRED"
        words = [
            f"{label}: {text}"
            for label, text in (
                ("License requirement", requirement),
                ("Review policy", policy),
                ("Program", clean(row["programs"])),
                ("Notice", clean(row["federal_register_notice"])),
            )
            if text
        ]
        lists.setdefault(file, []).append(
            {
                "entry_id": entry,
                "name": name,
                "aliases": aliases,
                "country": csl_countries(row["countries"]),
                "status": "active",
                "instrument": instrument,
                "outcome": outcome,
                "note": "; ".join(words),
            }
        )
    for title, (_, _, _, announced) in CSL_SOURCES.items():
        must(counts.get(title) == announced, f"{title}: {announced} stated, {counts.get(title)}")
    return {file: sorted(rows, key=lambda row: row["entry_id"]) for file, rows in lists.items()}


def csl_id(prefix: str, row: Row, seen: dict[str, int]) -> str:
    """Return OFAC's number, or where a source has none, a digest of what the entry says."""
    if row["entity_number"]:
        entry = f"{prefix}-{row['entity_number']}"
    else:
        words = (clean(row["name"]), row["countries"], clean(row["federal_register_notice"]))
        entry = f"{prefix}-{hashlib.sha256('|'.join(words).encode()).hexdigest()[:12]}"
    number = seen[entry] = seen.get(entry, 0) + 1
    return entry if number == 1 else f"{entry}-{number}"


def csl_countries(cell: str) -> str:
    """Return ISO codes; a region stands for the country it names, or for none."""
    found: list[str] = []
    for text, code in CSL_COUNTRIES.items():
        if text in cell and text not in COUNTRIES:
            cell = re.sub(rf"(?<![A-Z]){re.escape(text)}(?![A-Z])", code, cell)
    for region in sorted(CSL_REGIONS, key=len, reverse=True):
        cell = cell.replace(f"REGION: {region}", CSL_REGIONS[region])
    for token in cell.split():
        if token in CSL_NO_COUNTRY:
            continue
        must(token in COUNTRIES, f"country {token!r} in {cell!r}")
        if token not in found:
            found.append(token)
    return " ".join(found)


def meti(source: list[Row]) -> list[Row]:
    """Return the Foreign User List.

    Where a name had no room of its own the copy has it in the country's cell, behind the country.
    """
    must(len(source) == METI_ANNOUNCED, f"METI: {METI_ANNOUNCED} announced, {len(source)} rows")
    rows = []
    for row in source:
        text = clean(row["country_text"])
        country = max((c for c in METI_COUNTRIES if text.startswith(c)), key=len)
        spilled = text.removeprefix(country).strip()
        name, aliases = names(row["entity_name"], spilled, *row["aliases"].split(";"))
        must(bool(row["entity_name"].strip()) != bool(spilled), f"METI {row['id']}: which name?")
        rows.append(
            {
                "entry_id": row["id"].replace("jp-eul-", "JP-FUL-"),
                "name": name,
                "aliases": aliases,
                "country": METI_COUNTRIES[country],
                "effective_from": "2025-10-09",
                "status": "active",
                "instrument": "METI Foreign User List of 2025-09-29",
                "article": "catch-all controls: end-user test",
                "note": clean(row["reason"]),
            }
        )
    return sorted(rows, key=_by_number)


def codes(source: list[Row]) -> bytes:
    """Return the published Chinese control codes."""
    found = sorted({f"CN:{row['control_code']}" for row in source})
    must(len(found) == len(source) == 189, f"189 codes expected, {len(found)} read")
    head = "# Chinese dual-use control codes as published (MOFCOM catalogue, 2026); codes only.\n"
    return (head + "code\n" + "".join(f"{code}\n" for code in found)).encode()


def canonical(head: Iterable[str], rows: list[Row]) -> bytes:
    """Write a list in the canonical form."""
    text = io.StringIO(newline="")
    for line in head:
        text.write(f"# {line}\n")
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def must(holds: bool, reason: str) -> None:
    """Stop with a reason."""
    if not holds:
        raise SystemExit(f"refused: {reason}")


def _entry_id(key: str, before: list[Row]) -> str:
    """Two notices of one day have the same ids in the copy: the second goes on counting."""
    taken = {row["entry_id"] for row in before}
    head, _, number = key.rpartition("-")
    for copied, list_id in COPIED_IDS.items():
        head = head.replace(copied, list_id)
    last = int(number)
    while f"{head}-{last}" in taken:
        last += 1
    return f"{head}-{last}"


def _by_number(row: Row) -> tuple[str, int]:
    head, _, number = row["entry_id"].rpartition("-")
    return (head, int(number))


if __name__ == "__main__":
    main()
