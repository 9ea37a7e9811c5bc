"""A closed shipment is remembered for a while, and then forgotten for good."""

from __future__ import annotations

from datetime import timedelta

from tests.support.scenario import event
from tests.support.tables import shipped
from tests.unit.agents.book import NOON, Desktop, facts
from tidegate.agents import topics
from tidegate.agents.desk import Desk
from tidegate.agents.offline import Offline
from tidegate.agents.screening import CLOSED_KEPT, ScreeningProcessor, kept_line
from tidegate.agents.shelf import Shelf
from tidegate.events.codec import SHIPMENT_TYPE

KEY = "s:SHP-1"
HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)


def closed(desktop: Desktop, revision: int = 2) -> None:
    desktop.shipment(facts(revision, status="delivered"))


def state(desktop: Desktop) -> dict[str, bytes]:
    return desktop.runtime.state("screening")


def test_a_closed_shipment_is_forgotten_after_the_time_set_and_an_hour_at_most() -> None:
    desktop = Desktop()
    desktop.shipment(facts(1))
    closed(desktop)
    desktop.wait(NOON + CLOSED_KEPT - MOMENT)
    assert KEY in state(desktop)
    desktop.wait(NOON + CLOSED_KEPT + HOUR)
    assert not [key for key in state(desktop) if key.startswith(("h:", "z:", "s:"))]


def test_a_late_event_does_not_revive_it_within_the_time() -> None:
    desktop = Desktop()
    desktop.shipment(facts(1))
    closed(desktop)
    written = len(desktop.runtime.outputs(topics.DECISIONS))
    desktop.shipment(facts(1), NOON + CLOSED_KEPT - MOMENT)
    assert len(desktop.runtime.outputs(topics.DECISIONS)) == written
    assert state(desktop)[KEY].startswith(b'{"closed_at"')


def test_one_opened_again_is_not_forgotten() -> None:
    desktop = Desktop()
    closed(desktop)
    desktop.shipment(facts(3), NOON + timedelta(days=1))
    desktop.wait(NOON + CLOSED_KEPT + timedelta(hours=2))
    assert KEY in state(desktop)
    assert len([key for key in state(desktop) if key.startswith(("h:", "z:"))]) == 0


def test_one_closed_again_is_remembered_from_the_later_closing() -> None:
    desktop = Desktop()
    closed(desktop)
    later = NOON + timedelta(days=2)
    desktop.shipment(facts(3, status="delivered"), later)
    desktop.wait(NOON + CLOSED_KEPT + timedelta(hours=2))
    assert KEY in state(desktop)
    desktop.wait(later + CLOSED_KEPT + HOUR)
    assert KEY not in state(desktop)


def test_many_are_forgotten_a_portion_at_a_time() -> None:
    desktop = Desktop()
    for number in range(1203):
        data = facts(1, status="delivered", shipment_id=f"SHP-{number}")
        value = event(SHIPMENT_TYPE, data, NOON)
        desktop.runtime.append(topics.SHIPMENTS, data["shipment_id"], value)
    desktop.runtime.run(NOON)
    assert len(state(desktop)) > 2 * 1203
    desktop.wait(NOON + CLOSED_KEPT)  # and until then, the tables' alarms
    log = desktop.runtime.outputs("tidegate.journal")
    desktop.wait(NOON + CLOSED_KEPT + HOUR)
    assert not [key for key in state(desktop) if key.startswith(("h:", "z:", "s:"))]
    # 500 timers a transaction: 500, 500, 203.
    assert len(desktop.runtime.outputs("tidegate.journal")) - len(log) == 3


def test_a_restart_forgets_as_well() -> None:
    desktop = Desktop()
    closed(desktop)
    shelf = Shelf()
    shelf.put(shipped())
    again = ScreeningProcessor(0, shelf, Desk())
    lines = [(k, line) for k, v in state(desktop).items() if (line := kept_line(k, v)) is not None]
    again.restored(lines)
    due = NOON.replace(minute=0) + HOUR + CLOSED_KEPT
    assert again._closings.next_due() == due
    assert not [key for key, _ in lines if key.startswith(("s:", "z:"))]


def test_check_forgets_on_the_way() -> None:
    offline = Offline(shipped())
    offline.apply(event(SHIPMENT_TYPE, facts(2, status="delivered"), NOON))
    assert KEY in offline._runtime.state("screening")
    offline.advance(NOON + CLOSED_KEPT + HOUR)
    assert KEY not in offline._runtime.state("screening")
