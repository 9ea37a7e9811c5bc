"""What is too large to be written fails closed, and holds nobody else up."""

from __future__ import annotations

import contextlib

from tests.support.tables import shipped, shipped_with
from tests.unit.agents.book import FACTS, NOON, Desktop, after, facts
from tidegate.agents import topics
from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.agents.tables_state import TABLES_KEY, TablesState
from tidegate.events.codec import canonical, decode
from tidegate.events.control import TablesControl
from tidegate.events.decision import Action, Decision
from tidegate.measures.tables import Tables
from tidegate.runtime.memory import MemoryRuntime
from tidegate.runtime.spec import DEAD_LETTERS, Limits
from tidegate.runtime.store import MemoryStore
from tidegate.runtime.transaction import Transaction

MANY = {"items": [{**FACTS["items"][0], "line": line, "licenses": []} for line in range(1, 60)]}


def retitled() -> Tables:
    """Return tables under which each decision on these goods is another one."""
    return shipped_with("cn-items.yaml", "scandium and yttrium items", "scandium, yttrium items")


class Narrow(Desktop):
    """A desktop whose topics take less."""

    def __init__(self, record_bytes: int) -> None:
        super().__init__()
        self.shelf = Shelf()
        self.limits = Limits(record_bytes=record_bytes)
        self.runtime = MemoryRuntime(agents(self.shelf)[:1], limits=self.limits)
        self.switch(shipped())

    def switch(self, tables: Tables) -> None:
        """Switch to other tables."""
        self.shelf.put(tables)
        control = TablesControl(version=tables.version, published_at=NOON)
        self.runtime.append(topics.CONTROL, None, canonical(control))
        self.runtime.run(NOON)

    def written(self) -> list[Decision]:
        """Return all decisions, in order."""
        records = self.runtime.outputs(topics.DECISIONS)
        return [decode(record.value).read(Decision) for record in records]

    def narrow(self, record_bytes: int) -> None:
        """Let records be smaller from now on."""
        object.__setattr__(self.limits, "record_bytes", record_bytes)


def test_a_revision_whose_decision_is_too_large_does_not_leave_the_last_pass_in_force() -> None:
    desktop = Narrow(25_000)
    ordinary = {**FACTS["items"][0], "control_codes": [], "description": "chairs", "licenses": []}
    ordinary["controlled_declaration"] = "not_controlled"
    before = desktop.shipment(facts(items=[ordinary]))

    decision = desktop.shipment({**facts(2), **MANY}, after(1))

    assert decision.revision == 2
    assert decision.action is not Action.PASS
    assert [reason.measure for reason in decision.reasons] == ["TG-NOT-JUDGED"]
    assert not desktop.runtime.outputs(DEAD_LETTERS)
    assert before.decision_id != decision.decision_id


def test_a_walk_goes_on_past_a_shipment_whose_decision_became_too_large() -> None:
    desktop = Narrow(900_000)
    desktop.shipment({**facts(), **MANY})
    desktop.shipment({**facts(), "shipment_id": "SHP-2"})
    desktop.narrow(25_000)
    desktop.switch(retitled())

    walked = {decision.shipment_id: decision for decision in desktop.written()[2:]}

    assert [reason.measure for reason in walked["SHP-1"].reasons] == ["TG-NOT-JUDGED"]
    assert walked["SHP-1"].action is not Action.PASS
    assert "TG-NOT-JUDGED" not in [reason.measure for reason in walked["SHP-2"].reasons]
    state = TablesState.model_validate_json(desktop.runtime.state("screening")[TABLES_KEY])
    assert state.cursor is None

    once = len(desktop.written())
    desktop.switch(shipped())
    desktop.narrow(900_000)
    desktop.switch(retitled())

    again = [d for d in desktop.written()[once:] if d.shipment_id == "SHP-1"]
    assert len(again) == 1, "not judged is written once, then judged again as soon as it can be"
    assert len(again[0].reasons) > 1


def test_an_attempt_that_fails_within_a_record_leaves_the_rest_of_the_record() -> None:
    transaction = Transaction(
        agent="a",
        partition=0,
        clock=NOON,
        number=1,
        store=MemoryStore({"kept": b"0"}.items()),
        partitions={"out": 1},
    )
    transaction.put("before", b"0")
    transaction.begin_record()
    transaction.put("kept", b"1")
    transaction.count("metric")
    with contextlib.suppress(ZeroDivisionError), transaction.attempt():
        transaction.put("kept", b"2")
        transaction.put("new", b"2")
        transaction.count("metric")
        transaction.emit("out", None, b"2")
        raise ZeroDivisionError
    assert transaction.changes == {"before": b"0", "kept": b"1"}
    assert (transaction.outputs, transaction.counts["metric", ""]) == ([], 1)

    with transaction.attempt():
        transaction.put("before", b"3")
        transaction.put("new", b"3")
        transaction.count("metric")
    transaction.undo_record()

    assert transaction.changes == {"before": b"0"}
    assert not transaction.counts
