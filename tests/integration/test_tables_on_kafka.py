"""Tables on a real broker: a switch decides the open book again, a broken one changes nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from tests.support.deployment import Deployment
from tests.support.topics import Topics
from tidegate.events.codec import canonical
from tidegate.events.control import TablesControl
from tidegate.measures.snapshot import to_records
from tidegate.ops.packs import read_packs

PACKS = Path(__file__).parents[2] / "packs"
BUYER = "Example Harbour Stores K.K."
SHIPMENTS = 40
SECONDS = 60.0


def shipment(number: int) -> tuple[bytes, bytes]:
    data = {
        "shipment_id": f"SHP-{number}",
        "revision": 1,
        "status": "booked",
        "export_country": "CN",
        "destination_country": "JP",
        "parties": [
            {"role": "exporter", "name": "Example Exports", "country": "CN"},
            {"role": "consignee", "name": BUYER, "country": "JP", "class": "civil"},
            {"role": "end_user", "name": BUYER, "country": "JP", "class": "civil"},
        ],
        "items": [
            {"line": 1, "description": "tea", "hs_code": "0902100090", "origin_country": "CN"}
        ],
        "end_use": {"class": "civil", "military_capability": "no"},
    }
    event = {
        "specversion": "1.0",
        "id": f"e-{number}",
        "source": "/test",
        "type": "trade.shipment.v1",
        "data": data,
    }
    return f"SHP-{number}".encode(), json.dumps(event).encode()


async def send(deployment: Deployment, topic: str, records: list[tuple[Any, Any, Any]]) -> None:
    """Send (key, value, headers) to a topic of the deployment."""
    producer = AIOKafkaProducer(bootstrap_servers=deployment.settings.kafka_bootstrap_servers)
    await producer.start()
    try:
        for key, value, headers in records:
            name = deployment.settings.topic_prefix + topic
            await producer.send_and_wait(name, key=key, value=value, headers=headers)
    finally:
        await producer.stop()


def listing(folder: Path, buyer: str) -> Path:
    """Return packs in which a list of one's own names the buyer."""
    packs = folder / "packs"
    shutil.copytree(PACKS, packs)
    rows = packs / "lists" / "own-list.csv"
    rows.write_text(
        "entry_id,name,aliases,country,effective_from,effective_to,status,suspensions,"
        "instrument,article,outcome,source_url,note\n"
        f"OWN-1,{buyer},,JP,2026-01-01,,active,,Own list,,,,\n",
        encoding="utf-8",
    )
    (packs / "own.yaml").write_text(
        """
pack: own
title: {en: A list of one's own}
regime: JP
authority: Example authority
timezone: Asia/Tokyo
verified_on: 2026-11-23
lists:
  - id: JP-OWN
    title: {en: Own list}
    file: lists/own-list.csv
    as_of: 2026-01-01
    source: test
    license: none
    counts: {Own list: 1}
measures:
  - id: JP-OWN-01
    instrument: Own list
    article: entry
    title: {en: Not to this buyer}
    evidence: text
    effective: {from: 2026-01-01}
    when: {party: {list: JP-OWN}}
    outcome: PROHIBITED
""",
        encoding="utf-8",
    )
    return packs


def latest(topics: Topics) -> dict[str, dict[str, Any]]:
    """Return the decision in force by shipment."""
    found = {}
    for record in topics.all_of("trade.decisions"):
        decision = json.loads(record.value)["data"]
        found[decision["shipment_id"]] = decision
    return found


async def test_a_published_version_decides_the_open_book_again(
    deployment: Deployment, tmp_path: Path
) -> None:
    settings = deployment.settings
    records = [(*shipment(number), None) for number in range(SHIPMENTS)]
    with deployment.workers("one"):
        async with Topics(
            settings.kafka_bootstrap_servers, settings.topic_prefix, settings.partitions
        ) as topics:
            await send(deployment, "trade.shipments", records)
            await topics.until(lambda t: len(latest(t)) == SHIPMENTS, SECONDS)
            assert {d["action"] for d in latest(topics).values()} == {"pass"}

            version = deployment.publish(listing(tmp_path, BUYER))

            def all_held(t: Topics) -> bool:
                return {d["action"] for d in latest(t).values()} == {"hold"}

            await topics.until(all_held, SECONDS)
            decisions = latest(topics).values()
            assert {d["tables_version"] for d in decisions} == {version}
            assert {d["reasons"][0]["measure"] for d in decisions} == {"JP-OWN-01"}
            assert {d["previous"]["action"] for d in decisions} == {"pass"}

            deployment.publish()  # the buyer leaves the tables

            def all_free(t: Topics) -> bool:
                return {d["action"] for d in latest(t).values()} == {"pass"}

            await topics.until(all_free, SECONDS)
            await topics.settled(SECONDS)
            alerts = [json.loads(r.value)["data"] for r in topics.all_of("trade.alerts")]
            for kind in ("hold_started", "hold_ended"):
                told = [a["shipment_id"] for a in alerts if a["kind"] == kind]
                assert sorted(told) == sorted(f"SHP-{n}" for n in range(SHIPMENTS)), kind


