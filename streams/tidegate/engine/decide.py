"""Make the decision on one shipment.

1. Work out what the facts imply under these tables (listed parties met, licenses' faults).
2. Ask every measure that could touch it, once or for each line; keep each reason.
3. Add the house rules for cited licenses that no measure speaks of.
4. The strongest reason gives the outcome; a release that covers all of them makes it pass. What
   measures on trial say stands beside it, and has no part in it.
5. Name the inputs, and derive the id from the content.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tidegate.engine import house
from tidegate.engine.answer import Answer, Hit, Truth
from tidegate.engine.case import Case, Line
from tidegate.engine.conditions import Asker
from tidegate.engine.question import Question
from tidegate.engine.release import fingerprints, releasing
from tidegate.engine.shape import shape_of
from tidegate.events.claim import Verdict
from tidegate.events.codec import canonical, derived_id
from tidegate.events.decision import (
    Action,
    Decision,
    Evidence,
    ListEntry,
    Outcome,
    Reason,
)
from tidegate.events.false_match import FalseMatch
from tidegate.events.shipment import Certificate, Document
from tidegate.events.values import instant_text
from tidegate.licenses.standing import last_instant, span, zone_of
from tidegate.measures.measure import Measure
from tidegate.measures.tables import Found, ListedParty, TableMeasure, Tables
from tidegate.measures.validity import Force, Pause, from_ms, to_ms


@dataclass(frozen=True, slots=True)
class Judgement:
    """A decision, and what its owner needs beside it."""

    decision_id: str
    shipment_id: str
    as_of: datetime
    outcome: Outcome
    action: Action
    reasons: tuple[Reason, ...]
    shadow: tuple[Reason, ...]
    """What measures on trial say; see `Decision.shadow`."""
    written: bytes
    """The whole decision in canonical form."""
    content: str
    """Digest of all of the decision but its instant, tables version and history: a decision is
    written when this has changed."""
    fingerprints: tuple[str, ...]
    """Of the hold and review reasons, in the decision's order: what a release would cover."""
    granted_by: tuple[str, ...]
    """The licenses that grant lines, if every line that cites any is granted; else empty."""
    silenced: tuple[str, ...]
    """The list of each hit that counts for nothing because a person said so."""
    next_change: datetime | None
    """The first instant at which the answer may be another without anything arriving."""

    @property
    def decision(self) -> Decision:
        """The decision as whoever reads it gets it."""
        return Decision.model_validate_json(self.written)


def decide(question: Question, tables: Tables) -> Judgement:
    """Judge a shipment at an instant. Pure: equal arguments give equal bytes."""
    case = Case(question, tables)
    return _judgement(case, _known(case) if question.facts.status.is_open else Found((), (), None))


def not_judged(question: Question, tables: Tables, cause: str) -> Judgement:
    """Decide where `decide` itself failed: never a pass, and it says so.

    It is tried again whenever anything in the tables changes by itself.
    """
    again = tables.next_boundary_ms(to_ms(question.as_of))
    return _judgement(Case(question, tables), Found((house.not_judged(cause),), (), again))


def _known(case: Case) -> Found:
    """Return what the tables say, found anew only for a shape that was not met lately."""
    shape = shape_of(case)
    if shape is None:
        return _find(case)
    found = case.tables.judged.get(shape)
    return case.tables.judged.put(shape, _find(case)) if found is None else found


def _find(case: Case) -> Found:
    reasons: list[Reason] = []
    shadow: list[Reason] = []
    for measure, reason in _by_measures(case):
        (shadow if measure.shadow else reasons).append(reason)
    reasons += _by_house_rules(case, reasons)
    return Found(
        tuple(sorted(reasons, key=_strength)),
        tuple(sorted(shadow, key=_strength)),
        case.until_ms(),
    )


def _judgement(case: Case, found: Found) -> Judgement:
    question, tables, reasons = case.question, case.tables, found.reasons
    outcome = reasons[0].outcome if reasons else Outcome.NO_RULE_MATCHED
    prints = fingerprints(reasons, tables)
    released_by = releasing(prints, question.releases, question.as_of)
    action = Action.PASS if released_by else outcome.action
    facts, previous = question.facts, question.previous
    body: dict[str, Any] = {
        "shipment_id": facts.shipment_id,
        "revision": facts.revision,
        "outcome": outcome,
        "action": action,
        "reasons": reasons,
        "released_by": released_by,
        **({"shadow": found.shadow} if found.shadow else {}),
        "inputs": _inputs(case),
    }
    history: dict[str, Any] = {
        "as_of": instant_text(question.as_of),
        "tables_version": tables.version,
    }
    if previous is not None:
        history["previous"] = previous
    # Written once, and put together as the model would write it.
    content, head = canonical(body), canonical(history)
    decision_id = derived_id("decision", head, content)
    return Judgement(
        decision_id=decision_id,
        shipment_id=facts.shipment_id,
        as_of=question.as_of,
        outcome=outcome,
        action=action,
        reasons=reasons,
        shadow=found.shadow,
        written=b'{"decision_id":"%b",%b,%b' % (decision_id.encode(), head[1:-1], content[1:]),
        content=derived_id("decision-content", content),
        fingerprints=prints,
        granted_by=_granted_by(case),
        silenced=tuple(hit.entry.list for hit, _ in case.silenced)
        if question.false_matches
        else (),
        next_change=_next_change(question, tables, found.until_ms),
    )


