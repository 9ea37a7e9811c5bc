"""What a change of the tables that lies ahead would do to one open shipment. Pure.

The shipment is decided as of just before the instant and as of the instant itself, with all else as
it stands now; what a person released, and what licenses answered, counts as it will then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from tidegate.agents.alerting import values_by_currency
from tidegate.agents.shipment_state import OpenShipment
from tidegate.engine.decide import Judgement, decide
from tidegate.events.decision import Action, Reason
from tidegate.events.false_match import FalseMatch
from tidegate.events.upcoming import Effect
from tidegate.measures.tables import Switch, Tables
from tidegate.measures.validity import from_ms

_MOMENT = timedelta(milliseconds=1)


def effects(
    state: OpenShipment,
    matches: tuple[FalseMatch, ...],
    tables: Tables,
    switches: Iterable[Switch],
) -> Iterator[tuple[str, Effect]]:
    """Yield what switches at one instant do to a shipment, each by its id; of most, nothing."""
    switches = tuple(switches)
    at = from_ms(switches[0].at_ms)
    before = decide(state.question(at - _MOMENT, matches), tables)
    if before.next_change != at:
        return  # nothing that could concern it changes at that instant
    after = decide(state.question(at, matches), tables)
    for switch in switches:
        effect = _effect(state, switch, before, after)
        if effect is not None:
            yield switch.id, effect


def _effect(
    state: OpenShipment, switch: Switch, before: Judgement, after: Judgement
) -> Effect | None:
    shipment, values = state.facts.shipment_id, values_by_currency(state.facts)
    if switch.on_trial:
        begins = _holds(switch, after.shadow) and not _holds(switch, before.shadow)
        return Effect(trial=1, examples=(shipment,)) if begins else None
    held, holds = _holds(switch, before.reasons), _holds(switch, after.reasons)
    if holds and not held and after.action is Action.HOLD:
        if before.action is Action.HOLD:
            return Effect(also=1)
        return Effect(held=1, held_values=values, examples=(shipment,))
    if held and not holds and before.action is Action.HOLD and after.action is not Action.HOLD:
        return Effect(freed=1, freed_values=values, examples=(shipment,))
    if after.action is Action.REVIEW and before.action is Action.PASS and _asks(switch, after):
        return Effect(review=1)
    return None


def _holds(switch: Switch, reasons: Iterable[Reason]) -> bool:
    return any(r.outcome.action is Action.HOLD and _by(switch, r) for r in reasons)


def _asks(switch: Switch, judgement: Judgement) -> bool:
    return any(r.outcome.action is Action.REVIEW and _by(switch, r) for r in judgement.reasons)


def _by(switch: Switch, reason: Reason) -> bool:
    if switch.measure is not None:
        return reason.measure == switch.measure
    entry = reason.list_entry
    return (
        entry is not None
        and entry.list == switch.list
        and switch.instrument in (None, reason.instrument)
    )
