"""Compile packs into tables: dates into instants, conditions into an index, names into a lookup."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from tidegate.measures.alarms import alarms
from tidegate.measures.consistency import literals
from tidegate.measures.list_rows import ListRow
from tidegate.measures.loader import LoadedPack, LoadedPacks, load
from tidegate.measures.measure import Effective
from tidegate.measures.party_index import FoldedIndex, PlainEntry
from tidegate.measures.switches import switches
from tidegate.measures.tables import Switch, TableAlarm, TableList, TableMeasure, Tables
from tidegate.measures.token_index import TokenIndex
from tidegate.measures.validity import Validity, validity
from tidegate.parties.fold import fold


def tables_from(files: Mapping[str, bytes]) -> Tables:
    """Load and compile packs.

    Raises:
        PackError: with every problem found, by file and line.
    """
    return compile_packs(load(files))


def compile_packs(loaded: LoadedPacks) -> Tables:
    """Compile packs that were loaded and checked."""
    measures = tuple(measure for item in loaded.packs for measure in _measures(item))
    parties = _parties(loaded.packs)
    found: list[TableAlarm] = []
    lists: dict[str, TableList] = {}
    ahead: list[Switch] = []
    for item in loaded.packs:
        found += alarms(item.pack, item.rows, item.zone)
        ahead += switches(item.pack, item.rows, item.zone)
        lists.update(_lists(item))
    candidates = {
        item.pack.dual_use.regime: item.pack.dual_use.tariff_candidates
        for item in loaded.packs
        if item.pack.dual_use is not None
    }
    return Tables(
        version=loaded.version,
        measures=measures,
        parties=parties,
        tariff_candidates=candidates,
        known_codes=_known_codes(loaded.packs),
        boundaries_ms=boundaries(measures, parties.validities),
        alarms=tuple(sorted(found, key=lambda alarm: alarm.id)),
        switches=tuple(sorted(ahead, key=lambda switch: (switch.at_ms, switch.id))),
        index=TokenIndex(measures, candidates),
        lists=lists,
        statements=tuple(said for item in loaded.packs for said in item.pack.statements),
    )


def boundaries(measures: Iterable[TableMeasure], validities: Iterable[Validity]) -> tuple[int, ...]:
    """Return, sorted, every instant at which a measure or an entry changes by itself."""
    instants = {at for measure in measures for at in measure.validity.boundaries()}
    instants.update(at for entry in validities for at in entry.boundaries())
    return tuple(sorted(instants))


def _measures(item: LoadedPack) -> Iterable[TableMeasure]:
    for measure in item.pack.measures:
        yield TableMeasure(
            measure=measure,
            regime=item.pack.regime,
            pack=item.pack.pack,
            validity=validity(measure.effective, measure.suspensions, item.zone),
        )


def _lists(item: LoadedPack) -> dict[str, TableList]:
    return {
        listed.id: TableList(
            id=listed.id,
            title=listed.title.get("en", listed.id),
            as_of=listed.as_of.isoformat(),
            source=listed.source,
            license=listed.license,
            entries=len(item.rows[listed.id]),
            pack=item.pack.pack,
            no_review_limit=listed.no_review_limit,
        )
        for listed in item.pack.lists
    }


def _known_codes(packs: Iterable[LoadedPack]) -> dict[str, frozenset[str]]:
    known: dict[str, set[str]] = {}
    for item in packs:
        for code in item.codes:
            known.setdefault(code[:2], set()).add(code)
        for measure in item.pack.measures:
            for question, _ in literals(measure.when):
                for code in question.code or ():
                    known.setdefault(code[:2], set()).add(code)
    return {regime: frozenset(codes) for regime, codes in known.items()}


def _parties(packs: Iterable[LoadedPack]) -> FoldedIndex:
    entries: list[tuple[object, ...]] = []
    by_name: dict[str, tuple[int, ...]] = {}
    validities: dict[Validity, int] = {}
    same: dict[object, object] = {}
    for item in packs:
        for listed in item.pack.lists:
            for row in item.rows[listed.id]:
                when = validities.setdefault(_entry_validity(row, item.zone), len(validities))
                plain = PlainEntry(
                    list=listed.id,
                    entry=row.entry,
                    names=(row.name, *row.aliases),
                    countries=row.countries,
                    validity=when,
                    confirmed=row.status != "unconfirmed",
                    instrument=row.instrument,
                    article=row.article,
                    source_url=row.source_url,
                    outcome=None if row.outcome is None else row.outcome.value,
                    note=row.note,
                )
                position = len(entries)
                entries.append(tuple(same.setdefault(value, value) for value in plain))
                for folded in dict.fromkeys(fold(name) for name in plain.names):
                    by_name[folded] = (*by_name.get(folded, ()), position)
    return FoldedIndex(entries, by_name, tuple(validities))


def _entry_validity(row: ListRow, zone: ZoneInfo) -> Validity:
    effective = Effective.model_validate({"from": row.effective_from, "to": row.effective_to})
    return validity(effective, row.suspensions, zone)
