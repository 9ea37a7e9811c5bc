"""The events that are measured with: about 1 KB, three parties, two lines, one in twenty held.

The same number always gives the same event. Lanes, goods, companies and amounts change from one to
the next, as in a forwarder's traffic; a worker that remembers what it found for like shipments may
gain by that here as it would there.
"""

from __future__ import annotations

import json
from typing import Any

from bench.names import address, company
from tidegate.cli.traffic.goods import CHINA_CONTROLLED, ORDINARY, Goods
from tidegate.cli.traffic.places import LANES

HELD_EVERY = 20
LICENSE = "BENCH-LIC"
LICENSED_EXPORTER, LICENSED_BUYER = "Example Rare Earths Co., Ltd.", "Example Motors K.K."
_SCATTER = 2_654_435_761
"""Knuth's multiplier: neighbouring numbers get unlike facts, without a random generator's cost."""


def shipment(number: int, licensed: bool = False, revision: int = 1) -> tuple[bytes, bytes]:
    """Return (key, value) of a shipment; a licensed one cites `LICENSE`, which covers it."""
    name = f"BENCH-{'L' if licensed else 'P'}-{number:06d}"
    dice = number * _SCATTER % 2**32
    held = not licensed and number % HELD_EVERY == 0
    export, destination = ("CN", "JP") if licensed or held else LANES[dice % len(LANES)]
    goods = (
        CHINA_CONTROLLED[0] if licensed else _chosen(CHINA_CONTROLLED if held else ORDINARY, dice)
    )
    exporter, buyer = company(dice, export), company(dice // 7, destination)
    if licensed:
        exporter, buyer = LICENSED_EXPORTER, LICENSED_BUYER
    user = buyer if licensed or dice % 3 else company(dice // 11, destination)
    first = _line(1, goods, export, dice)
    if licensed:
        first["licenses"] = [LICENSE]
    data = {
        "shipment_id": name,
        "revision": revision,
        "status": "booked" if dice % 4 == 0 else "declared",
        "export_country": export,
        "destination_country": destination,
        "parties": [
            _party("exporter", exporter, export, "civil", dice),
            _party("consignee", buyer, destination, "civil", dice // 7),
            _party("end_user", user, destination, "military" if held else "civil", dice // 11),
        ],
        "items": [first, _line(2, _chosen(ORDINARY, dice // 13), export, dice // 17)],
        "end_use": {"class": "civil", "text": "own production", "military_capability": "no"},
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
        "holder": LICENSED_EXPORTER,
        "consignees": [LICENSED_BUYER],
        "end_users": [LICENSED_BUYER],
        "destination_countries": ["JP"],
        "control_codes": ["CN:1C905"],
    }
    return LICENSE.encode(), _event("trade.license.v1", f"{LICENSE}-{revision}", data)


def _chosen(goods: tuple[Goods, ...], dice: int) -> Goods:
    return goods[dice // 3 % len(goods)]


def _party(role: str, name: str, country: str, class_: str, dice: int) -> dict[str, Any]:
    place = address(dice, country)
    return {"role": role, "name": name, "country": country, "class": class_, "address": place}


def _line(number: int, goods: Goods, origin: str, dice: int) -> dict[str, Any]:
    fewest, most = goods.lot
    quantity = fewest + dice % (most - fewest + 1)
    line: dict[str, Any] = {
        "line": number,
        "description": goods.description,
        "hs_code": goods.hs_code,
        "origin_country": origin,
        "quantity": str(quantity),
        "unit": goods.unit,
        "value": f"{quantity * goods.price}.00",
        "currency": "USD",
    }
    if goods.code is not None:
        line |= {"control_codes": [goods.code], "controlled_declaration": "controlled"}
    return line


def _event(type_: str, id_: str, data: dict[str, Any]) -> bytes:
    event = {
        "specversion": "1.0",
        "id": id_,
        "source": "/bench",
        "type": type_,
        "time": "2026-11-23T08:00:00Z",
        "data": data,
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