def _by_measures(case: Case) -> Iterator[tuple[Measure, Reason]]:
    for table, line in case.measures():
        force = table.validity.force(case.at_ms)
        if force not in (Force.NOT_YET, Force.ENDED):
            for reason in _by_measure(case, table, line, table.validity.pause(case.at_ms)):
                yield table.measure, reason


def _by_measure(
    case: Case, table: TableMeasure, line: Line | None, pause: Pause | None
) -> Iterator[Reason]:
    measure = table.measure
    answer = Asker(case, table, line).ask(measure.when)
    if answer.truth is Truth.FALSE:
        return
    if answer.truth is Truth.UNKNOWN:
        if measure.on_unknown == "ignore":
            return
        outcome = measure.on_unknown
    else:
        outcome = measure.outcome
    if not answer.hits:
        yield _reason(case, table, line, answer, outcome, pause, None)
    for hit in answer.hits:
        yield _reason(case, table, line, answer, _at_entry(outcome, table, hit), pause, hit)


def _at_entry(outcome: Outcome, table: TableMeasure, hit: Hit) -> Outcome:
    """An entry may state its own outcome. Where its state is not established, or the names are only
    possibly one, a person reviews."""
    if not hit.entry.confirmed or hit.screened.grade == "possible":
        return Outcome.REVIEW
    stated = hit.entry.outcome
    if stated is not None and table.measure.outcome_by_entry and outcome is table.measure.outcome:
        return stated
    return outcome


def _reason(
    case: Case,
    table: TableMeasure,
    line: Line | None,
    answer: Answer,
    outcome: Outcome,
    pause: Pause | None,
    hit: Hit | None,
) -> Reason:
    measure = table.measure
    evidence = [Evidence(path=fact.path, value=fact.value) for fact in answer.evidence]
    entry = None if hit is None else hit.entry
    if entry is not None:
        pause = entry.validity.pause(case.at_ms) or pause
    advice = measure.advice
    if hit is not None and hit.screened.grade != "exact":
        likeness = f"{hit.screened.grade}: {hit.screened.reason}"
        evidence.append(Evidence(path=f"{hit.path} likeness", value=likeness))
    if pause is not None:
        outcome, advice = Outcome.LICENSE_REQUIRED_IF_REACTIVATED, None
        evidence.append(Evidence(path="suspension", value=_suspension(pause)))
    elif answer.truth is Truth.TRUE:
        lifted = _lifted_by(case, table, line)
        if lifted is not None:
            outcome, advice = Outcome.AUTHORISED, None
            evidence.append(lifted)
    else:
        advice = "State: " + ", ".join(answer.unknown)
    instrument, article = _citation(measure, entry)
    return Reason(
        measure=measure.id,
        instrument=instrument,
        article=article,
        outcome=outcome,
        title=measure.title["en"],
        source_url=(entry.source_url if entry else None) or measure.source_url,
        line=None if line is None else line.item.line,
        evidence=tuple(evidence),
        unknown=answer.unknown,
        list_entry=None if hit is None else _list_entry(hit),
        score=None if hit is None else round(hit.screened.hit.score, 4),
        advice=advice,
    )


def _citation(measure: Measure, entry: ListedParty | None) -> tuple[str, str]:
    """Cite the notice that lists the party, and the article of law that makes it matter here."""
    if entry is None or entry.instrument in (None, measure.instrument):
        return measure.instrument, measure.article
    assert entry.instrument is not None
    return entry.instrument, f"{measure.instrument}, {measure.article}"


def _list_entry(hit: Hit) -> ListEntry:
    return ListEntry(
        list=hit.entry.list, entry=hit.entry.entry, name=hit.entry.name, matched=hit.name
    )


def _suspension(pause: Pause) -> str:
    until = "until further notice" if pause.end_ms is None else f"before {_day(pause.end_ms)}"
    return f"suspended {until}: {pause.instrument or pause.basis}"


def _day(milliseconds: int) -> str:
    return from_ms(milliseconds).isoformat(timespec="seconds")


