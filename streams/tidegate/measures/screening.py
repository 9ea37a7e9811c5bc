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


def screen(parties: PartyIndex, name: str, country: str | None = None) -> Sequence[Screened]:
    """Return the entries that a name meets, the surest first; no name, no entries.

    Entries whose time is over or to come are among them: an entry says when it holds.
    """
    found = [weighed(entry, hit, country) for entry, hit in parties.meet(fold(name))]
    return tuple(sorted(found, key=_order))


def weighed(entry: ListedParty, hit: Hit, country: str | None) -> Screened:
    """Take the country of the party who has the name into account."""
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
