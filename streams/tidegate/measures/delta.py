"""Tell which listed names changed from one version of the tables to the next."""

from __future__ import annotations

from tidegate.measures.tables import Tables
from tidegate.parties.fold import fold


def changed_names(old: Tables, new: Tables) -> frozenset[str] | None:
    """Return the folded names of all entries that are new, gone, or not what they were.

    Returns:
        None where more than entries changed: measures, tariff candidates or control codes, which
        may concern a shipment whoever its parties are.
    """
    if _all_but_entries(old) != _all_but_entries(new):
        return None
    changed = old.parties.contents() ^ new.parties.contents()
    return frozenset(fold(name) for entry in changed for name in entry.names)


def _all_but_entries(tables: Tables) -> tuple[object, ...]:
    return (tables.measures, tables.tariff_candidates, tables.known_codes)
