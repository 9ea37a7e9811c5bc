"""A measure on trial decides and is counted, and holds nobody."""

from __future__ import annotations

from datetime import datetime

from tests.support.scenario import event
from tests.unit.agents.book import NOON, after, facts
from tests.unit.measures.packs import files, measure
from tidegate.agents import topics
from tidegate.agents.heads import document_of
from tidegate.agents.offline import Offline
from tidegate.agents.shelf import Shelf
from tidegate.agents.shipment_state import OpenShipment, read
from tidegate.agents.specs import agents
from tidegate.agents.whatif import change_of, on_trial
from tidegate.engine.decide import decide
from tidegate.events.codec import SHIPMENT_TYPE, canonical
from tidegate.events.control import TablesControl
from tidegate.events.decision import Action, Decision, Outcome
from tidegate.measures.compiler import tables_from
from tidegate.measures.tables import Tables
from tidegate.runtime.memory import MemoryRuntime


def tables(*, trial: bool) -> Tables:
    more = "shadow: true" if trial else ""
    return tables_from(
        files(
            measure("CN-1", "{destination: [JP]}", "REVIEW"),
            measure("CN-2", "{origin: [CN]}", "PROHIBITED", more=more),
        )
    )


def played(*versions: Tables) -> Offline:
    book = Offline(versions[0])
    book.apply(event(SHIPMENT_TYPE, facts(), NOON))
    for number, version in enumerate(versions[1:], 1):
        book.advance(after(60 * number))
        book.switch(version)
    return book


def decision(book: Offline) -> Decision:
    (one,) = book.current()
    return one


def test_it_stands_beside_the_reasons_and_has_no_part_in_the_outcome() -> None:
    decided = decision(played(tables(trial=True)))
    assert (decided.outcome, decided.action) == (Outcome.REVIEW, Action.REVIEW)
    assert [reason.measure for reason in decided.reasons] == ["CN-1"]
    assert decided.shadow is not None
    (reason,) = decided.shadow
    assert (reason.measure, reason.outcome) == ("CN-2", Outcome.PROHIBITED)
    assert reason.evidence[0].path == "items[0].origin_country"


def test_without_one_a_decision_does_not_speak_of_trials() -> None:
    live = decision(played(tables(trial=False)))
    assert (live.outcome, live.shadow) == (Outcome.PROHIBITED, None)
    assert b'"shadow"' not in canonical(live)


def test_a_measure_that_begins_its_trial_wakes_nobody_and_one_that_ends_it_holds() -> None:
    before = tables_from(files(measure("CN-1", "{destination: [JP]}", "REVIEW")))
    book = played(before, tables(trial=True), tables(trial=False))
    assert [d.shadow and d.shadow[0].measure for d in book.history()] == [None, "CN-2", None]
    kinds = [alert.kind for alert in book.alerts() if alert.shipment_id]
    assert kinds == ["review_started", "hold_started"]


def test_the_book_counts_whom_it_would_hold() -> None:
    shelf, processors = Shelf(), []
    shelf.put(tables(trial=True))
    specs = agents(shelf, made=lambda agent, number, made: processors.append(made))
    runtime = MemoryRuntime(specs[:1])
    control = TablesControl(version=tables(trial=True).version, published_at=NOON)
    runtime.append(topics.CONTROL, None, canonical(control))
    runtime.append(topics.SHIPMENTS, "SHP-1", event(SHIPMENT_TYPE, facts(), NOON))
    runtime.run(NOON)
    (screening,) = processors
    assert +screening.book.shadow_holds == {("CN-2", Outcome.PROHIBITED): 1}
    assert not +screening.book.holds
    closing = event(SHIPMENT_TYPE, facts(2, status="cancelled"), NOON)
    runtime.append(topics.SHIPMENTS, "SHP-1", closing)
    runtime.run(after(1))
    assert not +screening.book.shadow_holds


def test_what_if_tells_it_apart_from_what_would_be_held() -> None:
    live = tables_from(files(measure("CN-1", "{destination: [JP]}", "REVIEW")))
    state = state_under(live)
    judgement = decide(state.question(NOON), tables(trial=True))
    assert change_of(state, judgement) is None
    trial = on_trial(state, judgement)
    assert trial is not None
    assert (trial.measures, trial.after) == (("CN-2",), (Outcome.PROHIBITED, Action.HOLD))


def state_under(version: Tables, at: datetime = NOON) -> OpenShipment:
    shelf = Shelf()
    shelf.put(version)
    runtime = MemoryRuntime(agents(shelf)[:1])
    control = TablesControl(version=version.version, published_at=at)
    runtime.append(topics.CONTROL, None, canonical(control))
    runtime.append(topics.SHIPMENTS, "SHP-1", event(SHIPMENT_TYPE, facts(), at))
    runtime.run(at)
    state = read(document_of(runtime.state("screening")["s:SHP-1"]))
    assert isinstance(state, OpenShipment)
    return state
