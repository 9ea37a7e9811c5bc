"""One question set beside one version of the tables, with what both imply worked out once.

Which listed parties the shipment's names meet, by which tokens measures are looked up, and what
stands against each license that a line cites.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from tidegate.engine.answer import Answer, Hit
from tidegate.engine.question import Question
from tidegate.events.claim import Verdict
from tidegate.events.codec import derived_id
from tidegate.events.false_match import FalseMatch
from tidegate.events.shipment import Document, Item, Party
from tidegate.licenses.standing import Fault, faults, last_instant, zone_of
from tidegate.measures.condition import RECIPIENT_ROLES
from tidegate.measures.screening import weighed
from tidegate.measures.tables import (
    BASELINE,
    DECLARED_CONTROLLED,
    LICENSE_CITED,
    ListedParty,
    TableMeasure,
    Tables,
    code_steps,
)
from tidegate.measures.validity import Force, to_ms
from tidegate.parties.fold import fold
from tidegate.parties.hit import Hit as Likeness

Answers = dict[tuple[str, str], Answer]
"""Answers by question (`Condition.text`) and regime of the measure that asks."""


class Line:
    """One item, with the licenses that it cites and what stands against each."""

    def __init__(self, index: int, item: Item, verdicts: dict[str, Verdict], case: Case) -> None:
        self.index = index
        self.item = item
        self.path = f"items[{index}]"
        self.verdicts = verdicts
        self.answers: Answers = {}
        self.faults: dict[str, tuple[Fault, ...]] = {
            number: faults(number, verdicts.get(number), case.question.as_of)
            for number in item.licenses
        }

    def tokens(self) -> set[str]:
        """Return the line's own tokens; see `Case.tokens`."""
        item = self.item
        tokens = {f"origin:{item.origin_country or '?'}"}
        if item.controlled_declaration == "controlled":
            tokens.add(DECLARED_CONTROLLED)
        if item.licenses:
            tokens.add(LICENSE_CITED)
        if item.hs_code is not None:
            tokens.add(f"hs:{item.hs_code[:4]}")
        for code in item.control_codes:
            tokens.add(f"regime:{code[:2]}")
            tokens.update("code:" + step for step in code_steps(code))
        return tokens

    def regime_of(self, number: str) -> str | None:
        """Return a cited license's regime; None while it is not known."""
        verdict = self.verdicts.get(number)
        return verdict.license.regime if verdict is not None and verdict.license else None

    def cited(self, regime: str) -> tuple[str, ...]:
        """Return the cited licenses that are, or may be, of this regime, in order."""
        return tuple(n for n in self.item.licenses if self.regime_of(n) in (regime, None))

    def grant(self, regime: str | None = None) -> str | None:
        """Return the first cited license that grants the line; of this regime, if one is named."""
        for number in self.item.licenses:
            if not self.faults[number] and regime in (None, self.regime_of(number)):
                return number
        return None


