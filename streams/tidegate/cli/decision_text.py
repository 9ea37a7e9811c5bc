"""A decision in words, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tidegate.events.decision import Decision, Reason


def decision_lines(decision: Decision) -> Iterator[str]:
    """Yield what was decided and every reason, with the law, the facts, and what would free it."""
    yield (
        f"{decision.shipment_id} revision {decision.revision}: {decision.action.upper()} "
        f"{decision.outcome}"
    )
    if decision.released_by:
        yield f"  released by {', '.join(decision.released_by)}"
    for reason in decision.reasons:
        yield from _reason_lines(reason)
    for silent in decision.inputs.get("silenced", ()):
        yield f"  SILENCED: {silent['matched']} is not {silent['name']}"
        yield f"    listed: {silent['list']}, {silent['entry']}"
        yield f"    because {silent['by']} said so: {silent['reason']}"
    if decision.shadow:
        yield "  ON TRIAL, without effect:"
        for reason in decision.shadow:
            yield from (f"  {line}" for line in _reason_lines(reason))
    if not decision.reasons:
        yield "  No rule of the tables speaks of it. That is not a clearance."


def _reason_lines(reason: Reason) -> Iterator[str]:
    line = "" if reason.line is None else f" (line {reason.line})"
    yield f"  {reason.outcome}: {reason.title}{line}"
    yield f"    {reason.instrument}, {reason.article} [{reason.measure}]"
    for evidence in reason.evidence:
        yield f"    because {evidence.path} = {evidence.value}"
    if reason.list_entry is not None:
        entry = reason.list_entry
        yield f"    listed: {entry.name} ({entry.list}, {entry.entry})"
    if reason.unknown:
        yield f"    not known: {', '.join(reason.unknown)}"
    if reason.advice:
        yield f"    to do: {reason.advice}"
