"""Put one condition to a case and get its answer.

Every function answers one word of `measures.condition`; how the law's words are read is said with
the function that reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tidegate.engine import answer as say
from tidegate.engine.answer import NO, Answer, Fact, Truth
from tidegate.engine.baseline import differences
from tidegate.engine.case import Case, Line
from tidegate.events.shipment import Answer as Stated
from tidegate.events.shipment import EndUseClass, Party, PartyClass, ShipmentStatus
from tidegate.events.values import moment_text
from tidegate.licenses.matching import covers
from tidegate.licenses.standing import last_instant, zone_of
from tidegate.measures.condition import (
    ITEM_KEYS,
    RECIPIENT_ROLES,
    Condition,
    PartyQuestion,
)
from tidegate.measures.tables import TableMeasure

UNSURE_FOR_MILITARY = frozenset(
    {PartyClass.MILITARY_AFFILIATED, PartyClass.GOVERNMENT, PartyClass.RESEARCH}
)
"""Classes that neither are nor are not a military user: that is for a person to find out."""


class Asker:
    """Puts one measure's conditions to a case, for one line of goods where they ask about one."""

    def __init__(self, case: Case, measure: TableMeasure, line: Line | None) -> None:
        self._case = case
        self._facts = case.facts
        self._regime = measure.regime
        self._line = line

    def ask(self, condition: Condition) -> Answer:
        """Answer a condition: combinations here, single questions by the word they begin with."""
        if condition.all is not None:
            return say.all_of(self.ask(child) for child in condition.all)
        if condition.any is not None:
            return say.any_of(self.ask(child) for child in condition.any)
        if condition.not_ is not None:
            return say.negated(self.ask(condition.not_))
        # Many measures ask the same of the same goods: each question is answered once.
        on_line = condition.key in ITEM_KEYS
        memo = self._item().answers if on_line else self._case.answers
        asked = (condition.text, self._regime)
        answer = memo.get(asked)
        if answer is None:
            answer = memo[asked] = _WORDS[condition.key](self, condition)
        return answer

    # Questions about a line of goods

    def _item(self) -> Line:
        assert self._line is not None, "an item question is put to a line"
        return self._line

    def code(self, condition: Condition) -> Answer:
        """A stated code below a measure's code is covered by it; one above it may be."""
        line = self._item()
        maybe: Answer = NO
        for number, stated in enumerate(line.item.control_codes):
            path = f"{line.path}.control_codes[{number}]"
            for wanted in condition.code or ():
                if covers(wanted, stated):
                    return say.yes(path, stated)
                if covers(stated, wanted):
                    maybe = say.missing(path, evidence=say.yes(path, stated).evidence)
        return maybe

    def code_regime(self, condition: Condition) -> Answer:
        line = self._item()
        for number, stated in enumerate(line.item.control_codes):
            if stated[:2] == condition.code_regime:
                return say.yes(f"{line.path}.control_codes[{number}]", stated)
        return NO

    def unlisted_code(self, condition: Condition) -> Answer:
        line = self._item()
        regime = condition.unlisted_code
        for number, stated in enumerate(line.item.control_codes):
            if stated[:2] == regime and not self._case.tables.is_known_code(stated):
                return say.yes(f"{line.path}.control_codes[{number}]", stated)
        return NO

    def dual_use(self, condition: Condition) -> Answer:
        """A stated code: yes. A tariff candidate, or 'controlled' without a code: unknown."""
        line, item = self._item(), self._item().item
        regime = condition.dual_use or ""
        for number, stated in enumerate(item.control_codes):
            if stated[:2] == regime:
                return say.yes(f"{line.path}.control_codes[{number}]", stated)
        if self._is_candidate(line, regime):
            evidence = say.yes(f"{line.path}.hs_code", item.hs_code).evidence
            return say.missing(f"{line.path}.control_codes", evidence=evidence)
        if item.controlled_declaration == "controlled":
            evidence = say.yes(f"{line.path}.controlled_declaration", "controlled").evidence
            return say.missing(f"{line.path}.control_codes", evidence=evidence)
        return NO

    def tariff_candidate(self, condition: Condition) -> Answer:
        """A stated code of the regime ends the question that a tariff code raises."""
        line = self._item()
        regime = condition.tariff_candidate or ""
        if any(stated[:2] == regime for stated in line.item.control_codes):
            return NO
        if self._is_candidate(line, regime):
            return say.yes(f"{line.path}.hs_code", line.item.hs_code)
        return NO

    def _is_candidate(self, line: Line, regime: str) -> bool:
        stated = line.item.hs_code
        return stated is not None and self._case.tables.is_candidate(regime, stated)

    def origin(self, condition: Condition) -> Answer:
        line = self._item()
        path = f"{line.path}.origin_country"
        return _among(path, line.item.origin_country, condition.origin or ())

    def declared(self, condition: Condition) -> Answer:
        line = self._item()
        stated = line.item.controlled_declaration
        path = f"{line.path}.controlled_declaration"
        return say.yes(path, stated) if stated == condition.declared else NO

    def content(self, condition: Condition) -> Answer:
        question, line = condition.content, self._item()
        assert question is not None
        if question.of == "cn_origin_value":
            path = f"{line.path}.cn_origin_value_pct"
            share = line.item.cn_origin_value_pct
        else:
            path = f"{line.path}.composition"
            if not line.item.composition:
                return say.missing(path)
            found = [part for part in line.item.composition if part.element == question.of]
            if not found:
                return say.no(path, "without " + question.of)
            share = max(part.mass_pct for part in found)
        if share is None:
            return say.missing(path)
        reached = share >= question.at_least
        return say.yes(path, str(share)) if reached else say.no(path, str(share))

    def license_type(self, condition: Condition) -> Answer:
        """Only of licenses that are, or may be, of the measure's regime."""
        line = self._item()
        answers = []
        for number in line.cited(self._regime):
            verdict = line.verdicts.get(number)
            path = f"licenses[{number}].license_type"
            if verdict is None or verdict.license is None:
                answers.append(say.missing(f"verdict {number}" if verdict is None else path))
            elif verdict.license.license_type in (condition.license_type or ()):
                answers.append(say.yes(path, verdict.license.license_type))
        return say.any_of(answers) if answers else NO

    def license_fault(self, condition: Condition) -> Answer:
        """Only where none of the licenses cited for this regime grants the line."""
        line = self._item()
        if line.grant(self._regime) is not None:
            return NO
        found = [
            Answer(
                Truth.TRUE,
                (Fact(fault.path, fault.value),),
                () if fault.unknown is None else (fault.unknown,),
            )
            for number in line.item.licenses
            if line.regime_of(number) == self._regime
            for fault in line.faults[number]
            if fault.name in (condition.license_fault or ())
        ]
        return say.any_of(found) if found else NO

    # Questions about the shipment

    def export_from(self, condition: Condition) -> Answer:
        return _among("export_country", self._facts.export_country, condition.export_from or ())

    def destination(self, condition: Condition) -> Answer:
        stated = self._facts.destination_country
        return _among("destination_country", stated, condition.destination or ())

    def transit(self, condition: Condition) -> Answer:
        for number, country in enumerate(self._facts.transit_countries):
            if country in (condition.transit or ()):
                return say.yes(f"transit_countries[{number}]", country)
        return NO

    def recipient_in(self, condition: Condition) -> Answer:
        """Destination there, or a party there that receives the goods (DESIGN section 6)."""
        wanted = condition.recipient_in or ()
        answers = [self._destined(wanted)]
        filled = False
        for number, party in enumerate(self._facts.parties):
            if party.role in RECIPIENT_ROLES:
                filled = True
                answers.append(_among(f"parties[{number}].country", party.country, wanted))
        if not filled:
            answers.append(say.missing("parties[recipient]"))
        return say.any_of(answers)

    def _destined(self, wanted: Iterable[str]) -> Answer:
        return _among("destination_country", self._facts.destination_country, wanted)

    def party(self, condition: Condition) -> Answer:
        """One party with all the properties; nobody in a receiving role is not knowing who."""
        question = condition.party
        assert question is not None
        answers = [
            self._one_party(number, party, question)
            for number, party in enumerate(self._facts.parties)
            if not question.roles or party.role in question.roles
        ]
        if not answers and question.roles and set(question.roles) <= set(RECIPIENT_ROLES):
            return say.missing(*(f"parties[{role}]" for role in question.roles))
        return say.any_of(answers)

    def _one_party(self, number: int, party: Party, question: PartyQuestion) -> Answer:
        path = f"parties[{number}]"
        parts = []
        if question.list is not None:
            hits = tuple(h for h in self._case.hits[number] if h.entry.list == question.list)
            if not hits:
                return NO
            evidence = tuple(Fact(hit.path, hit.name) for hit in hits)
            parts.append(Answer(Truth.TRUE, evidence, (), hits))
        if question.countries:
            parts.append(_among(f"{path}.country", party.country, question.countries))
        if question.class_:
            parts.append(_class(f"{path}.class", party.class_, question.class_))
        return say.all_of(parts)

    def end_use(self, condition: Condition) -> Answer:
        stated = self._facts.end_use.class_
        if stated is EndUseClass.UNKNOWN:
            return say.missing("end_use.class")
        wanted = condition.end_use or ()
        return say.yes("end_use.class", stated) if stated in wanted else NO

    def military_capability(self, condition: Condition) -> Answer:
        stated = self._facts.end_use.military_capability
        if stated is Stated.UNKNOWN:
            return say.missing("end_use.military_capability")
        if stated is condition.military_capability:
            return say.yes("end_use.military_capability", stated)
        return NO

    def knowledge(self, condition: Condition) -> Answer:
        stated = self._facts.end_use.knowledge_level
        if stated is None:
            return say.missing("end_use.knowledge_level")
        wanted = condition.knowledge or ()
        return say.yes("end_use.knowledge_level", stated) if stated in wanted else NO

    def document(self, condition: Condition) -> Answer:
        found = self._case.paper(condition.document or "", self._regime)
        return NO if found is None else say.yes(f"documents[{found[0]}].type", found[1].type)

    def certificate(self, condition: Condition) -> Answer:
        paper = self._facts.end_use.certificate
        if paper is None or paper.valid_to is None or self._facts.status in DEPARTED:
            return NO
        end = last_instant(paper.valid_to, zone_of(self._regime))
        if end is None or self._case.question.as_of < end:
            return NO
        return say.yes("end_use.certificate.valid_to", moment_text(paper.valid_to))

    def changed(self, condition: Condition) -> Answer:
        baseline = self._case.question.baseline
        if baseline is None:
            return NO
        found = [
            say.yes(path, f"{now} (was {before} at {baseline.set_by})")
            for aspect, path, before, now in differences(baseline, self._facts)
            if aspect in (condition.changed or ())
        ]
        return say.any_of(found)


DEPARTED = frozenset({ShipmentStatus.DEPARTED, ShipmentStatus.ARRIVED})

_WORDS: dict[str, Callable[[Asker, Condition], Answer]] = {
    name: getattr(Asker, name)
    for name in Condition.model_fields
    if name not in ("all", "any", "not_")
}


def _among(path: str, stated: str | None, wanted: Iterable[str]) -> Answer:
    if stated is None:
        return say.missing(path)
    return say.yes(path, stated) if stated in wanted else say.no(path, stated)


def _class(path: str, stated: PartyClass, wanted: tuple[PartyClass, ...]) -> Answer:
    if stated in wanted:
        return say.yes(path, stated)
    if stated is PartyClass.UNKNOWN:
        return say.missing(path)
    if PartyClass.MILITARY in wanted and stated in UNSURE_FOR_MILITARY:
        return say.missing(path, evidence=say.yes(path, stated).evidence)
    return say.no(path, stated)