class Case:
    """A question and the tables that it is put to."""

    def __init__(self, question: Question, tables: Tables) -> None:
        self.question = question
        self.tables = tables
        self.facts = question.facts
        self.at_ms = to_ms(question.as_of)
        self.answers: Answers = {}
        by_line: dict[int, dict[str, Verdict]] = {}
        for verdict in question.verdicts:
            by_line.setdefault(verdict.line, {})[verdict.license_id] = verdict
        self.lines = tuple(
            Line(index, item, by_line.get(item.line, {}), self)
            for index, item in enumerate(self.facts.items)
        )

    @cached_property
    def hits(self) -> tuple[tuple[Hit, ...], ...]:
        """For each party, the entries that its name or an alias meets and that may count."""
        silent = {(hit.path, hit.entry.list, hit.entry.entry) for hit, _ in self.silenced}
        return tuple(
            tuple(hit for hit in hits if (hit.path, hit.entry.list, hit.entry.entry) not in silent)
            for hits in self._met
        )

    @cached_property
    def silenced(self) -> tuple[tuple[Hit, FalseMatch], ...]:
        """The entries met of which a person said that they are somebody else, and who said so."""
        in_force = tuple(self.active_false_matches())
        return tuple(
            (hit, match)
            for party, hits in zip(self.facts.parties, self._met if in_force else (), strict=False)
            for hit in hits
            for match in in_force
            if _says_not_the_same(match, party, hit.entry)
        )

    @cached_property
    def _met(self) -> tuple[tuple[Hit, ...], ...]:
        return tuple(
            tuple(self._hits_of(index, party)) for index, party in enumerate(self.facts.parties)
        )

    def _hits_of(self, index: int, party: Party) -> Iterator[Hit]:
        best: dict[tuple[str, str], Hit] = {}
        for path, name, entry, met in self._entries(index, party):
            key = (entry.list, entry.entry)
            if entry.validity.force(self.at_ms) in (Force.NOT_YET, Force.ENDED):
                continue
            known = best.get(key)
            if known is None or known.screened.hit.score < met.score:
                best[key] = Hit(entry, path, name, weighed(entry, met, party.country))
        yield from best.values()

    def _entries(
        self, index: int, party: Party
    ) -> Iterator[tuple[str, str, ListedParty, Likeness]]:
        """Yield each entry that a name of a party meets, in force or not, with the name's place."""
        names = [(f"parties[{index}].name", party.name)]
        names += [(f"parties[{index}].aliases[{n}]", name) for n, name in enumerate(party.aliases)]
        for path, name in names:
            for entry, met in self.tables.parties.meet(fold(name)):
                yield path, name, entry, met

    def paper(self, type_: str, regime: str) -> tuple[int, Document] | None:
        """Return the first valid document of a type, with its place.

        A paper whose validity has passed is no longer one; its days are the regime's.
        """
        zone = zone_of(regime)
        for place, paper in enumerate(self.facts.documents):
            end = last_instant(paper.valid_to, zone)
            if paper.type == type_ and (end is None or self.question.as_of < end):
                return place, paper
        return None

    def active_false_matches(self) -> Iterator[FalseMatch]:
        """Yield the false matches that have not expired."""
        for match in self.question.false_matches:
            if match.expires_at is None or self.question.as_of < match.expires_at:
                yield match

    def measures(self) -> Iterator[tuple[TableMeasure, Line | None]]:
        """Yield the measures that could concern the shipment, each with the line it asks about."""
        index = self.tables.index
        for measure in index.candidates(self.tokens):
            if not measure.measure.when.asks_item:
                yield measure, None
        for line in self.lines:
            for measure in index.candidates(self.tokens | line.tokens()):
                if measure.measure.when.asks_item:
                    yield measure, line

    def until_ms(self) -> int | None:
        """Return the first instant ahead at which a measure that could concern the shipment, or an
        entry that its parties meet, changes by itself; None: never."""
        validities = {table.validity for table, _ in self.measures()}
        for index, party in enumerate(self.facts.parties):
            validities.update(entry.validity for _, _, entry, _ in self._entries(index, party))
        instants = (at for validity in validities for at in validity.boundaries())
        return min((at for at in instants if at > self.at_ms), default=None)

    @cached_property
    def tokens(self) -> set[str]:
        """The shipment's tokens, by which the tables find what could concern it.

        A fact that is missing gives its wildcard, so that the measure is asked and can say so.
        """
        facts = self.facts
        tokens = {f"to:{facts.destination_country or '?'}", f"from:{facts.export_country or '?'}"}
        recipients = [party for party in facts.parties if party.role in RECIPIENT_ROLES]
        tokens.update(f"to:{party.country or '?'}" for party in recipients)
        if not recipients:
            tokens.add("to:?")
        if self.question.baseline is not None:
            tokens.add(BASELINE)
        tokens.update(f"list:{hit.entry.list}" for hits in self.hits for hit in hits)
        return tokens


def _says_not_the_same(match: FalseMatch, party: Party, entry: ListedParty) -> bool:
    return (
        (match.list, match.entry) == (entry.list, entry.entry)
        and match.party == fold(party.name)
        and match.country == party.country
        and match.entry_digest == entry_digest(entry)
    )


def entry_digest(entry: ListedParty) -> str:
    """Digest what a person saw of a list entry; a changed entry has another one."""
    words = (entry.list, entry.entry, *entry.names, *entry.countries, entry.instrument, entry.note)
    return derived_id("list-entry", *(word or "" for word in words))
