"""The screening agent alone over the memory runtime: license owners answer when a test says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.support.scenario import event
from tests.support.tables import shipped
from tidegate.agents import topics
from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.events.alert import Alert
from tidegate.events.claim import Claim
from tidegate.events.codec import (
    DISPOSITION_TYPE,
    SHIPMENT_TYPE,
    canonical,
    decode,
)
from tidegate.events.control import TablesControl
from tidegate.events.dead_letter import DeadLetter
from tidegate.events.decision import Decision
from tidegate.events.license import License
from tidegate.licenses.lifecycle import Filed
from tidegate.licenses.matching import answer
from tidegate.runtime.memory import MemoryRuntime
from tidegate.runtime.spec import DEAD_LETTERS

NOON = datetime.fromisoformat("2026-11-23T12:00:00+08:00")


def after(seconds: float) -> datetime:
    """Return an instant after the first event."""
    return NOON + timedelta(seconds=seconds)


FACTS: dict[str, Any] = {
    "shipment_id": "SHP-1",
    "revision": 1,
    "status": "declared",
    "export_country": "CN",
    "destination_country": "JP",
    "parties": [
        {"role": "exporter", "name": "Ganzhou Example Materials", "country": "CN"},
        {"role": "consignee", "name": "Example Trading KK", "country": "JP", "class": "civil"},
        {"role": "end_user", "name": "Example Motors KK", "country": "JP", "class": "civil"},
    ],
    "items": [
        {
            "line": 1,
            "description": "dysprosium oxide",
            "control_codes": ["CN:1C905.b"],
            "origin_country": "CN",
            "quantity": "120.5",
            "unit": "KGM",
            "value": "48000.00",
            "currency": "USD",
            "licenses": ["LIC-1"],
        }
    ],
    "end_use": {"class": "civil", "military_capability": "no", "knowledge_level": "none"},
}
LICENSE: dict[str, Any] = {
    "license_id": "LIC-1",
    "revision": 1,
    "regime": "CN",
    "license_type": "single",
    "status": "granted",
    "valid_from": "2026-03-01",
    "valid_to": "2027-02-28",
    "holder": "Ganzhou Example Materials",
    "consignees": ["Example Trading KK"],
    "end_users": ["Example Motors KK"],
    "destination_countries": ["JP"],
    "control_codes": ["CN:1C905"],
}


def facts(revision: int = 1, *, licenses: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
    """Return a civil sale at a revision; without a license unless one is cited."""
    item = {**FACTS["items"][0], "licenses": list(licenses)}
    return {**FACTS, "revision": revision, "items": [item], **changes}


def used_for(class_: str, capability: str = "no") -> dict[str, str]:
    """Return a stated end use."""
    return {"class": class_, "military_capability": capability, "knowledge_level": "none"}


def used_by(**changes: Any) -> list[dict[str, Any]]:
    """Return the parties, with the end user changed."""
    return [*FACTS["parties"][:2], {**FACTS["parties"][2], **changes}]


class Desktop:
    """One partition of the screening agent."""

    def __init__(self) -> None:
        shelf = Shelf()
        shelf.put(shipped())
        self.runtime = MemoryRuntime(agents(shelf)[:1])
        control = TablesControl(version=shipped().version, published_at=NOON)
        self.runtime.append(topics.CONTROL, None, canonical(control))
        self.runtime.run(NOON)

    def shipment(self, data: dict[str, Any], at: datetime = NOON) -> Decision:
        """Hand in a shipment, and return the decision in force."""
        key = data["shipment_id"]
        self.runtime.append(topics.SHIPMENTS, key, event(SHIPMENT_TYPE, data, at))
        self.runtime.run(at)
        return self.decision()

    def answered(self, license_: dict[str, Any] | None, at: datetime) -> Decision:
        """Answer every claim made so far with a license; None: not on file."""
        known = None if license_ is None else License.model_validate(license_)
        for record in self.runtime.outputs(topics.CLAIMS):
            claim = Claim.model_validate_json(record.value or b"")
            if claim.kind == "claim":
                verdict = answer(claim, None if known is None else Filed(known))
                self.runtime.append(topics.VERDICTS, claim.shipment_id, canonical(verdict))
        self.runtime.run(at)
        return self.decision()

    def dispose(self, at: datetime = NOON, number: str = "DSP-1", **words: Any) -> str | None:
        """Hand in a disposition on the decision in force; return the field it is refused for."""
        said: dict[str, Any] = {
            "disposition_id": number,
            "shipment_id": "SHP-1",
            "decision_id": self.decision().decision_id,
            "reason": "because",
            "by": "A. Analyst",
            **words,
        }
        said = {name: value for name, value in said.items() if value is not None}
        before = len(self.runtime.outputs(DEAD_LETTERS))
        value = event(DISPOSITION_TYPE, said, at)
        self.runtime.append(topics.DISPOSITIONS, "SHP-1", value)
        self.runtime.run(at)
        for record in self.runtime.outputs(DEAD_LETTERS)[before:]:
            return decode(record.value).read(DeadLetter).error.field
        return None

    def wait(self, until: datetime) -> None:
        """Let time pass."""
        self.runtime.run(until)

    def decision(self) -> Decision:
        """Return the decision written last."""
        return decode(self.runtime.outputs(topics.DECISIONS)[-1].value).read(Decision)

    def alerts(self) -> list[Alert]:
        """Return the alerts about shipments, in order; the tables' own are left out."""
        read = [decode(r.value).read(Alert) for r in self.runtime.outputs(topics.ALERTS)]
        return [alert for alert in read if alert.shipment_id is not None]

    def told(self) -> list[str]:
        """Return the alerts' kinds, in order."""
        return [str(alert.kind) for alert in self.alerts()]
