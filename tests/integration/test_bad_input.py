"""Each kind of bad input on a real broker: a dead letter or a known duplicate, and work goes on."""

from __future__ import annotations

import asyncio
import base64
import json
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.accounts import owner
from tests.support.deployment import Deployment
from tests.support.load import traffic
from tests.support.producing import Sent, produce
from tests.support.topics import Topics
from tests.support.verifier import Verified, verify
from tidegate.events.decision import Outcome

SHIPMENTS, LICENSES = "trade.shipments", "trade.licenses"
CONTROL = "tidegate.control"
SECONDS = 60.0
STEADY = 3000
SLOWED_MOST = 3.0  # seconds on top of twice the time without bad input

Event = dict[str, Any]


def shipment(name: str, revision: int = 1, **changes: Any) -> Event:
    data = {
        "shipment_id": name,
        "revision": revision,
        "status": "booked",
        "export_country": "DE",
        "destination_country": "FR",
        "parties": [{"role": "exporter", "name": "Example Exports GmbH", "country": "DE"}],
        "items": [{"line": 1, "description": "tea", "quantity": "5", "unit": "KGM"}],
        **changes,
    }
    return {
        "specversion": "1.0",
        "id": f"{name}-{revision}",
        "source": "/test",
        "type": "trade.shipment.v1",
        "data": {name: value for name, value in data.items() if value is not None},
    }


def with_data(**changes: Any) -> Callable[[str], bytes]:
    return lambda name: dumped(shipment(name, **changes))


def with_item(**changes: Any) -> Callable[[str], bytes]:
    return lambda name: dumped(shipment(name, items=[{"line": 1, **changes}]))


def dumped(event: Event) -> bytes:
    return json.dumps(event).encode()


def sent(event: Event, **place: Any) -> Sent:
    data = event["data"]
    is_license = "license_id" in data
    key = data["license_id"] if is_license else data["shipment_id"]
    return Sent(LICENSES if is_license else SHIPMENTS, key.encode(), dumped(event), **place)


PARTY = {"role": "buyer", "name": "Example Buyer"}
BAD: list[tuple[str, Callable[[str], bytes | None], str, str]] = [
    # what, the value, the field at fault, a piece of the reason
    ("not-json", lambda name: dumped(shipment(name))[:-9], "", "not JSON"),
    ("not-utf8", lambda name: dumped(shipment(name)).replace(b"tea", b"t\xff"), "", "not UTF-8"),
    ("wrong-type", with_data(revision="three"), "data.revision", "integer"),
    ("missing-field", with_data(status=None), "data.status", "required"),
    ("unknown-enum", with_data(status="teleported"), "data.status", "teleported"),
    ("negative", with_item(quantity="-5"), "data.items[0].quantity", "negative"),
    (
        "absurd-date",
        with_data(documents=[{"type": "undertaking", "valid_to": "9999-12-31"}]),
        "data.documents[0].valid_to",
        "year",
    ),
    ("five-megabytes", with_data(note="x" * 5_000_000), "", "bytes"),
    ("null-value", lambda name: None, "", "null"),
    ("many-parties", with_data(parties=[PARTY] * 10_000), "data.parties", "at most"),
    (
        "nested-bomb",
        lambda name: b'{"data":' + b"[" * 100_000 + b"]" * 100_000,
        "",
        "nested deeper",
    ),
    ("deep", lambda name: b'{"data":' + b"[" * 40 + b"]" * 40 + b"}", "", "nested deeper"),
    ("wrong-event", with_data(), "type", "trade.license.v1"),
]


@pytest.fixture
def topics(deployment: Deployment) -> Topics:
    settings = deployment.settings
    return Topics(settings.kafka_bootstrap_servers, settings.topic_prefix, settings.partitions)


def last(verified: Verified, name: str) -> Any:
    return verified.decisions[name][-1]


