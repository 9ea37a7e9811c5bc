"""Two workers and one unit: who is first, who comes late, and who never hears of it."""

from collections.abc import Callable
from pathlib import Path
from signal import SIGCONT

import pytest
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from tests.faults.points import OPENING
from tests.faults.scenes import Scene
from tests.faults.test_mutations import held
from tests.support.deployment import Deployment, WorkerProcess
from tests.support.topics import Topics

EVENTS = 500
RATE = 500.0
ALL_UNITS = 4


@pytest.mark.parametrize("point", OPENING)
async def test_a_worker_that_freezes_while_it_opens_a_unit_comes_back_late(
    small: Deployment, tables_cache: Path, point: str
) -> None:
    """Its producer's start then fences the one who took over, or was itself fenced meanwhile."""
    version = small.publish()
    late = WorkerProcess(small, "w2")
    try:
        with small.workers("w1") as (first,):
            async with Scene(small, seed=31) as scene:
                await scene.send(EVENTS, RATE)
                late.start(f"--fault={point}:1:stop")
                await scene.until(lambda: late.logged(f"fault: stop at {point}"))
                await scene.until(lambda: late.frozen)
                await scene.until(lambda: held(first) == ALL_UNITS // 2)
                await scene.send(EVENTS, RATE)
                await scene.until(lambda: held(first) == ALL_UNITS)
                first.await_ready()
                late.send(SIGCONT)
                await scene.until(lambda: late.logged("units: ", times=2))
                await scene.send(EVENTS, RATE)
                await scene.settled()
    finally:
        late.kill()
    await scene.clean({version: small.settings.packs_dir}, tables_cache)


@pytest.mark.parametrize("slow", ["linger", "hang"])
async def test_a_unit_is_taken_away_in_the_middle_of_a_commit(
    small: Deployment, tables_cache: Path, slow: str
) -> None:
    """A commit that lingers is waited for; one that hangs is fenced, and its records are undone."""
    version = small.publish()
    second = WorkerProcess(small, "w2")
    faults = [f"--fault=all_sent:{number}:{slow}" for number in (20, 21, 22, 23)]
    try:
        with small.workers("w1", faults=faults) as (first,):
            async with Scene(small, seed=32) as scene:
                await scene.send(EVENTS, RATE)
                await scene.until(lambda: first.logged(f"fault: {slow}"))
                second.start()
                await scene.send(EVENTS, RATE)
                await scene.until(lambda: second.log.exists() and second.logged("opened with"))
                await scene.settled()
    finally:
        second.kill()
    await scene.clean({version: small.settings.packs_dir}, tables_cache)


async def test_input_cut_away_before_it_was_read_is_an_alarm(
    small: Deployment, tables_cache: Path
) -> None:
    version = small.publish()
    topic = "trade.shipments"
    with small.workers("w1") as (worker,):
        async with Scene(small, seed=33) as scene:
            await scene.send(EVENTS, RATE)
            await scene.settled()
            assert worker.stop() == 0
            taken = await scene.topics.done_with(topic)
            await scene.send(EVENTS, RATE)
            await scene.topics.until(all_read(topic, taken), 20)
            ends = {p: scene.topics.records[topic, p][-1].offset for p in taken}
            cut = {p: (taken[p] + ends[p]) // 2 for p in taken}
            await delete_below(small, topic, cut)
            worker.start()
            worker.await_ready()
            await scene.until(lambda: worker.logged(f"input of {topic} from", times=len(cut)))
            lost = sum(cut[p] - taken[p] for p in cut)
            metric = f'tidegate_input_truncated_records_total{{topic="{topic}"}}'
            assert worker.metrics()[metric] == lost > 0
            await scene.settled()
    damage = await scene.damage({version: small.settings.packs_dir}, tables_cache)
    assert damage is not None
    assert "is in no range" in damage


def all_read(topic: str, taken: dict[int, int]) -> Callable[[Topics], bool]:
    """Return a condition: of each partition, a good deal more is there than was taken."""

    def there(topics: Topics) -> bool:
        records = topics.records
        return all(records[topic, p][-1].offset > taken[p] + EVENTS // 8 for p in taken)

    return there


async def delete_below(deployment: Deployment, topic: str, offsets: dict[int, int]) -> None:
    """Cut a topic as retention does."""
    settings = deployment.settings
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
    await admin.start()
    name = settings.topic_prefix + topic
    await admin.delete_records(
        {TopicPartition(name, p): RecordsToDelete(offset) for p, offset in offsets.items()}
    )
    await admin.close()
