"""Thousands of claims on one license, from two workers, one of which is killed in the middle.

Shipments lie in all partitions, their license in one. Never more is granted than the license has,
and at the end nobody is refused who would fit. More: `TIDEGATE_TEST_CLAIMS=10000`.
"""

from __future__ import annotations

import asyncio
import json
import os
from decimal import Decimal
from typing import Any

from aiokafka import AIOKafkaProducer

from tests.support.deployment import Deployment
from tests.support.topics import LICENSES_STATE, Topics

CLAIMS = int(os.environ.get("TIDEGATE_TEST_CLAIMS", "2000"))
GRANTED = Decimal(3 * CLAIMS)  # kilograms; about twice as much is asked for
SECONDS = 240.0
PARTIES = [
    {"role": "exporter", "name": "Ganzhou Example Materials", "country": "CN"},
    {"role": "consignee", "name": "Example Trading KK", "country": "JP", "class": "civil"},
    {"role": "end_user", "name": "Example Motors KK", "country": "JP", "class": "civil"},
]
LICENSE = {
    "license_id": "LIC-1",
    "revision": 1,
    "regime": "CN",
    "license_type": "general",
    "status": "granted",
    "valid_from": "2026-03-01",
    "valid_to": "2199-01-01",
    "holder": "Ganzhou Example Materials",
    "consignees": ["Example Trading KK"],
    "end_users": ["Example Motors KK"],
    "destination_countries": ["JP"],
    "control_codes": ["CN:1C905"],
    "quantity": str(GRANTED),
    "unit": "KGM",
}


def kilograms(number: int) -> Decimal:
    """Return what a shipment asks for: 1 to 11.5 kg, in no order."""
    return 1 + Decimal(number * 7919 % 22) / 2


def shipment(number: int, revision: int = 1, status: str = "declared") -> dict[str, Any]:
    item = {
        "line": 1,
        "control_codes": ["CN:1C905.b"],
        "origin_country": "CN",
        "quantity": str(kilograms(number)),
        "unit": "KGM",
        "licenses": ["LIC-1"],
    }
    return {
        "shipment_id": f"SHP-{number}",
        "revision": revision,
        "status": status,
        "export_country": "CN",
        "destination_country": "JP",
        "parties": PARTIES,
        "items": [item],
        "end_use": {"class": "civil", "military_capability": "no", "knowledge_level": "none"},
    }


class Sender:
    """Sends events to a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._prefix = deployment.settings.topic_prefix
        self._producer = AIOKafkaProducer(
            bootstrap_servers=deployment.settings.kafka_bootstrap_servers
        )

    async def __aenter__(self) -> Sender:
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._producer.stop()

    async def send(self, kind: str, key: str, data: dict[str, Any]) -> None:
        event = {
            "specversion": "1.0",
            "id": f"{key}-{data['revision']}",
            "source": "/test",
            "type": f"trade.{kind}.v1",
            "data": data,
        }
        topic = f"{self._prefix}trade.{kind}s"
        await self._producer.send(topic, key=key.encode(), value=json.dumps(event).encode())


async def test_two_workers_one_license_never_a_kilogram_over(deployment: Deployment) -> None:
    settings = deployment.settings
    topics = Topics(settings.kafka_bootstrap_servers, settings.topic_prefix, settings.partitions)
    with deployment.workers("w1", "w2") as (first, second):
        async with Sender(deployment) as sender, topics:
            await sender.send("license", "LIC-1", LICENSE)
            for number in range(CLAIMS):
                await sender.send("shipment", f"SHP-{number}", shipment(number))
            await topics.until(lambda seen: seen.count("trade.decisions") > CLAIMS / 2, SECONDS)
            for worker in (first, second):
                await asyncio.to_thread(worker.kill)
                worker.start()
            await topics.settled(SECONDS)
            granted = check(topics, range(CLAIMS))
            # Every third that had it gives it back: others get it, the oldest first.
            gone = {number for number in granted if number % 3 == 0}
            for number in gone:
                await sender.send("shipment", f"SHP-{number}", shipment(number, 2, "cancelled"))
            await topics.until(lambda seen: closed(seen) == len(gone), SECONDS)
            await topics.settled(SECONDS)
            now = check(topics, (n for n in range(CLAIMS) if n not in gone))
            assert granted - gone <= now, "who had it lost it"
            assert len(now) > len(granted - gone)


def latest(topics: Topics) -> dict[str, dict[str, Any]]:
    """Return the decision in force by shipment."""
    found = {}
    for record in topics.all_of("trade.decisions"):
        decision = json.loads(record.value)["data"]
        found[decision["shipment_id"]] = decision
    return found


def closed(topics: Topics) -> int:
    return sum(one["inputs"]["status"] == "cancelled" for one in latest(topics).values())


def check(topics: Topics, numbers: Any) -> set[int]:
    """Return who is granted: never too much, and nobody refused who would fit."""
    decisions = latest(topics)
    granted, refused = set(), set()
    for number in numbers:
        decision = decisions[f"SHP-{number}"]
        (answer,) = decision["inputs"]["verdicts"]
        assert (decision["outcome"], answer["answer"]) in {
            ("AUTHORISED", "reserved"),
            ("LICENSE_INVALID", "refused"),
        }, decision
        (granted if answer["answer"] == "reserved" else refused).add(number)
    taken = sum(map(kilograms, granted), Decimal(0))
    assert taken <= GRANTED
    assert min(map(kilograms, refused)) > GRANTED - taken
    ledgers = [
        json.loads(value)
        for (topic, _), state in topics.state.items()
        if topic == LICENSES_STATE
        for key, value in state.items()
        if key == "b:LIC-1"
    ]
    assert [Decimal(one["reserved"]["mass, kg"]) for one in ledgers] == [taken]
    return granted
