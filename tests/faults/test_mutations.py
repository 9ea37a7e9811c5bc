"""Each step of the contract, taken away, does damage that the verifier finds; with it, none.

A scene runs twice: with the worker as it is, which must come through, and with the mutation, where
it must not. Each race is provoked, not hoped for.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from signal import SIGCONT

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.faults.scenes import Scene
from tests.support.deployment import Deployment, WorkerProcess

EVENTS = 600
RATE = 600.0
FAILED_COMMITS = (12, 16, 20, 24, 28)
Play = Callable[[Deployment, Scene, list[WorkerProcess]], Awaitable[None]]


async def a_batch_is_refused(
    deployment: Deployment, scene: Scene, workers: list[WorkerProcess]
) -> None:
    """The broker takes no decision for a while, and all else of the transaction."""
    await largest_decisions(deployment, 600)
    await scene.send(EVENTS, RATE)
    await largest_decisions(deployment, deployment.settings.topic_message_bytes_max)


async def a_zombie_commits(
    deployment: Deployment, scene: Scene, workers: list[WorkerProcess]
) -> None:
    """A worker freezes before its commit, loses its units to another, and then goes on."""
    first, second = workers
    await scene.send(EVENTS, RATE)
    await scene.until(lambda: first.frozen)
    await scene.until(lambda: held(second) == 2 * deployment.settings.partitions)
    second.await_ready()
    # Only when it has decided what the frozen one had in its hands.
    await scene.at_rest(second)
    first.send(SIGCONT)
    await scene.until(lambda: first.logged("units: ", times=2))


async def a_commit_fails(
    deployment: Deployment, scene: Scene, workers: list[WorkerProcess]
) -> None:
    """Transactions are given up before their commit, and done again.

    Several: doing the same again may leave no trace, as with a claim that is answered twice.
    """
    await scene.send(EVENTS, RATE)
    await scene.until(lambda: workers[0].logged("fault: ", times=len(FAILED_COMMITS)))


async def batches_go_astray(
    deployment: Deployment, scene: Scene, workers: list[WorkerProcess]
) -> None:
    """Batches are dropped, doubled and turned round between the fetch and the unit."""
    await scene.send(EVENTS, RATE)
    await scene.until(lambda: workers[0].logged("fault: ", times=6))


@dataclass(frozen=True)
class Act:
    """A scene: what is broken, the nemesis that shows it, and the faults that this one needs."""

    mutation: str
    play: Play
    faults: tuple[str, ...] = ()
    workers: tuple[str, ...] = ("w1",)


ACTS = [
    Act("no_await", a_batch_is_refused),
    Act("worker_transactional_id", a_zombie_commits, ("--fault=all_sent:12:stop",), ("w1", "w2")),
    Act(
        "apply_before_commit",
        a_commit_fails,
        tuple(f"--fault=all_sent:{number}:raise" for number in FAILED_COMMITS),
    ),
    Act(
        "unnumbered_seek",
        batches_go_astray,
        (
            *(f"--fault=lost_batch:{number}" for number in (8, 12, 16, 20)),
            "--fault=doubled_batch:14",
            "--fault=late_batch:18",
        ),
    ),
]


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.play.__name__)
async def test_a_sound_worker_comes_through(
    small: Deployment, tables_cache: Path, act: Act
) -> None:
    version = small.publish()
    with small.workers(*act.workers, faults=act.faults) as workers:
        async with Scene(small, seed=22) as scene:
            await act.play(small, scene, workers)
            await scene.settled()
    await scene.clean({version: small.settings.packs_dir}, tables_cache)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.mutation)
async def test_a_broken_worker_is_found_out(
    small: Deployment, tables_cache: Path, act: Act
) -> None:
    version = small.publish()
    mutation = (f"--mutation={act.mutation}",)
    with small.workers(*act.workers, mutations=mutation, faults=act.faults) as workers:
        async with Scene(small, seed=22) as scene:
            await act.play(small, scene, workers)
            await scene.stood_still()
    damage = await scene.damage({version: small.settings.packs_dir}, tables_cache)
    print(damage)
    assert damage is not None


async def largest_decisions(deployment: Deployment, most_bytes: int) -> None:
    """Set the largest batch that the topic of decisions takes."""
    settings = deployment.settings
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
    await admin.start()
    topic = f"{settings.topic_prefix}trade.decisions"
    setting = {"max.message.bytes": str(most_bytes)}
    await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, setting)])
    await admin.close()


def held(worker: WorkerProcess) -> int:
    """Return how many units the group gave to a worker when it was asked last."""
    log = worker.log.read_text(errors="replace")
    return len(log.rpartition("units: ")[2].splitlines()[0].split(", "))
