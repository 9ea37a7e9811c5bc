"""What the measures can see of a shipment: two that look alike to them have the same reasons.

Most shipments name nobody who is listed and carry no papers, and what a forwarder ships looks alike
in all that a condition can ask. So what was found for one shape is found for the next. Names,
quantities and values are not in it: a name decides by the list entry that it meets, and a shipment
that names anybody listed has no shape; quantities decide by the faults of the licenses cited.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from tidegate.engine.baseline import differences
from tidegate.engine.case import Case, Line
from tidegate.events.shipment import Certificate, Party
from tidegate.licenses.standing import last_instant
from tidegate.measures.tables import Shape, Tables
from tidegate.parties.fold import fold

UNSEEN = {
    "Shipment": {"shipment_id", "revision", "status"},
    "Party": {"address", "identifiers"},
    "Item": {"description", "quantity", "unit", "value", "currency"},
    "EndUse": {"text", "certificate"},
}
"""Fields that no condition asks about (of the status, only whether it is open, before this).
All others are in the shape, or there is none."""


def shape_of(case: Case) -> Shape | None:
    """Return all that the measures can see; None where they can see more than that."""
    facts, use, baseline = case.facts, case.facts.end_use, case.question.baseline
    if use.certificate is not None and _may_have_lapsed(use.certificate, case.question.as_of):
        return None
    if facts.documents or any(_listed(party, case.tables) for party in facts.parties):
        return None
    # From a baseline without differences follows what follows from none.
    if baseline is not None and any(differences(baseline, facts)):
        return None
    return (
        case.tables.period(case.at_ms),
        facts.export_country,
        facts.destination_country,
        facts.transit_countries,
        tuple([(party.role, party.country, party.class_) for party in facts.parties]),
        tuple([_goods(line) for line in case.lines]),
        use.class_,
        use.military_capability,
        use.knowledge_level,
    )


def _may_have_lapsed(paper: Certificate, as_of: datetime) -> bool:
    """Say whether its last day has passed in any zone; until then no measure can see it."""
    end = last_instant(paper.valid_to, _FIRST_ZONE)
    return end is not None and as_of >= end


_FIRST_ZONE = ZoneInfo("Pacific/Kiritimati")
"""Where each day begins, and ends, before it does anywhere else."""


def _listed(party: Party, tables: Tables) -> bool:
    meet = tables.parties.meet
    if meet(fold(party.name)):
        return True
    return bool(party.aliases) and any(meet(fold(alias)) for alias in party.aliases)


def _goods(line: Line) -> Shape:
    item = line.item
    share = item.cn_origin_value_pct
    return (
        item.line,
        item.hs_code,
        item.control_codes,
        item.controlled_declaration,
        item.origin_country,
        # As text: 10 and 10.0 are equal, and evidence shows them as they were written.
        tuple([(part.element, str(part.mass_pct)) for part in item.composition]),
        None if share is None else str(share),
        tuple([_license(line, number) for number in item.licenses]),
    )


def _license(line: Line, number: str) -> Shape:
    verdict = line.verdicts.get(number)
    facts = None if verdict is None else verdict.license
    return (
        number,
        None if verdict is None else verdict.license_revision,
        None if facts is None else (facts.regime, facts.license_type),
        line.faults[number],
    )