def said(shipment_id: str) -> tuple[bytes, bytes, None]:
    """Return the word that the buyer of a shipment is not the listed one."""
    data = {
        "disposition_id": f"DSP-{shipment_id}",
        "shipment_id": shipment_id,
        "kind": "false_match",
        "reason": "another firm of the name",
        "by": "A. Analyst",
        "party": BUYER,
        "entry": "OWN-1",
    }
    event = {
        "specversion": "1.0",
        "id": f"d-{shipment_id}",
        "source": "/test",
        "type": "trade.disposition.v1",
        "data": data,
    }
    return shipment_id.encode(), json.dumps(event).encode(), None


async def test_a_false_match_holds_in_every_partition_until_the_entry_changes(
    deployment: Deployment, tmp_path: Path
) -> None:
    settings = deployment.settings
    packs = listing(tmp_path, BUYER)

    def all_are(action: str, number: int = SHIPMENTS) -> Callable[[Topics], bool]:
        return lambda t: [d["action"] for d in latest(t).values()] == [action] * number

    with deployment.workers("one", "two") as (one, _):
        async with Topics(
            settings.kafka_bootstrap_servers, settings.topic_prefix, settings.partitions
        ) as topics:
            deployment.publish(packs)
            records = [(*shipment(number), None) for number in range(SHIPMENTS)]
            await send(deployment, "trade.shipments", records)
            await topics.until(all_are("hold"), SECONDS)

            await send(deployment, "trade.dispositions", [said("SHP-0")])
            await topics.until(all_are("pass"), SECONDS)
            shown = [d["inputs"]["silenced"] for d in latest(topics).values()]
            assert {one["by"] for both in shown for one in both} == {"A. Analyst"}

            one.kill()
            one.start()
            one.await_ready()
            later = [(*shipment(number), None) for number in range(SHIPMENTS, 2 * SHIPMENTS)]
            await send(deployment, "trade.shipments", later)
            await topics.until(all_are("pass", 2 * SHIPMENTS), SECONDS)

            # Nothing but an entry changes: whoever meets it is asked again.
            rows = packs / "lists" / "own-list.csv"
            rows.write_text(rows.read_text(encoding="utf-8").replace(",,,,\n", ",,,,changed\n"))
            deployment.publish(packs)
            await topics.until(all_are("hold", 2 * SHIPMENTS), SECONDS)


async def test_a_broken_version_is_refused_and_the_old_one_stays(
    deployment: Deployment, tmp_path: Path
) -> None:
    settings = deployment.settings
    good = deployment.json("measures", "validate")["version"]
    whole = to_records(read_packs(listing(tmp_path, BUYER)), "broken")
    broken = whole[-1].key.decode()
    without_a_chunk = [(r.key, r.value[:-1], list(r.headers)) for r in whole[:-1]]
    without_a_chunk.append((whole[-1].key, whole[-1].value, list(whole[-1].headers)))
    with deployment.workers("one") as (worker,):
        async with Topics(
            settings.kafka_bootstrap_servers, settings.topic_prefix, settings.partitions
        ) as topics:
            await send(deployment, "trade.measures", without_a_chunk)
            producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap_servers)
            await producer.start()
            try:
                for partition in range(settings.partitions):
                    await producer.send_and_wait(
                        settings.topic_prefix + "tidegate.control",
                        value=canonical(
                            TablesControl.model_validate(
                                {"version": broken, "published_at": "2026-11-23T00:00:00Z"}
                            )
                        ),
                        partition=partition,
                    )
            finally:
                await producer.stop()
            await topics.until(
                lambda t: t.count("trade.dead-letters") == settings.partitions, SECONDS
            )
            for record in topics.all_of("trade.dead-letters"):
                error = json.loads(record.value)["data"]["error"]
                assert error["field"] == "version"
                assert broken in error["reason"]
            await send(
                deployment, "trade.shipments", [(*shipment(n), None) for n in range(SHIPMENTS)]
            )
            await topics.until(lambda t: len(latest(t)) == SHIPMENTS, SECONDS)
            assert {d["tables_version"] for d in latest(topics).values()} == {good}
            assert worker.alive
