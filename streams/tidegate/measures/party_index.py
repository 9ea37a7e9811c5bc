"""Listed parties by folded name, made into objects only when they are met.

All entries of all lists are kept as plain tuples (an image holds them as they are); a shipment
meets few of them, so building 26,000 objects at start would be work for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from tidegate.events.decision import Outcome
from tidegate.measures.tables import EntryContent, ListedParty, Met, PartyIndex
from tidegate.measures.validity import Validity
from tidegate.parties.index import NameIndex

REMEMBERED = 1 << 17
"""Names whose meetings are kept."""


class PlainEntry(NamedTuple):
    """A `ListedParty` in plain values; `validity` is a position among the index's validities."""

    list: str
    entry: str
    names: tuple[str, ...]
    countries: tuple[str, ...]
    validity: int
    confirmed: bool
    instrument: str | None
    article: str | None
    source_url: str | None
    outcome: str | None
    note: str | None


class FoldedIndex(PartyIndex):
    """Entries in list order, and for each folded name the positions of those that carry it."""

    def __init__(
        self,
        entries: Sequence[tuple[object, ...]],
        by_name: Mapping[str, tuple[int, ...]],
        validities: Sequence[Validity],
    ) -> None:
        self.entries = entries
        self.by_name = by_name
        self.validities = validities
        self._made: dict[int, ListedParty] = {}
        self._met: dict[str, tuple[Met, ...]] = {}

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[ListedParty]:
        return (self._party(position) for position in range(len(self.entries)))

    def contents(self) -> frozenset[EntryContent]:
        """Return what every entry says, to be compared with another version's."""
        plain = map(PlainEntry._make, self.entries)
        return frozenset(
            EntryContent(one.names, (self.validities[one.validity], *one._replace(validity=0)))
            for one in plain
        )

    def meet(self, folded: str) -> Sequence[Met]:
        """Return the entries that this folded name meets, the surest first, each once."""
        met = self._met.get(folded)
        if met is None:
            if len(self._met) >= REMEMBERED:
                self._met.clear()
            met = self._met[folded] = tuple(self._meet(folded))
        return met

    def _meet(self, folded: str) -> Iterator[Met]:
        seen = set[int]()
        for hit in self.likenesses.hits(folded):
            for position in self.by_name[hit.listed]:
                if position not in seen:
                    seen.add(position)
                    yield Met(self._party(position), hit)

    @cached_property
    def likenesses(self) -> NameIndex:
        """The names, ready to be met by likeness. Building it takes most of a second."""
        return NameIndex(self.by_name)

    def names(self) -> Mapping[str, tuple[int, ...]]:
        """Return every folded name with the positions of its entries, in table order."""
        return self.by_name

    def _party(self, position: int) -> ListedParty:
        made = self._made.get(position)
        if made is None:
            plain = PlainEntry._make(self.entries[position])
            countries = plain.countries
            made = ListedParty(
                list=plain.list,
                entry=plain.entry,
                name=plain.names[0],
                names=plain.names,
                country=countries[0] if len(countries) == 1 else None,
                validity=self.validities[plain.validity],
                confirmed=plain.confirmed,
                instrument=plain.instrument,
                article=plain.article,
                source_url=plain.source_url,
                outcome=None if plain.outcome is None else Outcome(plain.outcome),
                note=plain.note,
                countries=countries,
            )
            self._made[position] = made
        return made
