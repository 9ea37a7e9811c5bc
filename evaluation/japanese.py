"""Japanese names of listed firms: are they found first, with and without the alias file."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

from tidegate.measures.tables import Tables
from tidegate.parties.fold import fold
from tidegate.parties.index import NameIndex

FILE = Path(__file__).resolve().parent.parent / "scripts" / "japanese_names.csv"
_KANA = re.compile("[\u3040-\u30ff]")


def table(tables: Tables) -> None:
    """Measure and print."""
    with FILE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    ours = {row["alias"] for row in rows}
    print(f"{'Japanese names found first':28}{'all lists':>11}{'without the alias file':>24}")
    found = {with_ours: _found(tables, rows, set() if with_ours else ours) for with_ours in (1, 0)}
    for kind, hits in found[1].items():
        without = found[0][kind]
        label = f"{kind} ({len(hits)})"
        shares = f"{sum(hits) / len(hits):11.3f}{sum(without) / len(without):24.3f}"
        print(f"{label:28}{shares}")
    print()


def _found(tables: Tables, rows: list[dict[str, str]], left_out: set[str]) -> dict[str, list[bool]]:
    names: dict[str, set[str]] = defaultdict(set)
    for entry in tables.parties:
        for name in entry.names:
            if name not in left_out:
                names[fold(name)].add(entry.name)
    index = NameIndex(names)
    found: dict[str, list[bool]] = defaultdict(list)
    for row in rows:
        kind = "with katakana" if _KANA.search(row["alias"]) else "kanji only"
        hits = index.hits(fold(row["alias"]))
        found[kind].append(bool(hits) and row["name"] in names[hits[0].listed])
    return found
