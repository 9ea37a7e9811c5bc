"""Screen a party's name against every list of a version of the tables, and say why it met what.

A country is set beside the entry's own. It never makes a hit of two different names, nor takes an
exact name away; a likeness whose countries differ is at most possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tidegate.measures.tables import ListedParty, PartyIndex
from tidegate.parties.fold import fold
from tidegate.parties.hit import GRADES, Agreement, Grade, Hit
from tidegate.parties.index import NameIndex


@dataclass(frozen=True, slots=True)
class Screened:
    """A list entry that a name met."""

    entry: ListedParty
    hit: Hit
    """Which of the entry's names was met, word by word; the likest of them."""
    country: Agreement
    grade: Grade
    """The hit's grade, with the country taken into account."""
    reason: str

    def plain(self) -> dict[str, Any]:
        """Return it as JSON would have it."""
        return {
            "list": self.entry.list,
            "entry": self.entry.entry,
            "name": self.entry.name,
            "countries": list(self.entry.countries),
            "country": self.country,
            "grade": self.grade,
            "score": round(self.hit.score, 4),
            "reason": self.reason,
            "met": self.hit.plain(),
        }


class Screening:
    """The names of all lists, ready to be asked. Building takes about a second."""

    def __init__(self, parties: PartyIndex) -> None:
        self._parties = parties
        self._index = NameIndex(
            dict.fromkeys(fold(name) for entry in parties for name in entry.names)
        )

    def screen(self, name: str, country: str | None = None) -> Sequence[Screened]:
        """Return the entries that a name meets, the surest first; no name, no entries.

        Entries whose time is over or to come are among them: an entry says when it holds.
        """
        best: dict[tuple[str, str], Screened] = {}
        for hit in self._index.hits(fold(name)):
            for entry in self._parties.find(hit.listed):
                found = _screened(entry, hit, country)
                known = best.get((entry.list, entry.entry))
                if known is None or _order(found) < _order(known):
                    best[entry.list, entry.entry] = found
        return tuple(sorted(best.values(), key=_order))


def _screened(entry: ListedParty, hit: Hit, country: str | None) -> Screened:
    agreement: Agreement = "unknown"
    if country is not None and entry.countries:
        agreement = "agrees" if country in entry.countries else "differs"
    grade, reason = hit.grade, hit.reason
    if agreement == "differs":
        reason = f"{reason}; listed in {' '.join(entry.countries)}, not {country}"
        grade = "possible" if grade == "strong" else grade
    return Screened(entry, hit, agreement, grade, reason)


def _order(found: Screened) -> tuple[int, float, str, str]:
    return (GRADES.index(found.grade), -found.hit.score, found.entry.list, found.entry.entry)
