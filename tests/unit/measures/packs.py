"""Small packs for tests, and the packs that ship."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tidegate.measures.compiler import tables_from
from tidegate.measures.list_rows import COLUMNS
from tidegate.measures.tables import Tables

SHIPPED = Path(__file__).resolve().parents[3] / "packs"

HEAD = """\
pack: demo
title: {en: Demo}
regime: CN
authority: MOFCOM
timezone: Asia/Shanghai
verified_on: 2026-11-23
parameters:
  truce_end: {value: 2027-01-10, basis: announced, alternatives: {2026-11-10: text}}
"""
LISTS = """\
lists:
  - id: CN-CL
    title: {en: Control list}
    file: lists/cn-cl.csv
    as_of: 2026-07-19
    source: demo
    license: demo
    counts: {No. 11: 2}
"""
ROWS = (
    "e1,First KK,第一株式会社 | Erste,JP,2026-02-24,,active,,No. 11,,,,",
    "e2,Second KK,,JP,2026-02-24,,active,,No. 11,,,,",
)


def measure(
    id_: str = "CN-1",
    when: str = "{destination: [JP]}",
    outcome: str = "PROHIBITED",
    effective: str = "{from: 2026-01-06}",
    more: str = "",
) -> str:
    """Return one measure; each field stands on a line of its own."""
    return (
        f"  - id: {id_}\n"
        "    instrument: No. 1\n"
        "    article: '1'\n"
        "    title: {en: Demo}\n"
        "    evidence: text\n"
        f"    effective: {effective}\n"
        f"    when: {when}\n"
        f"    outcome: {outcome}\n" + "".join(f"    {line}\n" for line in more.splitlines())
    )


def rows(*lines: str) -> bytes:
    """Return a list's file."""
    return "\n".join([",".join(COLUMNS), *lines, ""]).encode()


def files(
    *measures: str,
    lists: str = "",
    list_rows: tuple[str, ...] = ROWS,
    head: str = HEAD,
) -> dict[str, bytes]:
    """Return the files of a pack."""
    text = head + lists + ("measures:\n" + "".join(measures) if measures else "")
    result = {"demo.yaml": text.encode()}
    if lists:
        result["lists/cn-cl.csv"] = rows(*list_rows)
    return result


@cache
def shipped_files() -> dict[str, bytes]:
    """Return the packs that ship."""
    return {
        path.relative_to(SHIPPED).as_posix(): path.read_bytes()
        for path in sorted([*SHIPPED.glob("*.yaml"), *SHIPPED.glob("lists/*.csv")])
    }


@cache
def shipped() -> Tables:
    """Return the tables of the packs that ship."""
    return tables_from(shipped_files())
