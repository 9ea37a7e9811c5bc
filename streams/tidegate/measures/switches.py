"""Work out what in the tables will be otherwise by itself, and from which instant on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from zoneinfo import ZoneInfo

from tidegate.measures.list_rows import ListRow
from tidegate.measures.measure import Effective, Pack
from tidegate.measures.tables import Switch
from tidegate.measures.validity import Force, Validity, validity

_WORDS = {
    (Force.NOT_YET, Force.IN_FORCE): "starts",
    (Force.NOT_YET, Force.SUSPENDED): "starts suspended",
    (Force.SUSPENDED, Force.IN_FORCE): "is applied again",
    (Force.IN_FORCE, Force.SUSPENDED): "is suspended",
    (Force.SUSPENDED, Force.ENDED): "ends",
    (Force.IN_FORCE, Force.ENDED): "ends",
}


def switches(
    pack: Pack, rows: Mapping[str, tuple[ListRow, ...]], zone: ZoneInfo
) -> Iterator[Switch]:
    """Yield what of one pack changes by itself; entries of a notice that change at once are one."""
    for measure in pack.measures:
        when = validity(measure.effective, measure.suspensions, zone)
        for at_ms, what in _changes(when):
            yield Switch(
                at_ms=at_ms,
                what=what,
                measure=measure.id,
                list=None,
                instrument=measure.instrument,
                title=measure.title["en"],
                zone=pack.timezone,
                on_trial=measure.shadow,
            )
    for listed in pack.lists:
        entries: Counter[tuple[int, str, str | None]] = Counter()
        known: dict[object, tuple[tuple[int, str], ...]] = {}
        for row in rows[listed.id]:
            dates = (row.effective_from, row.effective_to, row.suspensions)
            if dates not in known:
                effective = Effective.model_validate({"from": dates[0], "to": dates[1]})
                known[dates] = tuple(_changes(validity(effective, row.suspensions, zone)))
            entries.update((at_ms, what, row.instrument) for at_ms, what in known[dates])
        title = listed.title.get("en", listed.id)
        for (at_ms, what, instrument), count in entries.items():
            yield Switch(
                at_ms=at_ms,
                what=what,
                measure=None,
                list=listed.id,
                instrument=instrument,
                title=f"{count} {'entry' if count == 1 else 'entries'} of {title}",
                zone=pack.timezone,
                on_trial=False,
            )


def _changes(when: Validity) -> Iterator[tuple[int, str]]:
    for at_ms in sorted(set(when.boundaries())):
        what = _WORDS.get((when.force(at_ms - 1), when.force(at_ms)))
        if what is not None:
            yield at_ms, what
