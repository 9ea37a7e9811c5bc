"""The restriction tables that ship, compiled once for all tests of a session."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from tidegate.measures.compiler import tables_from
from tidegate.measures.tables import Tables
from tidegate.ops.packs import load_tables, read_packs

ROOT = Path(__file__).resolve().parents[2]
PACKS = ROOT / "packs"


@lru_cache(maxsize=1)
def shipped() -> Tables:
    """Return the packs of this checkout."""
    return load_tables(PACKS)


@lru_cache(maxsize=4)
def shipped_with(file: str, old: str, new: str) -> Tables:
    """Return the packs with one text replaced, which must stand there."""
    files = read_packs(PACKS)
    content = files[file].decode()
    assert content.count(old) >= 1, f"{file} does not hold {old!r}"
    return tables_from({**files, file: content.replace(old, new, 1).encode()})