async def test_each_kind_is_a_dead_letter_between_events_that_are_decided(
    deployment: Deployment, topics: Topics
) -> None:
    records: list[Sent] = []
    wanted: dict[int, tuple[str, str]] = {}
    for kind, make, field, reason in BAD:
        value = make(kind)
        if kind == "wrong-event":
            assert value is not None
            value = value.replace(b"trade.shipment.v1", b"trade.license.v1")
        key = kind.encode()
        partition = owner(key, deployment.settings.partitions)
        records += [sent(shipment(f"before-{kind}-{n}")) for n in range(3)]
        wanted[len(records)] = field, reason
        records.append(Sent(SHIPMENTS, key, value, partition))
        records += [sent(shipment(f"after-{kind}-{n}")) for n in range(3)]
    for kind, other in (("wrong-key", b"another"), ("null-key", None)):
        wanted[len(records)] = "key", "data.shipment_id"
        records.append(Sent(SHIPMENTS, other, dumped(shipment(kind))))
        records.append(sent(shipment(f"after-{kind}")))
    with deployment.workers("w1") as (worker,):
        async with topics:
            places = await produce(deployment.settings, records)
            await topics.settled(SECONDS)
        assert worker.alive
        letters = {one["place"]: one for one in deployment.json("dead-letters", "list")}
    verified = verify(topics)
    assert letters.keys() == {places[number] for number in wanted}
    for number, (field, reason) in wanted.items():
        letter, record = letters[places[number]], records[number]
        assert letter["error"]["field"] == field, letter["error"]
        assert reason in letter["error"]["reason"], letter["error"]
        assert letter["bytes"] == len(record.value or b"")
        key = letter.get("key")
        assert (None if key is None else base64.b64decode(key)) == record.key
    good = {
        json.loads(record.value or b"")["data"]["shipment_id"]
        for number, record in enumerate(records)
        if number not in wanted
    }
    assert verified.decisions.keys() == good


async def test_a_mended_record_is_put_back_and_decided(
    deployment: Deployment, topics: Topics
) -> None:
    name = "mended"
    bad = Sent(SHIPMENTS, name.encode(), with_data(status="teleported")(name))
    misnamed = Sent(SHIPMENTS, b"misnamed", dumped(shipment("renamed")))
    file = deployment.folder / "mended.json"
    file.write_bytes(dumped(shipment(name)))
    with deployment.workers("w1"):
        async with topics:
            first, second = await produce(deployment.settings, [bad, misnamed])
            await topics.until(lambda t: t.count("trade.dead-letters") == 2, SECONDS)
            replay = ("dead-letters", "replay")
            for arguments in ((first, "--value", str(file)), (second, "--key", "renamed")):
                answer = await asyncio.to_thread(deployment.json, *replay, *arguments)
                assert answer["replayed"] == [arguments[0]]
            await topics.until(lambda t: t.count("trade.decisions") == 2, SECONDS)
            # As it was: it is refused again.
            await asyncio.to_thread(deployment.command, *replay, first)
            await topics.until(lambda t: t.count("trade.dead-letters") == 3, SECONDS)
            await topics.settled(SECONDS)
    verified = verify(topics)
    assert verified.decisions.keys() == {name, "renamed"}


async def test_what_was_heard_already_is_a_duplicate_and_is_counted(
    deployment: Deployment, topics: Topics
) -> None:
    now = shipment("twice", 2)
    license_ = {
        "license_id": "LIC-1",
        "revision": 2,
        "regime": "CN",
        "license_type": "single",
        "status": "active",
    }
    licenses = [
        {"specversion": "1.0", "id": f"l{n}", "source": "/t", "type": "trade.license.v1", "data": d}
        for n, d in enumerate(
            [license_, license_, {**license_, "revision": 1}, {**license_, "status": "revoked"}]
        )
    ]
    records = [
        sent(now),
        sent(now),
        sent(shipment("twice", 1, destination_country="RU")),
        sent(shipment("twice", 2, destination_country="RU")),
        sent(shipment("twice", 3)),
        *(sent(one) for one in licenses),
    ]
    with deployment.workers("w1") as (worker,):
        async with topics:
            await produce(deployment.settings, records)
            await topics.settled(SECONDS)
        metrics = worker.metrics()
    verified = verify(topics)
    # Of the control topic only what is sent from outside: beside it partitions tell each other what
    # comes in the next days, and that hangs on today's date.
    ends = {end: count for end, count in verified.accounts.ends.items() if end[0] != CONTROL}
    assert ends == {
        (SHIPMENTS, "applied"): 2,
        (SHIPMENTS, "duplicate"): 3,
        (LICENSES, "applied"): 1,
        (LICENSES, "duplicate"): 3,
    }
    assert [one.revision for one in verified.decisions["twice"]] == [2, 3]
    for topic in (SHIPMENTS, LICENSES):
        for kind in ("same", "late", "conflict"):
            name = f'tidegate_events_duplicate_total{{kind="{kind}",topic="{topic}"}}'
            assert metrics[name] == 1, name


