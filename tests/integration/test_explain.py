"""`tidegate explain` tells what happened to a shipment, in order, from a real broker's topics."""

from __future__ import annotations

from pathlib import Path

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
from tests.support.topics import Topics


async def test_the_story_of_a_shipment(deployment: Deployment, tmp_path: Path) -> None:
    settings = deployment.settings
    deployment.publish(listing(tmp_path, BUYER))
    with deployment.workers("one"):
        async with Topics(
            settings.kafka_bootstrap_servers, settings.topic_prefix, settings.partitions
        ) as topics:
            await send(deployment, "trade.shipments", [(*shipment(n), None) for n in range(3)])
            await topics.until(lambda t: len(latest(t)) == 3, SECONDS)
            await send(deployment, "trade.dispositions", [said("SHP-1")])
            await topics.until(lambda t: latest(t)["SHP-1"]["action"] == "pass", SECONDS)
            await topics.settled(SECONDS)
    story = deployment.json("explain", "SHP-1")
    kinds = [chapter["type"].split(".")[1] for chapter in story]
    assert kinds[0] == "shipment"
    assert [kind for kind in kinds if kind != "alert"] == [
        *("shipment", "decision", "disposition", "decision")
    ]
    assert [c["data"]["kind"] for c in story if c["type"] == "trade.alert.v1"] == [
        *("hold_started", "hold_ended")
    ]
    held, free = (c["data"] for c in story if c["type"] == "trade.decision.v1")
    assert (held["action"], free["action"]) == ("hold", "pass")
    told = deployment.command("explain", "SHP-1")
    assert "DISPOSITION false_match by A. Analyst: another firm of the name" in told
    assert "SILENCED: Example Harbour Stores K.K. is not Example Harbour Stores K.K." in told
    deployment.command("explain", "SHP-none", expected=1)
