"""Every kind of bad input on a real broker: a dead letter with reason and bytes, or a duplicate.

Around each bad record stand good ones, before and behind, of the same partition: they are decided,
so nothing bad has stopped or skipped the stream.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
import zlib
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from tests.support.deployment import Deployment, WorkerProcess
from tests.support.topics import Topics

SECONDS = 60.0
SHIPMENTS = "trade.shipments"


def event(shipment_id: str, revision: int = 1, **data: Any) -> dict[str, Any]:
    """Return a plain shipment event; `data` goes over its facts."""
    facts = {
        "shipment_id": shipment_id,
        "revision": revision,
        "status": "booked",
        "export_country": "DE",
        "destination_country": "FR",
        "parties": [
            {"role": "exporter", "name": "Example Werke", "country": "DE"},
            {"role": "consignee", "name": "Example Achats", "country": "FR", "class": "civil"},
            {"role": "end_user", "name": "Example Achats", "country": "FR", "class": "civil"},
        ],
        "items": [{"line": 1, "description": "chairs", "hs_code": "940161", "quantity": "5"}],
        "end_use": {"class": "civil", "military_capability": "no"},
    }
    return {
        "specversion": "1.0",
        "id": f"{shipment_id}-{revision}",
        "source": "/test",
        "type": "trade.shipment.v1",
        "time": "2026-11-23T00:00:00Z",
        "data": {**facts, **data},
    }


def item(**changes: Any) -> list[dict[str, Any]]:
    return [{"line": 1, "description": "chairs", "hs_code": "940161", **changes}]


def dump(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def without(name: str) -> bytes:
    spoiled = event("BAD")
    del spoiled["data"][name]
    return dump(spoiled)


DEEP = 3000
# What is sent under the key BAD, the field that is at fault, and a word of the reason.
REFUSED: dict[str, tuple[bytes | None, str, str]] = {
    "not JSON": (dump(event("BAD"))[:-9], "", "not JSON"),
    "not UTF-8": (dump(event("BAD")).replace(b"chairs", b"ch\xffirs"), "", "UTF-8"),
    "no value": (None, "", "no value"),
    "not an object": (b'["BAD"]', "", "object"),
    "no CloudEvent": (dump(event("BAD")["data"]), "specversion", "1.0"),
    "another type": (dump({**event("BAD"), "type": "trade.shipment.v9"}), "type", "v1"),
    "wrong type": (dump(event("BAD", revision="1")), "data.revision", "integer"),
    "missing field": (without("status"), "data.status", "required"),
    "unknown enum": (dump(event("BAD", status="teleported")), "data.status", "booked"),
    "unknown country": (
        dump(event("BAD", destination_country="QQ")),
        "data.destination_country",
        "ISO 3166",
    ),
    "code without regime": (
        dump(event("BAD", items=item(control_codes=["1C905"]))),
        "data.items[0].control_codes[0]",
        "REGIME:code",
    ),
    "negative quantity": (
        dump(event("BAD", items=item(quantity="-5"))),
        "data.items[0].quantity",
        "negative",
    ),
    "quantity that is no number": (
        dump(event("BAD", items=item(quantity=float("nan")))),
        "",
        "NaN",
    ),
    "day that does not exist": (
        dump(event("BAD", end_use={"certificate": {"valid_to": "2026-02-31"}})),
        "data.end_use.certificate.valid_to",
        "day",
    ),
    "year out of reach": (
        dump(event("BAD", end_use={"certificate": {"valid_to": "9999-12-31"}})),
        "data.end_use.certificate.valid_to",
        "year",
    ),
    "time without offset": (
        dump({**event("BAD"), "time": "2026-11-23T00:00:00"}),
        "time",
        "timezone",
    ),
    "two lines of one number": (
        dump(event("BAD", items=item() + item())),
        "data",
        "same line number",
    ),
    "a field twice": (
        dump(event("BAD")).replace(b'"revision": 1', b'"revision": 1, "revision": 2'),
        "",
        "twice",
    ),
    "ten thousand parties": (
        dump(event("BAD", parties=event("BAD")["data"]["parties"][:1] * 10_000)),
        "data.parties",
        "100",
    ),
    "nested bomb": (b'{"data":' + b"[" * DEEP + b"]" * DEEP + b"}", "", "nested deeper"),
    "5 MB": (dump(event("BAD", note="x" * 5_000_000)), "", "bytes"),
    "7.5 MB": (dump(event("BAD", note="x" * 7_500_000)), "", "bytes"),
}


async def produce(deployment: Deployment, records: list[tuple[bytes | None, bytes | None]]) -> None:
    """Send (key, value) records to the shipments' topic, in order."""
    producer = AIOKafkaProducer(
        bootstrap_servers=deployment.settings.kafka_bootstrap_servers,
        max_request_size=16 * 1024 * 1024,
    )
    await producer.start()
    try:
        for key, value in records:
            name = deployment.settings.topic_prefix + SHIPMENTS
            await producer.send_and_wait(name, key=key, value=value)
    finally:
        await producer.stop()


def topics_of(deployment: Deployment) -> Topics:
    settings = deployment.settings
    return Topics(settings.kafka_bootstrap_servers, settings.topic_prefix, settings.partitions)


def letters(topics: Topics) -> list[dict[str, Any]]:
    return [json.loads(r.value)["data"] for r in topics.all_of("trade.dead-letters")]


def decided(topics: Topics) -> set[tuple[str, int]]:
    """Return (shipment, revision) of all decisions."""
    decisions = [json.loads(r.value)["data"] for r in topics.all_of("trade.decisions")]
    return {(d["shipment_id"], d["revision"]) for d in decisions}


