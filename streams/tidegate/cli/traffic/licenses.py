"""Licenses that grant exactly the shipments that cite them, and some that do not."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any

from tidegate.cli.traffic.shipments import Facts

VALID_BEFORE_DAYS = 60
VALID_AFTER_DAYS = 300


def granting(
    license_id: str,
    facts: Facts,
    at: datetime,
    *,
    license_type: str = "single",
    quantity: int | None = None,
    status: str = "active",
) -> dict[str, Any]:
    """Return a Chinese license whose holder, parties, goods and quantity are this shipment's.

    Args:
        quantity: What it grants in all; the shipment's own quantity where it is not given.
    """
    (item,) = facts["items"]
    names = {party["role"]: party["name"] for party in facts["parties"]}
    first = at.date() - timedelta(days=VALID_BEFORE_DAYS)
    return {
        "license_id": license_id,
        "revision": 1,
        "regime": "CN",
        "authority": "MOFCOM",
        "license_type": license_type,
        "status": status,
        "accepted_at": (first - timedelta(days=30)).isoformat(),
        "decided_at": first.isoformat(),
        "valid_from": first.isoformat(),
        "valid_to": (at.date() + timedelta(days=VALID_AFTER_DAYS)).isoformat(),
        "holder": names["exporter"],
        "consignees": [names["consignee"]],
        "end_users": [names["end_user"]],
        "destination_countries": [facts["destination_country"]],
        "control_codes": list(item["control_codes"]),
        "quantity": item["quantity"] if quantity is None else str(quantity),
        "unit": item["unit"],
        "end_use_class": facts["end_use"]["class"],
    }


def spoiled(random: Random, license_: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Return the license with one thing wrong, so that what cites it is held."""
    yesterday = (at.date() - timedelta(days=1)).isoformat()
    return {
        **license_,
        **random.choice(
            (
                {"status": "expired", "valid_to": yesterday},
                {"status": "under_review", "review": "suspended"},
                {"status": "revoked", "status_reason": "example: conditions not kept"},
                {"quantity": "1"},
                {"destination_countries": ["KR"]},
            )
        ),
    }
