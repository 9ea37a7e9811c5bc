"""What the screening agent does with one shipment: claims, decision, alerts, new state."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

from tidegate.agents.alerting import alerts, awaits_answer, reminder, telling, write_alert
from tidegate.agents.claiming import move, revise
from tidegate.agents.inputs import SOURCE, Input
from tidegate.agents.lapsing import lapse_told
from tidegate.agents.notice import Notice
from tidegate.agents.shipment_state import KEPT_DECISIONS, OpenShipment, Seen
from tidegate.agents.topics import DECISIONS
from tidegate.engine.baseline import next_baseline
from tidegate.engine.decide import Judgement, decide, not_judged
from tidegate.events import codec
from tidegate.events.codec import STRUCTURED_HEADERS, encode_written
from tidegate.events.decision import Action, Outcome, Reason
from tidegate.events.false_match import FalseMatch
from tidegate.events.shipment import Shipment
from tidegate.measures.tables import Tables
from tidegate.runtime.transaction import Transaction

log = logging.getLogger(__name__)


class Desk:
    """Judges shipments and writes what follows. Keeps no state of its own.

    Args:
        alert_delay_seconds: How long telling waits for the owners of the licenses cited.
        service_level_hours: A hold that lasts longer is told of once more; 0: none is.
        notice: How long ahead it is told what happens by itself.
    """

    def __init__(
        self,
        alert_delay_seconds: float = 5.0,
        service_level_hours: float = 72.0,
        notice: Notice | None = None,
    ) -> None:
        self._notice = notice or Notice()
        self._alert_delay = timedelta(seconds=alert_delay_seconds)
        self._service_level = timedelta(hours=service_level_hours)

    def revised(
        self, transaction: Transaction, old: OpenShipment | None, event: Input[Shipment]
    ) -> OpenShipment:
        """Return the state with a new revision's facts; claims go out, old ones are taken back."""
        facts = event.data
        before, moved = (None, ()) if old is None else (old.facts, old.moved)
        moved = revise(transaction, before, moved, facts)
        if old is None:
            state = OpenShipment(
                event_id=event.event_id,
                digest=event.digest,
                facts=facts,
                traceparent=event.traceparent,
            )
        else:
            state = old.model_copy(
                update={
                    "event_id": event.event_id,
                    "digest": event.digest,
                    "facts": facts,
                    "traceparent": event.traceparent,
                    "verdicts": (),
                    "moved": moved,
                }
            )
        return state.with_facts(event.written)

    def decided(
        self,
        transaction: Transaction,
        state: OpenShipment,
        tables: Tables,
        false_matches: tuple[FalseMatch, ...] = (),
    ) -> OpenShipment:
        """Judge a shipment, write what changed, and return its state after that.

        Args:
            transaction: Where decision and alerts go.
            state: The shipment as it is now.
            tables: What it is judged by.
            false_matches: Those of its parties.

        Raises:
            TooLarge: the broker would refuse the decision or the alert.
        """
        judgement = self._judged(transaction, state, tables, false_matches)
        baseline = next_baseline(state.baseline, state.facts, judgement.granted_by)
        if baseline != state.baseline:
            state = state.model_copy(update={"baseline": baseline})
            judgement = self._judged(transaction, state, tables, false_matches)
        state = self._concluded(transaction, state, judgement)
        state = lapse_told(transaction, state, tables, false_matches, self._notice)
        moved = move(transaction, state.facts, state.verdicts, state.moved)
        return state if moved == state.moved else state.model_copy(update={"moved": moved})

    def put_aside(
        self, transaction: Transaction, state: OpenShipment, tables: Tables, cause: str
    ) -> OpenShipment:
        """Ask for a person where what was decided is too large to be written; return the state.

        What made it large is left out: the answers on licenses, and the reasons of old decisions.
        """
        transaction.count("not_judged", "TooLarge")
        told = state.told and state.told.model_copy(update={"fingerprints": (), "because": ()})
        state = state.model_copy(
            update={
                "verdicts": (),
                "seen": state.seen[-1:],
                "held_by": (),
                "shadowed_by": (),
                "told": told,
            }
        )
        judgement = not_judged(state.question(transaction.clock), tables, cause)
        state = self._concluded(transaction, state, judgement)
        return state.model_copy(update={"seen": state.seen[-1:]})

    def _concluded(
        self, transaction: Transaction, state: OpenShipment, judgement: Judgement
    ) -> OpenShipment:
        """Write what changed by a judgement, and return the state after that."""
        last = state.last
        change: dict[str, object] = {"next_change": judgement.next_change}
        # A measure may change without a word of its reasons: what a release would cover is other
        # then, and a person needs a decision to name.
        if (
            judgement.content != state.content
            or last is None
            or last.fingerprints != judgement.fingerprints
        ):
            self._write_decision(transaction, judgement, state.traceparent)
            change |= _deciding(state, judgement)
        else:
            # Alerts name the decision in force, not one that was never written.
            judgement = replace(judgement, decision_id=last.decision_id)
        change |= self._told(transaction, state, judgement)
        return self._reminded(transaction, state.model_copy(update=change), judgement)

    def _judged(
        self,
        transaction: Transaction,
        state: OpenShipment,
        tables: Tables,
        false_matches: tuple[FalseMatch, ...],
    ) -> Judgement:
        question = state.question(transaction.clock, false_matches)
        try:
            return decide(question, tables)
        except Exception as error:
            # Fail closed: a fault of the engine asks for a person, and the stream goes on.
            log.exception("shipment could not be judged")
            transaction.count("not_judged", type(error).__name__)
            return not_judged(question, tables, f"{type(error).__name__}: {error}")

    def _told(
        self, transaction: Transaction, state: OpenShipment, judgement: Judgement
    ) -> dict[str, object]:
        """Write the alerts that are due; put off one that an answer may make needless.

        Returns what changes in the state by it.
        """
        since = None
        if awaits_answer(judgement):
            since = state.unanswered_since or transaction.clock
            waits_until = since + self._alert_delay
            if transaction.clock < waits_until:
                return {"unanswered_since": since, "alert_at": waits_until}
        for alert in alerts(state.facts, judgement, state.told):
            write_alert(transaction, alert, state.facts.shipment_id, state.traceparent)
        return {"told": telling(judgement), "alert_at": None, "unanswered_since": since}

    def _reminded(
        self, transaction: Transaction, state: OpenShipment, judgement: Judgement
    ) -> OpenShipment:
        """Tell, once, of a hold that lasts longer than its service level."""
        since = state.held_since
        if since is None or not self._service_level or state.late_told == since:
            return state if state.late_at is None else state.model_copy(update={"late_at": None})
        late_at = since + self._service_level
        if transaction.clock < late_at:
            return state.model_copy(update={"late_at": late_at})
        alert = reminder(state.facts, judgement, since, self._service_level)
        write_alert(transaction, alert, state.facts.shipment_id, state.traceparent)
        return state.model_copy(update={"late_at": None, "late_told": since})

    def _write_decision(
        self, transaction: Transaction, judgement: Judgement, traceparent: str | None
    ) -> None:
        value = encode_written(
            codec.DECISION_TYPE,
            judgement.written,
            id_=judgement.decision_id,
            source=SOURCE,
            subject=judgement.shipment_id,
            time=judgement.as_of,
            traceparent=traceparent,
        )
        transaction.emit(DECISIONS, judgement.shipment_id, value, STRUCTURED_HEADERS)
        transaction.count("decision", f"{judgement.outcome}/{judgement.action}")
        for list_ in judgement.silenced:
            transaction.count("silenced", list_)


def _deciding(state: OpenShipment, judgement: Judgement) -> dict[str, object]:
    """Return what changes in the state by a decision that was written."""
    seen = Seen(
        decision_id=judgement.decision_id,
        action=judgement.action,
        outcome=judgement.outcome,
        fingerprints=judgement.fingerprints,
    )
    held = judgement.action is Action.HOLD
    return {
        "content": judgement.content,
        "seen": (*state.seen, seen)[-KEPT_DECISIONS:],
        "held_by": _holding(judgement.reasons) if held else (),
        "shadowed_by": _holding(judgement.shadow),
        "held_since": (state.held_since or judgement.as_of) if held else None,
    }


def _holding(reasons: tuple[Reason, ...]) -> tuple[tuple[str, Outcome], ...]:
    holding = {(r.measure, r.outcome) for r in reasons if r.outcome.action is Action.HOLD}
    return tuple(sorted(holding))
