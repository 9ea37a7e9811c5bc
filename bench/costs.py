"""What a decision costs in this process, by the number of measures and of open shipments."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.events import Event, shipment, stranger
from bench.progress import tell
from bench.screening import Screening
from bench.table import Section
from tidegate.cli.traffic.places import TOWNS
from tidegate.measures.tables import JudgedShapes, Tables
from tidegate.ops.packs import load_tables
from tidegate.ops.settings import default_packs_dir
from tidegate.runtime.store import MemoryStore

_BATCH = 500
_HEAD = """pack: generated
title: {en: Generated}
regime: CN
authority: Example authority
timezone: Asia/Shanghai
verified_on: 2026-11-23
measures:
"""
_MEASURE = """  - id: XX-GEN-{number:05d}
    instrument: Generated
    article: "{number}"
    title: {{en: Generated}}
    evidence: text
    effective: {{from: 2026-01-01}}
    when:
      all: {conditions}
    outcome: REVIEW
"""


def costs(folder: Path, measures: list[int], opened: list[int], decisions: int) -> Section:
    """Measure CPU for a decision: decode, decide, write, keep; the store is in memory."""
    section = Section(
        "CPU for a decision, in process, one core",
        ("", "us, like ones remembered", "us, each asked anew"),
        notes=(
            "Decoding, decision, its record and the new state; no broker. Median of batches of 500."
            " Generated measures, beside the packs that ship, ask for a control code and a"
            " destination, every fifth for destination, origin, end use and a party's class. A"
            " worker remembers what it found for shipments that look alike to measures.",
        ),
    )
    base = load_tables(default_packs_dir(), folder / "cache")
    for count in [0, *measures]:
        tell(f"cost with {count:,} generated measures")
        tables = base if count == 0 else load_tables(generated(folder, count), folder / "cache")
        title = f"the packs that ship ({len(base.measures)} measures)"
        if count:
            title = f"and {count:,} generated measures"
        section.rows.append((title, *_both(tables, 0, decisions)))
    tell("cost where nobody is met twice")
    cells = _both(base, 0, decisions, partial(shipment, met=stranger))
    section.rows.append(("nobody met twice", *cells))
    for count in opened:
        tell(f"cost with {count:,} open shipments")
        section.rows.append((f"{count:,} open shipments", *_both(base, count, decisions)))
    return section


def generated(folder: Path, count: int) -> Path:
    """Write the packs that ship and a pack of generated measures; return where."""
    place = folder / f"packs-{count}"
    shutil.copytree(default_packs_dir(), place)
    with (place / "generated.yaml").open("w", encoding="utf-8") as file:
        file.write(_HEAD)
        for number in range(count):
            file.write(_MEASURE.format(number=number, conditions=_conditions(number)))
    return place


def _conditions(number: int) -> str:
    """Return a measure's conditions: most ask for a control code, every fifth for a lane."""
    countries = sorted(TOWNS)
    to = number % len(countries)
    if number % 5 == 0:
        rest, to = divmod(number // 5, len(countries))
        rest, origin = divmod(rest, len(countries))
        rest, use = divmod(rest, 3)
        rest, class_ = divmod(rest, 4)
        asked = f"{{end_use: [{('military', 'wmd', 'terrorism')[use]}]}}"
        user = ("military", "military_affiliated", "government", "research")[class_]
        role = ("end_user", "consignee")[rest % 2]
        party = f"{{party: {{roles: [{role}], class: [{user}]}}}}"
        lane = f"{{destination: [{countries[to]}]}}, {{origin: [{countries[origin]}]}}"
        return f"[{lane}, {asked}, {party}]"
    code = f"CN:{number % 10}{'ABCDE'[number % 4]}{number // 10 % 1000:03d}"
    return f'[{{code: ["{code}"]}}, {{destination: [{countries[to]}]}}]'


def _both(
    tables: Tables, opened: int, decisions: int, made: Callable[[int], Event] = shipment
) -> tuple[str, str]:
    store = MemoryStore()
    screening = Screening(tables, store)
    _commit(screening, store, screening.switched(tables.version))
    for number in range(0, opened, _BATCH):
        _decide(screening, store, [shipment(10_000_000 + number + n) for n in range(_BATCH)])
    cells = []
    for first, kept in ((0, True), (2_000_000, False)):
        if not kept:
            tables.__dict__["judged"] = JudgedNothing()
        spent = []
        for number in range(0, decisions, _BATCH):
            events = [made(first + number + n) for n in range(_BATCH)]
            began = time.process_time()
            _decide(screening, store, events)
            spent.append((time.process_time() - began) / _BATCH)
        cells.append(f"{statistics.median(spent) * 1e6:,.0f}")
    tables.__dict__.pop("judged", None)
    return cells[0], cells[1]


class JudgedNothing(JudgedShapes):
    """Remember no shape: every shipment is asked about anew."""

    def get(self, shape: object) -> None:
        """Know nothing."""


def _decide(screening: Screening, store: MemoryStore, events: list[Event]) -> None:
    transaction = screening.begin()
    for key, value in events:
        screening.take(transaction, key, value)
    _commit(screening, store, transaction)


def _commit(screening: Screening, store: MemoryStore, transaction: object) -> None:
    store.apply(transaction.changes)  # type: ignore[attr-defined]
    screening.applied(transaction)  # type: ignore[arg-type]
