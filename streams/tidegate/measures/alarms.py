"""Work out what in the tables a person must look after, and from when to when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from tidegate.measures.list_rows import ListRow
from tidegate.measures.measure import ListSource, Measure, Pack, Rhythm, Suspension
from tidegate.measures.tables import TableAlarm
from tidegate.measures.validity import day_end_ms, day_start_ms

WARNING_DAYS = 30
"""How long before a suspension or measure ends the alarm begins."""
STALE_AFTER_DAYS = 60
"""How long after a pack's sources were last read the alarm begins."""


def alarms(
    pack: Pack, rows: Mapping[str, tuple[ListRow, ...]], zone: ZoneInfo
) -> Iterator[TableAlarm]:
    """Yield the alarms of one pack."""
    for measure in pack.measures:
        for suspension in measure.suspensions:
            yield from _suspension(measure.id, measure.instrument, suspension, zone)
        yield from _end(measure, zone)
    for list_id, entries in rows.items():
        groups: dict[tuple[str, Suspension], int] = {}
        for row in entries:
            for suspension in row.suspensions:
                key = (row.instrument or list_id, suspension)
                groups[key] = groups.get(key, 0) + 1
        for (instrument, suspension), count in groups.items():
            told = f"{instrument} ({count} {'entry' if count == 1 else 'entries'} of {list_id})"
            yield from _suspension(f"{list_id}:{instrument}", told, suspension, zone)
    for listed in pack.lists:
        if listed.rhythm is not None:
            yield _older_than_its_rhythm(listed, listed.rhythm, zone)
    yield _stale(pack, zone)


def _suspension(
    name: str, instrument: str, suspension: Suspension, zone: ZoneInfo
) -> Iterator[TableAlarm]:
    """One alarm before the end, one from the day after: a later suspension replaces neither, for
    it would stand in a later version of the tables."""
    if suspension.to is None:
        return
    end = suspension.to
    after = end + timedelta(days=1)
    rests = (
        " The end was announced only; no instrument was seen." if suspension.announced_only else ""
    )
    ended_ms = day_end_ms(end, zone)
    yield TableAlarm(
        id=f"{name}:suspension-ends:{end}",
        measure=name,
        text=f"The suspension of {instrument} ends on {end}: it is applied again from {after}."
        f"{rests} Basis: {suspension.basis}",
        since_ms=_before(suspension.from_, end, zone),
        until_ms=ended_ms,
    )
    yield TableAlarm(
        id=f"{name}:suspension-ended:{end}",
        measure=name,
        text=f"The suspension of {instrument} ended on {end}; no instrument was seen after it; "
        f"it is applied again. Basis of the end: {suspension.basis}",
        since_ms=ended_ms,
    )


def _end(measure: Measure, zone: ZoneInfo) -> Iterator[TableAlarm]:
    end = measure.effective.to
    if end is None:
        return
    ended_ms = day_end_ms(end, zone)
    yield TableAlarm(
        id=f"{measure.id}:ends:{end}",
        measure=measure.id,
        text=f"{measure.instrument} ends on {end}: {measure.id} is not applied after it.",
        since_ms=_before(measure.effective.from_, end, zone),
        until_ms=ended_ms,
    )


def _before(start: date | None, end: date, zone: ZoneInfo) -> int:
    warned = end - timedelta(days=WARNING_DAYS)
    return day_start_ms(warned if start is None else max(start, warned), zone)


def _older_than_its_rhythm(listed: ListSource, rhythm: Rhythm, zone: ZoneInfo) -> TableAlarm:
    every = "every day" if rhythm.days == 1 else f"every {rhythm.days} days"
    return TableAlarm(
        id=f"{listed.id}:older-than-its-rhythm:{listed.as_of}",
        measure=listed.id,
        text=f"The copy of {listed.title.get('en', listed.id)} is of {listed.as_of}; the list is "
        f"published {every} ({rhythm.basis}): names that came since are not met. Import it anew.",
        since_ms=day_end_ms(listed.as_of + timedelta(days=rhythm.days), zone),
    )


def _stale(pack: Pack, zone: ZoneInfo) -> TableAlarm:
    return TableAlarm(
        id=f"{pack.pack}:not-verified-since:{pack.verified_on}",
        measure=pack.pack,
        text=f"The sources of the pack {pack.pack} were last read on {pack.verified_on}, "
        f"more than {STALE_AFTER_DAYS} days ago: what changed since is not in the tables.",
        since_ms=day_end_ms(pack.verified_on + timedelta(days=STALE_AFTER_DAYS), zone),
    )
