"""The rows of the inventory in `docs/rules.md`, as the packs give them."""

from __future__ import annotations

from tidegate.measures.tables import TableMeasure


def row(item: TableMeasure) -> str:
    """Return the line that must stand in the inventory for a measure."""
    measure = item.measure
    start = measure.effective.from_ or "open"
    dates = f"{start} to {measure.effective.to}" if measure.effective.to else f"from {start}"
    pauses = "; ".join(
        f"{pause.from_} to {pause.to}{' (announced only)' if pause.announced_only else ''}"
        for pause in measure.suspensions
    )
    outcome = measure.outcome + (" (entry's own)" if measure.outcome_by_entry else "")
    unless = measure.unless
    lifted = "" if unless is None else unless.document or f"license {unless.license}"
    cells = (
        f"`{measure.id}`",
        measure.instrument,
        measure.article,
        dates,
        pauses or "-",
        outcome,
        str(measure.on_unknown),
        lifted or "-",
        measure.evidence,
        f"`{_scenarios(measure.id)}`",
    )
    return "| " + " | ".join(cells) + " |"


def _scenarios(measure_id: str) -> str:
    """Announcement No. 1 of 2026 has a file a rule; the others a file a family."""
    family = measure_id.split(".")[0].lower().split("-")
    return "-".join(family[:3] if family[:2] == ["cn", "jp"] else family[:2]) + "-*.yaml"