def _lifted_by(case: Case, table: TableMeasure, line: Line | None) -> Evidence | None:
    """Return what lifts the measure from this line: a granting license, or a paper of approval."""
    unless = table.measure.unless
    if unless is None:
        return None
    if unless.license is not None and line is not None:
        number = line.grant(unless.license)
        if number is not None:
            revision = line.verdicts[number].license_revision
            return Evidence(path=f"licenses[{number}]", value=f"granted, revision {revision}")
    if unless.document is not None:
        found = case.paper(unless.document, table.regime)
        if found is not None:
            place, paper = found
            return Evidence(path=f"documents[{place}]", value=paper.number or paper.type)
    return None


def _by_house_rules(case: Case, found: list[Reason]) -> list[Reason]:
    """Fail closed where the tables are silent: no goods stated, or licenses that do not grant."""
    told = {
        (reason.line, evidence.path)
        for reason in found
        if reason.outcome is Outcome.LICENSE_INVALID
        for evidence in reason.evidence
    }
    reasons = [] if case.lines else [house.no_goods()]
    return reasons + [
        house.license_fault(fault, line.item.line)
        for line in case.lines
        if line.grant() is None
        for number in line.item.licenses
        for fault in line.faults[number]
        if (line.item.line, fault.path) not in told
    ]


def _strength(reason: Reason) -> tuple[int, str, int, str, str]:
    entry = reason.list_entry.entry if reason.list_entry else ""
    path = reason.evidence[0].path if reason.evidence else ""
    return (reason.outcome.rank, reason.measure, reason.line or 0, entry, path)


def _inputs(case: Case) -> dict[str, Any]:
    question = case.question
    inputs: dict[str, Any] = {
        "event": question.event_id,
        "facts_sha256": question.facts_digest,
        "status": question.facts.status,
    }
    if question.verdicts:
        inputs["verdicts"] = [
            {
                "line": verdict.line,
                "license": verdict.license_id,
                "license_revision": verdict.license_revision,
                "answer": _answer(verdict),
            }
            for verdict in sorted(question.verdicts, key=lambda v: (v.line, v.license_id))
        ]
    if question.releases or question.false_matches:
        inputs["dispositions"] = [
            *(release.disposition_id for release in question.releases),
            *(match.disposition_id for match in question.false_matches),
        ]
    if question.false_matches and (silenced := [_silenced(*one) for one in case.silenced]):
        inputs["silenced"] = silenced
    if question.baseline is not None:
        inputs["baseline"] = question.baseline.model_dump(
            mode="json", by_alias=True, exclude_none=True
        )
    return inputs


def _answer(verdict: Verdict) -> str:
    """Name what an answer gives; one license revision gives others as its balance changes."""
    if verdict.license is None:
        return "not on file"
    if verdict.mismatches:
        return "refused"
    if verdict.unreserved:
        return "not reserved"
    return "spent" if verdict.spent else "reserved"


def _silenced(hit: Hit, match: FalseMatch) -> dict[str, Any]:
    """Show a hit that counts for nothing because a person said so."""
    said = match.model_dump(mode="json", include=_SAID, exclude_none=True)
    return {"path": hit.path, **_list_entry(hit).model_dump(mode="json"), **said}


_SAID = {"disposition_id", "by", "reason", "said_at", "expires_at"}


def _granted_by(case: Case) -> tuple[str, ...]:
    granted: list[str] = []
    for line in case.lines:
        if not line.item.licenses:
            continue
        number = line.grant()
        if number is None:
            return ()
        if number not in granted:
            granted.append(number)
    return tuple(granted)


def _next_change(question: Question, tables: Tables, until_ms: int | None) -> datetime | None:
    """Find the first boundary ahead: of a measure, of a license, of a paper, of a release.

    Only of what could concern the shipment: when a measure starts at midnight, those that it does
    not touch are not looked at.
    """
    if not question.facts.status.is_open:
        return None
    instants: list[datetime | None] = []
    for verdict in question.verdicts:
        if verdict.license is not None:
            instants += span(verdict.license)
    papers: list[Document | Certificate] = [*question.facts.documents]
    if question.facts.end_use.certificate is not None:
        papers.append(question.facts.end_use.certificate)
    if papers:
        zones = {zone_of(table.regime) for table in tables.measures}
        for paper in papers:
            instants += [last_instant(paper.valid_to, zone) for zone in zones]
    instants += [item.expires_at for item in question.releases]
    instants += [item.expires_at for item in question.false_matches]
    ahead = [instant for instant in instants if instant is not None and instant > question.as_of]
    if until_ms is not None:
        ahead.append(from_ms(until_ms))
    return min(ahead, default=None)
