"""The events that are measured with: about 1 KB, three parties, two lines, one in twenty held."""

from __future__ import annotations

import json
from typing import Any

HELD_EVERY = 20
LICENSE = "BENCH-LIC"


def shipment(number: int, licensed: bool = False, revision: int = 1) -> tuple[bytes, bytes]:
    """Return (key, value) of a shipment; a licensed one cites `LICENSE`, which covers it."""
    name = f"BENCH-{'L' if licensed else 'P'}-{number:06d}"
    military = not licensed and number % HELD_EVERY == 0
    exporter, buyer = "Example Rare Earths Co., Ltd.", "Example Motors K.K."
    goods: dict[str, Any] = {"description": "office chairs", "hs_code": "9401610000"}
    if licensed or military:
        goods = {
            "description": "dysprosium oxide",
            "hs_code": "2846901500",
            "control_codes": ["CN:1C905.b"],
        }
    if licensed:
        goods["licenses"] = [LICENSE]
    line = {"origin_country": "CN", "quantity": "10", "unit": "KGM", "value": "480.00"}
    data = {
        "shipment_id": name,
        "revision": revision,
        "status": "declared",
        "export_country": "CN",
        "destination_country": "JP",
        "parties": [
            {"role": "exporter", "name": exporter, "country": "CN"},
            {"role": "consignee", "name": buyer, "country": "JP", "class": "civil"},
            {
                "role": "end_user",
                "name": buyer,
                "country": "JP",
                "class": "military" if military else "civil",
            },
        ],
        "items": [
            {"line": 1, **goods, **line, "currency": "USD"},
            {"line": 2, "description": "spare parts", "hs_code": "940199", **line},
        ],
        "end_use": {"class": "civil", "text": "production", "military_capability": "no"},
    }
    return name.encode(), _event("trade.shipment.v1", f"{name}-{revision}", data)


def license_(revision: int, status: str) -> tuple[bytes, bytes]:
    """Return (key, value) of the license that licensed shipments cite."""
    data = {
        "license_id": LICENSE,
        "revision": revision,
        "regime": "CN",
        "license_type": "general",
        "status": status,
        "valid_from": "2026-01-01",
        "valid_to": "2028-12-31",
        "holder": "Example Rare Earths Co., Ltd.",
        "consignees": ["Example Motors K.K."],
        "end_users": ["Example Motors K.K."],
        "destination_countries": ["JP"],
        "control_codes": ["CN:1C905"],
    }
    return LICENSE.encode(), _event("trade.license.v1", f"{LICENSE}-{revision}", data)


def _event(type_: str, id_: str, data: dict[str, Any]) -> bytes:
    event = {"specversion": "1.0", "id": id_, "source": "/bench", "type": type_, "data": data}
    return json.dumps(event, ensure_ascii=False).encode()
