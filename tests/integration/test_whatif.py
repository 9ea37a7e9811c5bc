"""`tidegate whatif` foretells what publishing would do, and does nothing itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.integration.test_tables_on_kafka import (
    BUYER,
    SECONDS,
    latest,
    listing,
    said,
    send,
    shipment,
)
from tests.support.deployment import Deployment
from tests.support.topics import TOPICS, Topics

SHIPMENTS = 12


async def test_it_foretells_what_publishing_does(deployment: Deployment, tmp_path: Path) -> None:
    packs = listing(tmp_path, BUYER)
    settings = deployment.settings
    events: list[tuple[Any, Any, Any]] = [(*shipment(n), None) for n in range(SHIPMENTS)]
    with deployment.workers("one"):
        async with Topics(
            settings.kafka_bootstrap_servers, settings.topic_prefix, settings.partitions
        ) as topics:
            await send(deployment, "trade.shipments", events)
            await topics.until(lambda t: len(latest(t)) == SHIPMENTS, SECONDS)
            await topics.settled(SECONDS)
            before = {topic: topics.count(topic) for topic in TOPICS}

            same = deployment.json("whatif")
            assert (same["open"], same["unchanged"]) == (SHIPMENTS, SHIPMENTS)

            told = deployment.json("whatif", str(packs))
            held = told["newly_held"]
            assert held["shipments"] == SHIPMENTS
            assert held["by_measure"] == {"JP-OWN-01": SHIPMENTS}
            assert held["by_destination"] == {"JP": SHIPMENTS}
            assert [one["shipment_id"] for one in held["examples"]] == [
                *("SHP-0", "SHP-1", "SHP-10", "SHP-11", "SHP-2")
            ]
            assert held["examples"][0]["after"] == {"outcome": "PROHIBITED", "action": "hold"}
            assert told["unchanged"] == 0
            words = deployment.command("whatif", str(packs))
            assert f"{SHIPMENTS} newly held" in words
            dry = deployment.json("measures", "publish", str(packs), "--dry-run")
            assert {**dry, "as_of": None} == {**told, "as_of": None}
            await topics.read_on()
            assert {topic: topics.count(topic) for topic in TOPICS} == before

            over_time = deployment.json("whatif", str(packs), "--from", "2026-01-01T00:00:00Z")
            assert over_time["shipments"] == SHIPMENTS
            assert over_time["measures"]["JP-OWN-01"] == {"more": SHIPMENTS, "fewer": 0}
            both = ("--as-of", "2026-01-01T00:00:00Z", "--to", "2026-01-01T00:00:00Z")
            deployment.command("whatif", str(packs), *both, expected=2)

            deployment.publish(packs)
            await topics.until(lambda t: all_held(latest(t)), SECONDS)
            # What a person said is no other party stays so under the tables of before.
            await send(deployment, "trade.dispositions", [said("SHP-1")])
            await topics.until(lambda t: not any_held(latest(t)), SECONDS)
            await topics.settled(SECONDS)
            again = deployment.json("whatif", str(packs))
            assert again["unchanged"] == SHIPMENTS


def all_held(decisions: dict[str, dict[str, Any]]) -> bool:
    return all(one["action"] == "hold" for one in decisions.values())


def any_held(decisions: dict[str, dict[str, Any]]) -> bool:
    return any(one["action"] == "hold" for one in decisions.values())
