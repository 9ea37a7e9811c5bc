"""`tidegate replay` decides a recorded history again: after kills and switches, byte for byte."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.integration.test_tables_on_kafka import BUYER, SECONDS, listing, send, shipment
from tests.support import kept
from tests.support.deployment import Deployment
from tests.support.kafka import KafkaBroker
from tests.support.load import send_traffic, traffic
from tests.support.topics import SHIPMENTS_STATE, Topics
from tidegate.agents.deployment import runtime_config
from tidegate.agents.replay import partition
from tidegate.agents.replay.partition import Job, Outcome, PartitionReplay, Told
from tidegate.agents.replay.replay import jobs
from tidegate.agents.replay.versions import write_versions
from tidegate.cli.topic_reader import read_to_end

EVENTS = 600
BUYERS_SHIPMENTS = 120


@pytest.fixture
def deployment(
    kafka: KafkaBroker, topic_prefix: str, tmp_path: Path, tables_cache: Path
) -> Deployment:
    """A deployment that tells what it observes at once."""
    made = Deployment(
        kafka.bootstrap, topic_prefix, tmp_path, tables_cache, practice_interval_seconds=1
    )
    made.prepare()
    return made


async def test_a_history_with_kills_and_a_switch_of_tables_is_decided_again_to_the_byte(
    deployment: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = deployment.settings
    first = deployment.json("measures", "list")["version"]
    source = traffic(settings)
    buyers = [(*shipment(number), None) for number in range(BUYERS_SHIPMENTS)]
    with deployment.workers("one", "two") as (one, _):
        async with Topics(
            settings.kafka_bootstrap_servers, settings.topic_prefix, settings.partitions
        ) as topics:
            await send(deployment, "trade.shipments", buyers)
            await send_traffic(settings, source, EVENTS // 2)
            await topics.until(lambda t: t.count("trade.decisions") > EVENTS // 4, SECONDS)
            one.kill()
            deployment.publish(listing(tmp_path, BUYER))
            one.start()
            await send_traffic(settings, source, EVENTS // 2)
            one.await_ready()
            await topics.settled(SECONDS)
            await _practice_is_what_the_state_says(deployment, topics)
        recorded = [json.loads(r.value)["data"] for r in topics.all_of("trade.decisions")]

    told = deployment.json("replay")
    assert (told["decisions"], told["differ"]) == (len(recorded), 0)

    # From the middle, and one shipment alone.
    asked = await _question(deployment, tmp_path)
    instants = sorted(decision["as_of"] for decision in recorded)
    begins, ends = instants[len(instants) // 3], instants[2 * len(instants) // 3]
    between = [d for d in recorded if begins <= d["as_of"] <= ends]
    middle = replace(
        asked, begins=datetime.fromisoformat(begins), ends=datetime.fromisoformat(ends)
    )
    result = (await _replayed(middle)).result
    assert (result.decisions, result.differing) == (len(between), 0)
    mine = [d for d in recorded if d["shipment_id"] == "SHP-7"]
    assert len(mine) > 1
    result = (await _replayed(replace(asked, shipment_id="SHP-7"))).result
    assert (result.decisions, result.differing) == (len(mine), 0)

    # Under the first tables, nothing would have been held by the list that came later.
    answers = (await _replayed(replace(asked, other=asked.versions / first))).answers
    now = {d["shipment_id"]: d for d in recorded}
    held = sum(_by(d, "JP-OWN-01") for d in now.values())
    assert held >= BUYERS_SHIPMENTS
    assert answers.shipments == len(now)
    assert (answers.more["JP-OWN-01"], answers.fewer["JP-OWN-01"]) == (0, held)
    deployment.command("replay", "--tables", "no-such-version", expected=2)

    # Interrupted, it goes on and finds the same.
    await _interrupted_goes_on(
        asked,
        tmp_path,
        monkeypatch,
        Counter(_owner(d["shipment_id"], settings.partitions) for d in recorded),
    )

    # A decision that nobody made is found.
    forged = {**mine[-1], "outcome": "NO_RULE_MATCHED"}
    event = {
        "specversion": "1.0",
        "id": forged["decision_id"],
        "source": "/tidegate",
        "type": "trade.decision.v1",
        "time": forged["as_of"],
        "data": forged,
    }
    await send(deployment, "trade.decisions", [(b"SHP-7", json.dumps(event).encode(), None)])
    told = deployment.json("replay", expected=1)
    assert (told["decisions"], told["differ"]) == (len(recorded) + 1, 1)
    assert told["fields"] == {"not decided again": 1}
    (difference,) = told["differences"]
    assert difference["shipment_id"] == "SHP-7"


async def _question(deployment: Deployment, folder: Path) -> Job:
    settings, versions = deployment.settings, folder / "versions"
    await write_versions(read_to_end(runtime_config(settings), "trade.measures"), versions)
    return Job(settings, 0, 0, versions)


async def _replayed(question: Job) -> Outcome:
    """Replay in this process: the tables are loaded once."""
    found = Outcome()
    for job in await jobs(question):
        found += await PartitionReplay(job, lambda told: None).run()
    return found


async def _interrupted_goes_on(
    asked: Job, folder: Path, monkeypatch: pytest.MonkeyPatch, wanted: Counter[int]
) -> None:
    question = replace(asked, checkpoint=folder / "checkpoints")
    monkeypatch.setattr(partition, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(partition, "TOLD_EVERY_SECONDS", 0.0)

    class Interrupted(Exception):
        pass

    def stop_half_way(told: Told) -> None:
        if told.share > 0.5:
            raise Interrupted

    seen: list[Told] = []
    for job in await jobs(question):
        with pytest.raises(Interrupted):
            await PartitionReplay(job, stop_half_way).run()
        seen.clear()
        found = await PartitionReplay(job, seen.append).run()
        assert (found.result.decisions, found.result.differing) == (wanted[job.partition], 0)
        assert 0 < seen[-1].events < found.events, "it began anew"
        assert (await PartitionReplay(job, seen.append).run()).events == found.events


async def _practice_is_what_the_state_says(deployment: Deployment, topics: Topics) -> None:
    """The sum of what owners published is a count, from scratch, of what they keep."""
    await topics.until(_nothing_to_publish, SECONDS)
    scratch: Counter[tuple[str, ...]] = Counter()
    for (topic, _), state in topics.state.items():
        subject = "shipment" if topic == SHIPMENTS_STATE else "application"
        for key, value in state.items():
            if key.startswith(("s:", "l:")):
                counted = kept.counted(key, value)
                if counted:
                    scratch[subject, *counted.split(" ")] += 1
    told = deployment.json("practice")
    rows = {
        (r["subject"], r["week"], r["destination"], r["item_group"], r["observed"]): r["count"]
        for r in told["rows"]
    }
    assert rows == scratch
    assert told["observed"]["shipments"]["held"] > 0
    assert told["observed"]["applications"]["total"] > 0
    assert [said["id"] for said in told["stated"]] == ["CN-JP-ST-01", "CN-JP-ST-02"]
    words = deployment.command("practice", "--destination", "JP")
    assert 'Exports for civilian uses "will not be affected".' in words


def _nothing_to_publish(topics: Topics) -> bool:
    return not any(key.startswith("y:") for state in topics.state.values() for key in state)


def _by(decision: dict[str, Any], measure: str) -> bool:
    return any(reason["measure"] == measure for reason in decision["reasons"])


def _owner(shipment_id: str, partitions: int) -> int:
    from tests.support.accounts import owner

    return owner(shipment_id.encode(), partitions)
