"""One example of each event: inputs as a sender writes them, outputs as Tidegate answers them.

The outputs are not written by hand: the agents decide the inputs under a small table of their own,
so an example is always what the program says.
"""

from __future__ import annotations

import json
from typing import Any

from tidegate.agents import topics
from tidegate.agents.desk import Desk
from tidegate.agents.practice import PUBLISHED_EVERY
from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.events import codec
from tidegate.events.codec import canonical, decode
from tidegate.events.control import TablesControl
from tidegate.measures.compiler import tables_from
from tidegate.runtime.memory import MemoryRuntime
from tidegate.runtime.spec import DEAD_LETTERS

TIME = "2026-02-24T03:00:00Z"

SHIPMENT: dict[str, Any] = {
    "shipment_id": "SHP-1",
    "revision": 1,
    "status": "declared",
    "export_country": "CN",
    "destination_country": "JP",
    "transit_countries": [],
    "parties": [
        {"role": "exporter", "name": "Example Rare Earths Co., Ltd.", "country": "CN"},
        {"role": "consignee", "name": "Example Trading K.K.", "country": "JP", "class": "civil"},
        {"role": "end_user", "name": "Example Motors K.K.", "country": "JP", "class": "military"},
    ],
    "items": [
        {
            "line": 1,
            "description": "dysprosium oxide",
            "hs_code": "2846901500",
            "control_codes": ["CN:1C905.b"],
            "origin_country": "CN",
            "quantity": "120.5",
            "unit": "KGM",
            "value": "48000.00",
            "currency": "USD",
        }
    ],
    "end_use": {
        "class": "civil",
        "text": "motor magnets",
        "military_capability": "no",
        "certificate": {"number": "EUC-9", "valid_to": "2026-12-31"},
    },
}

LICENSE: dict[str, Any] = {
    "license_id": "LIC-7",
    "revision": 1,
    "regime": "CN",
    "authority": "MOFCOM",
    "license_type": "single",
    "status": "active",
    "submitted_at": "2025-11-03",
    "accepted_at": "2025-11-05",
    "decided_at": "2026-01-08",
    "valid_from": "2026-01-08",
    "valid_to": "2026-07-07",
    "holder": "Example Rare Earths Co., Ltd.",
    "consignees": ["Example Trading K.K."],
    "end_users": ["Example Motors K.K."],
    "destination_countries": ["JP"],
    "control_codes": ["CN:1C905"],
    "quantity": "500",
    "unit": "KGM",
    "end_use_class": "civil",
}

PACK = b"""
pack: example
title: {en: Example}
regime: CN
authority: MOFCOM
timezone: Asia/Shanghai
verified_on: 2026-11-23
dual_use: {regime: CN, tariff_candidates: ["284690"]}
measures:
  - id: CN-JP-01
    instrument: MOFCOM Announcement No. 1 of 2026
    article: "sentence 1, ground (a): Japanese military users"
    title: {en: Dual-use items to a military user in Japan}
    evidence: text
    effective: {from: 2026-01-06}
    when:
      all:
        - dual_use: CN
        - export_from: [CN]
        - recipient_in: [JP]
        - party: {roles: [end_user], class: [military]}
    outcome: PROHIBITED
"""


def examples() -> dict[str, dict[str, Any]]:
    """Return an example by event type."""
    given = {
        codec.SHIPMENT_TYPE: _event(codec.SHIPMENT_TYPE, "SHP-1", SHIPMENT),
        codec.LICENSE_TYPE: _event(codec.LICENSE_TYPE, "LIC-7", LICENSE),
    }
    decision, alert, letter, practice = _answers(given[codec.SHIPMENT_TYPE])
    disposition = {
        "disposition_id": "DSP-1",
        "shipment_id": "SHP-1",
        "decision_id": decision["data"]["decision_id"],
        "kind": "request_information",
        "reason": "The class of the end user is to be confirmed by the consignee.",
        "by": "analyst-1",
    }
    return given | {
        codec.DISPOSITION_TYPE: _event(codec.DISPOSITION_TYPE, "SHP-1", disposition),
        codec.DECISION_TYPE: decision,
        codec.ALERT_TYPE: alert,
        codec.DEAD_LETTER_TYPE: letter,
        codec.PRACTICE_TYPE: practice,
    }


def _event(type_: str, subject: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{subject}-{data.get('revision', 1)}",
        "source": "/erp/example",
        "type": type_,
        "subject": subject,
        "time": TIME,
        "datacontenttype": "application/json",
        "data": data,
    }


def _answers(shipment: dict[str, Any]) -> list[dict[str, Any]]:
    tables = tables_from({"example.yaml": PACK})
    shelf = Shelf()
    shelf.put(tables)
    runtime = MemoryRuntime(agents(shelf, Desk()))
    value = json.dumps(shipment).encode()
    clock = decode(value).time
    assert clock is not None
    control = TablesControl(version=tables.version, published_at=clock)
    runtime.append(topics.CONTROL, None, canonical(control))
    runtime.run(clock)
    runtime.append(topics.SHIPMENTS, "SHP-1", value)
    runtime.append(topics.SHIPMENTS, "SHP-2", b'{"specversion": "1.0"}')
    runtime.run(clock)
    runtime.run(clock + PUBLISHED_EVERY)
    written = (topics.DECISIONS, topics.ALERTS, DEAD_LETTERS, topics.PRACTICE)
    return [json.loads(runtime.outputs(topic)[-1].value or b"") for topic in written]