async def test_each_kind_is_a_dead_letter_with_its_reason_and_bytes_and_the_rest_goes_on(
    deployment: Deployment,
) -> None:
    records: list[tuple[bytes | None, bytes | None]] = []
    for number, (value, _, _) in enumerate(REFUSED.values(), 1):
        records += [(b"GOOD", dump(event("GOOD", number))), (b"BAD", value)]
    records += [
        (b"OTHER", dump(event("BAD"))),
        (None, dump(event("NOKEY"))),
        (b"GOOD", dump(event("GOOD", 1000))),
    ]
    with deployment.workers("one") as (worker,):
        async with topics_of(deployment) as topics:
            began = time.monotonic()
            await produce(deployment, records)
            await topics.settled(SECONDS)
            seconds = time.monotonic() - began
        assert worker.alive
    found = letters(topics)
    assert len(found) == len(REFUSED) + 2
    by_value = {letter.get("value"): letter for letter in found if letter.get("key") != "T1RIRVI="}
    for name, (value, field, word) in REFUSED.items():
        sent = None if value is None else base64.b64encode(value).decode()
        letter = by_value.get(sent)
        assert letter is not None, f"{name}: no dead letter holds the original bytes"
        assert letter["error"]["field"] == field, name
        assert word in letter["error"]["reason"], f"{name}: {letter['error']['reason']}"
        assert letter["topic"] == SHIPMENTS
        assert base64.b64decode(letter["key"]) == b"BAD"
    keys = [letter["error"]["reason"] for letter in found if letter["error"]["field"] == "key"]
    assert len(keys) == 2, "a wrong key and no key"
    revisions = {*range(1, len(REFUSED) + 1), 1000}
    assert {("GOOD", revision) for revision in revisions} == decided(topics)
    assert seconds < SECONDS / 2, "bad records hold nobody up"


async def test_old_and_repeated_revisions_are_duplicates_and_a_new_one_counts(
    deployment: Deployment,
) -> None:
    changed = dump(event("S", 5, destination_country="IT"))
    records: list[tuple[bytes | None, bytes | None]] = [
        (b"S", dump(event("S", 5))),
        (b"S", dump(event("S", 5))),
        (b"S", changed),
        (b"S", dump(event("S", 4))),
        (b"S", dump({**event("S", 6), "time": "1999-01-01T00:00:00Z"})),
        (b"S", dump({**event("S", 7), "time": "2150-01-01T00:00:00Z"})),
    ]
    with deployment.workers("one") as (worker,):
        async with topics_of(deployment) as topics:
            await produce(deployment, records)
            await topics.settled(SECONDS)
        metrics = worker.metrics()
    assert decided(topics) == {("S", 5), ("S", 6), ("S", 7)}
    assert letters(topics) == []
    name = "tidegate_events_duplicate_total"
    counted = {
        kind: metrics.get(f'{name}{{kind="{kind}",topic="{SHIPMENTS}"}}')
        for kind in ("same", "conflict", "late")
    }
    assert counted == {"same": 1, "conflict": 1, "late": 1}
    instants = [json.loads(r.value)["data"]["as_of"] for r in topics.all_of("trade.decisions")]
    assert max(instants) < "2100", "an event's own time does not set the clock"
    assert instants == sorted(instants)


async def test_a_dead_letter_is_put_back_once_mended(
    deployment: Deployment, tmp_path: Path
) -> None:
    spoiled, mended = event("M", status="bookd"), event("M")
    file = tmp_path / "mended.json"
    file.write_bytes(dump(mended))
    with deployment.workers("one"):
        async with topics_of(deployment) as topics:
            await produce(deployment, [(b"M", dump(spoiled))])
            await topics.until(lambda t: len(letters(t)) == 1, SECONDS)
            (listed,) = await asyncio.to_thread(deployment.json, "dead-letters", "list")
            assert listed["error"]["field"] == "data.status"
            assert json.loads(listed["preview"])["data"]["status"] == "bookd"
            place = listed["place"]
            await asyncio.to_thread(deployment.json, "dead-letters", "replay", place)
            await topics.until(lambda t: len(letters(t)) == 2, SECONDS)  # still wrong: again
            await asyncio.to_thread(
                deployment.json, "dead-letters", "replay", place, "--value", str(file)
            )
            await topics.until(lambda t: decided(t) == {("M", 1)}, SECONDS)
            assert len(letters(topics)) == 2


async def test_records_in_wrong_partitions_are_forwarded_counted_and_named_by_the_doctor(
    deployment: Deployment,
) -> None:
    """librdkafka's default partitioner is CRC32, which owns keys elsewhere than Kafka's murmur2."""
    ids = [f"C-{number}" for number in range(200)]
    partitions = deployment.settings.partitions
    with deployment.workers("one", "two") as workers:
        async with topics_of(deployment) as topics:
            producer = AIOKafkaProducer(
                bootstrap_servers=deployment.settings.kafka_bootstrap_servers
            )
            await producer.start()
            try:
                for name in ids:
                    await producer.send_and_wait(
                        deployment.settings.topic_prefix + SHIPMENTS,
                        key=name.encode(),
                        value=dump(event(name)),
                        partition=zlib.crc32(name.encode()) % partitions,
                    )
            finally:
                await producer.stop()
            await topics.settled(SECONDS)
        forwarded = sum(_forwarded(worker) for worker in workers)
        advice = await asyncio.to_thread(deployment.json, "doctor", expected=None)
    assert decided(topics) == {(name, 1) for name in ids}
    assert forwarded > len(ids) / 2
    (check,) = [c for c in advice["checks"] if c["name"] == "partitioner"]
    assert "murmur2" in check["advice"]


def _forwarded(worker: WorkerProcess) -> float:
    return worker.metrics().get(f'tidegate_events_forwarded_total{{topic="{SHIPMENTS}"}}', 0.0)
