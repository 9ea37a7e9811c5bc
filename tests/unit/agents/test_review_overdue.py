"""An application that waits too long is told of at its instant, once, without an event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.scenario import event
from tidegate.agents import topics
from tidegate.agents.licensing import LicensingProcessor
from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.events.alert import Alert
from tidegate.events.codec import LICENSE_TYPE, decode
from tidegate.runtime.memory import MemoryRuntime

ACCEPTED = datetime.fromisoformat("2026-03-02T10:00:00+08:00")
OVERDUE = datetime.fromisoformat("2026-05-09T00:00:00+08:00")
"""45 working days after 2 March: 21 in March (3rd to 31st), 21 in April (the 6th is off); the 6th,
7th and 8th of May make 45."""


class Owner:
    def __init__(self) -> None:
        self.runtime = MemoryRuntime([one for one in agents(Shelf()) if one.name == "licensing"])
        self.revision = 0

    def send(self, at: datetime, **changes: Any) -> None:
        self.revision += 1
        data = {
            "license_id": "LIC-1",
            "revision": self.revision,
            "regime": "CN",
            "license_type": "single",
            "status": "under_review",
            "accepted_at": "2026-03-02",
            "holder": "Ganzhou Example Materials",
            **changes,
        }
        self.runtime.append(topics.LICENSES, "LIC-1", event(LICENSE_TYPE, data, at))
        self.runtime.run(at)

    def told(self) -> list[tuple[datetime, Alert]]:
        events = [decode(record.value) for record in self.runtime.outputs(topics.ALERTS)]
        return [(one.time or ACCEPTED, one.read(Alert)) for one in events]


def test_it_is_told_when_the_day_after_the_last_one_begins_in_beijing() -> None:
    owner = Owner()
    owner.send(ACCEPTED)
    owner.runtime.run(OVERDUE - timedelta(milliseconds=1))
    assert owner.told() == []
    owner.runtime.run(OVERDUE + timedelta(days=30))
    ((instant, alert),) = owner.told()
    assert instant == OVERDUE
    assert "overdue" in alert.title
    assert "due by 2026-05-08 (Reg" in alert.text
    assert "Ganzhou Example Materials" in alert.text


def test_a_later_revision_does_not_tell_it_again_and_a_decision_ends_it() -> None:
    owner = Owner()
    owner.send(ACCEPTED)
    owner.send(OVERDUE + timedelta(days=1), review="suspended")
    owner.runtime.run(OVERDUE + timedelta(days=2))
    assert len(owner.told()) == 1
    other = Owner()
    other.send(ACCEPTED)
    other.send(OVERDUE - timedelta(days=1), status="granted")
    other.runtime.run(OVERDUE + timedelta(days=2))
    assert other.told() == []


def test_time_in_which_the_applicant_is_asked_does_not_count() -> None:
    owner = Owner()
    owner.send(ACCEPTED)
    owner.send(ACCEPTED + timedelta(days=1), status="information_requested")
    owner.runtime.run(OVERDUE + timedelta(days=300))
    assert owner.told() == []


def test_a_processor_that_starts_again_knows_what_is_due() -> None:
    owner = Owner()
    owner.send(ACCEPTED)
    (spec,) = (one for one in agents(Shelf()) if one.name == "licensing")
    heads = [
        (key, head)
        for key, value in owner.runtime.state("licensing").items()
        if (head := spec.head(key, value)) is not None
    ]
    processor = LicensingProcessor(0)
    processor.restored(heads)
    assert processor.due() == OVERDUE.astimezone(UTC)
    assert processor.book.statuses["under_review"] == 1