async def test_a_license_counts_whether_it_comes_before_its_shipments_or_after(
    deployment: Deployment, topics: Topics
) -> None:
    source = traffic(deployment.settings)
    early = source.relying_on_license(datetime.now(UTC), 3)
    late = source.relying_on_license(datetime.now(UTC), 3)
    with deployment.workers("w1"):
        async with topics:
            for reliance, order in ((early, 1), (late, -1)):
                for message in reliance.messages[::order]:
                    await produce(
                        deployment.settings, [Sent(message.topic, message.key, message.value)]
                    )
            await topics.settled(SECONDS)
    verified = verify(topics)
    for shipment_id in (*early.shipment_ids, *late.shipment_ids):
        assert last(verified, shipment_id).outcome is Outcome.AUTHORISED, shipment_id
    waited = [one.outcome for one in verified.decisions[late.shipment_ids[0]]]
    assert waited[0] is Outcome.LICENSE_INVALID


async def test_wrong_clocks_of_senders_move_nothing(deployment: Deployment, topics: Topics) -> None:
    began = datetime.now(UTC)
    records = []
    for name, years in (("old", -9), ("new", 9)):
        event = shipment(name)
        event["time"] = (began + timedelta(days=365 * years)).isoformat()
        records.append(sent(event))
    for name, stamp in (("stamped-0", 0), ("stamped-2100", 4_102_444_800_000)):
        records.append(sent(shipment(name), timestamp_ms=stamp))
    with deployment.workers("w1"):
        async with topics:
            await produce(deployment.settings, records)
            await topics.settled(SECONDS)
    verified = verify(topics)
    assert len(verified.decisions) == len(records)
    for made in verified.decisions.values():
        assert began - timedelta(seconds=1) <= made[0].as_of <= datetime.now(UTC)


async def test_bad_records_do_not_slow_the_good_ones(
    deployment: Deployment, topics: Topics
) -> None:
    seconds = []
    with deployment.workers("w1"):
        async with topics:
            for run, bad in enumerate((0, 0, 1)):  # the first one warms up
                records = [sent(shipment(f"steady-{run}-{n}")) for n in range(STEADY)]
                for kind, make, _, _ in BAD * bad:
                    key = f"{kind}-{run}".encode()
                    for place in (STEADY // 5, STEADY // 2):
                        records.insert(place, Sent(SHIPMENTS, key, make(kind)))
                began = time.monotonic()
                await produce(deployment.settings, records)
                decided = (run + 1) * STEADY
                await topics.until(lambda t, n=decided: t.count("trade.decisions") >= n, SECONDS)
                seconds.append(time.monotonic() - began)
            await topics.settled(SECONDS)
    verified = verify(topics)
    assert len(verified.accounts.letters) == 2 * len(BAD)
    assert seconds[2] < 2 * seconds[1] + SLOWED_MOST, seconds


async def test_records_placed_by_another_partitioner_are_forwarded_and_told(
    deployment: Deployment, topics: Topics
) -> None:
    partitions = deployment.settings.partitions
    names = [f"misplaced-{n}" for n in range(80)]
    records = [
        sent(shipment(name, revision), partition=zlib.crc32(name.encode()) % partitions)
        for revision in (1, 2)
        for name in names
    ]
    astray = sum(record.partition != owner(record.key or b"", partitions) for record in records)
    with deployment.workers("w1") as (worker,):
        async with topics:
            await produce(deployment.settings, records)
            await topics.settled(SECONDS)
        metrics = worker.metrics()
        diagnosis = deployment.json("doctor", expected=None)
    verified = verify(topics)
    assert verified.accounts.ends[SHIPMENTS, "forwarded"] == astray > len(names)
    assert verified.accounts.ends[SHIPMENTS, "applied"] == len(records)
    assert verified.decisions.keys() == set(names)
    assert metrics[f'tidegate_events_forwarded_total{{topic="{SHIPMENTS}"}}'] == astray
    (partitioner,) = [check for check in diagnosis["checks"] if check["name"] == "partitioner"]
    assert partitioner["status"] == "warning"
    assert "murmur2" in partitioner["advice"]
