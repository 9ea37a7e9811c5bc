"""Mixed traffic through workers as processes; then everything they wrote is verified."""

import asyncio
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from tests.support.deployment import TIDEGATE, Deployment
from tests.support.load import send_traffic, traffic
from tests.support.merge import Merge
from tests.support.packs import looked_at
from tests.support.rerun import NOT_COMPARED, compare
from tests.support.topics import Topics
from tests.support.verifier import Verified, verify

EVENTS = 50_000
DISTURBED_EVENTS = 12_000
DISTURBED_RATE = 1500.0
RUBBISH = 0.01
CHECKED_OF_PARTITION = 150
SETTLE_SECONDS = 150.0


def topics_of(deployment: Deployment) -> Topics:
    settings = deployment.settings
    return Topics(settings.kafka_bootstrap_servers, settings.topic_prefix, settings.partitions)


async def test_each_of_many_mixed_events_is_counted_once_and_decided_as_check_does(
    deployment: Deployment, tables_cache: Path
) -> None:
    version = deployment.publish()
    settings = deployment.settings
    with deployment.workers("w1", "w2") as workers:
        async with topics_of(deployment) as topics:
            await send_traffic(settings, traffic(settings, seed=11, rubbish=RUBBISH), EVENTS)
            await topics.settled(SETTLE_SECONDS)
        assert [worker.stop() for worker in workers] == [0, 0]
    verified = verify(topics)
    print(verified)
    assert sum(verified.accounts.ends[key] for key in verified.accounts.ends if _input(key)) == (
        EVENTS
    )
    # The generator's rubbish, and notes that came before their shipments.
    assert len(verified.accounts.letters) >= EVENTS * RUBBISH * 0.8
    every = range(settings.partitions)
    compared = compare(verified, {version: settings.packs_dir}, tables_cache, every)
    print(compared)
    assert compared.current == len(verified.decisions)
    assert compared.left_out == 0
    check_by_command(deployment, verified)


async def test_a_killed_worker_changes_nothing(deployment: Deployment, tables_cache: Path) -> None:
    version = deployment.publish()
    settings = deployment.settings
    with deployment.workers("w1", "w2") as (first, second):
        async with topics_of(deployment) as topics:
            sending = asyncio.create_task(
                send_traffic(settings, traffic(settings, seed=12), DISTURBED_EVENTS, DISTURBED_RATE)
            )
            for share, victim in ((0.2, first), (0.5, second), (0.7, first)):
                wanted = int(DISTURBED_EVENTS * share)
                await topics.until(lambda t, n=wanted: t.count("trade.decisions") >= n, 60)
                victim.kill()
                victim.start()
            await sending
            await topics.settled(SETTLE_SECONDS)
        assert [worker.stop() for worker in (first, second)] == [0, 0]
    verified = verify(topics)
    print(verified)
    every = range(settings.partitions)
    compared = compare(verified, {version: settings.packs_dir}, tables_cache, every)
    assert compared.current == len(verified.decisions)


async def test_tables_published_in_the_middle_decide_from_their_place_on(
    deployment: Deployment, tables_cache: Path, tmp_path: Path
) -> None:
    settings = deployment.settings
    before = deployment.publish()
    packs = looked_at(settings.packs_dir, tmp_path / "packs", "DE")
    with deployment.workers("w1") as (worker,):
        async with topics_of(deployment) as topics:
            sending = asyncio.create_task(
                send_traffic(settings, traffic(settings, seed=13), DISTURBED_EVENTS, DISTURBED_RATE)
            )
            await topics.until(lambda t: t.count("trade.decisions") >= DISTURBED_EVENTS * 0.3, 60)
            after = await asyncio.to_thread(deployment.publish, packs)
            await sending
            await topics.settled(SETTLE_SECONDS)
        assert worker.stop() == 0
    assert after != before
    verified = verify(topics)
    print(verified)
    found = {one.tables_version for made in verified.decisions.values() for one in made}
    assert found == {before, after}
    versions = {before: settings.packs_dir, after: packs}
    compared = compare(verified, versions, tables_cache, range(settings.partitions))
    assert compared.current == len(verified.decisions)
    assert compared.left_out < compared.on_the_way * 0.02, compared


def check_by_command(deployment: Deployment, verified: Verified) -> None:
    """Ask the very command about some shipments, in a file of events."""
    lines, wanted = [], {}
    chosen: set[str] = set()
    for partition in range(deployment.settings.partitions):
        steps = [events for what, events, _ in Merge(verified.accounts, partition).steps()]
        plain = [event[0][0] for event in steps if b'"data"' in event[0][0]]
        together = {_about(value) for events in steps if len(events) > 1 for value, _ in events}
        mine = dict.fromkeys(_about(value) for value in plain)
        chosen |= set([one for one in mine if one not in together][:CHECKED_OF_PARTITION])
        lines += [value for value in plain if _about(value) in chosen]
    chosen &= verified.decisions.keys()
    assert len(chosen) > CHECKED_OF_PARTITION
    for shipment_id in chosen:
        last = verified.decisions[shipment_id][-1]
        plain = last.model_dump(mode="json", by_alias=True, exclude_none=True)
        wanted[shipment_id] = {k: v for k, v in plain.items() if k not in NOT_COMPARED}
    file = deployment.folder / "sample.ndjson"
    file.write_bytes(b"\n".join(lines))
    now = datetime.now(UTC).isoformat()
    done = subprocess.run(
        [TIDEGATE, "check", str(file), "--as-of", now, "--json"],
        env=deployment.environment(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answered = {
        one["shipment_id"]: {k: v for k, v in one.items() if k not in NOT_COMPARED}
        for one in json.loads(done.stdout)
    }
    assert answered == wanted


def _about(event: bytes) -> str:
    """Return the shipment's id; of a license, the license's."""
    data = json.loads(event)["data"]
    return str(data.get("shipment_id") or data["license_id"])


def _input(key: tuple[str, str]) -> bool:
    return key[0].startswith("trade.")
