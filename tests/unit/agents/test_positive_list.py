"""A false match silences the pair on every shipment of the party, in every partition, and shows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.support.scenario import event
from tests.support.tables import shipped
from tests.unit.agents.book import NOON, after, facts, used_by
from tidegate.agents import topics
from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.events.codec import DISPOSITION_TYPE, SHIPMENT_TYPE, canonical, decode
from tidegate.events.control import TablesControl
from tidegate.events.decision import Decision
from tidegate.runtime.memory import MemoryRuntime
from tidegate.runtime.partitioner import partition_for
from tidegate.runtime.spec import DEAD_LETTERS

PARTITIONS = 3
ENTRY = "CN-WL-20260224-12"
WATCHED = "CN-WL-01.c"


class Office:
    """Several partitions of the screening agent."""

    def __init__(self) -> None:
        shelf = Shelf()
        shelf.put(shipped())
        self.runtime = MemoryRuntime(agents(shelf)[:1], PARTITIONS)
        control = canonical(TablesControl(version=shipped().version, published_at=NOON))
        for partition in range(PARTITIONS):
            self.runtime.append(topics.CONTROL, None, control, partition=partition)
        self.runtime.run(NOON)

    def ship(self, number: str, **changes: Any) -> None:
        parties = used_by(**{"name": "TDK Corporation", **changes})
        data = {**facts(parties=parties), "shipment_id": number}
        self.runtime.append(topics.SHIPMENTS, number, event(SHIPMENT_TYPE, data, NOON))
        self.runtime.run(NOON)

    def say(self, about: str, at: datetime = NOON, **words: Any) -> None:
        said = {
            "disposition_id": f"DSP-{about}-{at:%H%M%S}",
            "shipment_id": about,
            "kind": "false_match",
            "reason": "another firm of the name",
            "by": "A. Analyst",
            "party": "TDK Corporation",
            "entry": ENTRY,
            **words,
        }
        self.runtime.append(topics.DISPOSITIONS, about, event(DISPOSITION_TYPE, said, at))
        self.runtime.run(at)

    def decisions(self) -> dict[str, Decision]:
        """Return the decision in force of each shipment."""
        found = (decode(r.value).read(Decision) for r in self.runtime.outputs(topics.DECISIONS))
        return {decision.shipment_id: decision for decision in found}

    def watched(self) -> set[str]:
        """Return the shipments of which the entry is a reason."""
        return {
            number
            for number, decision in self.decisions().items()
            if any(reason.measure == WATCHED for reason in decision.reasons)
        }


NUMBERS = [f"SHP-{number}" for number in range(8)]


def full_office() -> Office:
    office = Office()
    for number in NUMBERS:
        office.ship(number)
    assert office.watched() == set(NUMBERS)
    assert len({partition_for(n.encode(), PARTITIONS) for n in NUMBERS}) == PARTITIONS
    return office


def test_every_shipment_of_the_party_is_decided_again() -> None:
    office = full_office()
    office.say("SHP-0")
    assert office.watched() == set()
    office.ship("SHP-later")
    assert office.watched() == set()


def test_a_silenced_hit_is_shown_with_who_and_why() -> None:
    office = full_office()
    office.say("SHP-0", expires_at="2027-01-31T00:00:00Z")
    for number in NUMBERS:
        (shown,) = office.decisions()[number].inputs["silenced"]
        assert shown == {
            "path": "parties[2].name",
            "list": "CN-WL",
            "entry": ENTRY,
            "name": "TDK Corporation",
            "matched": "TDK Corporation",
            "grade": "exact",
            "disposition_id": "DSP-SHP-0-120000",
            "by": "A. Analyst",
            "reason": "another firm of the name",
            "said_at": "2026-11-23T04:00:00.000Z",
            "expires_at": "2027-01-31T00:00:00.000Z",
        }


def test_another_country_is_another_party() -> None:
    office = full_office()
    office.ship("SHP-abroad", country="KR")
    office.say("SHP-0")
    assert office.watched() == {"SHP-abroad"}


def test_it_expires_everywhere() -> None:
    office = full_office()
    office.say("SHP-0", expires_at=after(60).isoformat())
    office.runtime.run(after(59))
    assert office.watched() == set()
    office.runtime.run(after(60))
    assert office.watched() == set(NUMBERS)


def test_it_can_be_taken_back() -> None:
    office = full_office()
    office.say("SHP-0")
    # From another shipment of the party, in whichever partition.
    office.say("SHP-5", after(10), kind="withdraw")
    assert office.watched() == set(NUMBERS)
    assert "silenced" not in office.decisions()["SHP-0"].inputs
    office.say("SHP-5", after(20), kind="withdraw")
    (letter,) = office.runtime.outputs(DEAD_LETTERS)
    assert b"no false match of that party and entry is in force" in (letter.value or b"")


def test_it_is_there_after_a_restart() -> None:
    office = full_office()
    office.say("SHP-0")
    for unit in office.runtime.units:
        unit.processor = unit.spec.processor(unit.unit.partition)
        keys = unit.store.keys_after("", "", 1000)
        kept = ((key, unit.store.get(key) or b"") for key in keys)
        head = unit.spec.head
        unit.processor.restored(
            (key, line) for key, value in kept if (line := head(key, value)) is not None
        )
    office.ship("SHP-later")
    assert office.watched() == set()
