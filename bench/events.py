"""The events that are measured with: about 1 KB, three parties, two lines, one in twenty held.

The same number always gives the same event. Lanes, goods, companies and amounts change from one to
the next, as in a forwarder's traffic; a worker that remembers what it found for like shipments may
gain by that here as it would there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bench.names import address, company, named
from tidegate.cli.traffic.goods import CHINA_CONTROLLED, ORDINARY, Goods
from tidegate.cli.traffic.places import LANES

HELD_EVERY = 20
LICENSE = "BENCH-LIC"
LICENSED_EXPORTER = ("Example Rare Earths Co., Ltd.", "1 Harbour Road, Ganzhou 1000")
LICENSED_BUYER = ("Example Motors K.K.", "2 Harbour Road, Nagoya 2000")
_SCATTER = 2_654_435_761
"""Knuth's multiplier: neighbouring numbers get unlike facts, without a random generator's cost."""


Company = tuple[str, str]
"""Name and address."""
Event = tuple[bytes, bytes]
"""Key and value of a record."""


def shipment(
    number: int,
    licensed: bool = False,
    revision: int = 1,
    met: Callable[[int, str], Company] = company,
) -> Event:
    """Return (key, value) of a shipment; a licensed one cites `LICENSE`, which covers it.

    `met` returns the company that a throw of the dice meets in a country.
    """
    name = f"BENCH-{'L' if licensed else 'P'}-{number:06d}"
    dice = number * _SCATTER % 2**32
    held = not licensed and number % HELD_EVERY == 0
    export, destination = ("CN", "JP") if licensed or held else LANES[dice % len(LANES)]
    goods = (
        CHINA_CONTROLLED[0] if licensed else _chosen(CHINA_CONTROLLED if held else ORDINARY, dice)
    )
    again = dice * _SCATTER % 2**32
    exporter, buyer = met(dice, export), met(again, destination)
    if licensed:
        exporter, buyer = LICENSED_EXPORTER, LICENSED_BUYER
    user = buyer if licensed or dice % 3 else met(again * _SCATTER % 2**32, destination)
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
            _party("exporter", exporter, export, "civil"),
            _party("consignee", buyer, destination, "civil"),
            _party("end_user", user, destination, "military" if held else "civil"),
        ],
        "items": [first, _line(2, _chosen(ORDINARY, dice // 13), export, dice // 17)],
        "end_use": {"class": "civil", "text": "own production", "military_capability": "no"},
    }
    return name.encode(), _event("trade.shipment.v1", f"{name}-{revision}", data)


def license_(revision: int, status: str) -> Event:
    """Return (key, value) of the license that licensed shipments cite."""
    data = {
        "license_id": LICENSE,
        "revision": revision,
        "regime": "CN",
        "license_type": "general",
        "status": status,
        "valid_from": "2026-01-01",
        "valid_to": "2028-12-31",
        "holder": LICENSED_EXPORTER[0],
        "consignees": [LICENSED_BUYER[0]],
        "end_users": [LICENSED_BUYER[0]],
        "destination_countries": ["JP"],
        "control_codes": ["CN:1C905"],
    }
    return LICENSE.encode(), _event("trade.license.v1", f"{LICENSE}-{revision}", data)


def _chosen(goods: tuple[Goods, ...], dice: int) -> Goods:
    return goods[dice // 3 % len(goods)]


def stranger(dice: int, country: str) -> Company:
    """Return a company that hardly any other throw meets."""
    return named(dice, country), address(dice // 7, country)


def _party(role: str, company: Company, country: str, class_: str) -> dict[str, Any]:
    name, place = company
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
