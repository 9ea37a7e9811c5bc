"""Replay partitions, a process for each at a time, and add up what they found.

A partition's history hangs on nothing but its own inputs: there is no order among partitions.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import replace
from multiprocessing import get_context
from multiprocessing.queues import Queue
from os import sched_getaffinity
from pathlib import Path
from queue import Empty
from typing import Any

import tidegate
from tidegate.agents.deployment import runtime_config
from tidegate.agents.replay.partition import Job, Outcome, PartitionReplay, Told
from tidegate.agents.topics import SHIPMENTS
from tidegate.runtime.offsets import Offsets
from tidegate.runtime.partitioner import partition_for

POLL_SECONDS = 0.2
DECIDING = (
    "hold_alert_delay_seconds",
    "hold_service_level_hours",
    "closed_days",
    "practice_interval_seconds",
    "notice_days",
    "transaction_walk_keys_max",
    "transaction_timers_max",
    "topic_message_bytes_max",
    "dead_letter_message_bytes_max",
)
"""Settings that what is replayed hangs on."""


async def jobs(question: Job) -> list[Job]:
    """Return a job for each partition that a question concerns.

    Args:
        question: What is asked; its partition does not matter. Checkpoints go into its
            `checkpoint` folder, if there is one.

    Raises:
        KafkaError: the broker cannot be reached.
        LookupError: the deployment has no topics yet.
    """
    config = runtime_config(question.settings)
    offsets = Offsets(config)
    try:
        counts = await offsets.partitions([SHIPMENTS])
        cluster = await offsets.cluster_id()
    finally:
        await offsets.stop()
    if SHIPMENTS not in counts:
        raise LookupError(f"there is no topic {config.physical(SHIPMENTS)}: tidegate topics create")
    partitions = counts[SHIPMENTS]
    belongs_to = _digest(question, cluster)
    numbers: Iterable[int] = range(partitions)
    if question.shipment_id is not None:
        numbers = [partition_for(question.shipment_id.encode(), partitions)]
    folder = question.checkpoint
    return [
        replace(
            question,
            partition=number,
            partitions=partitions,
            belongs_to=belongs_to,
            checkpoint=None if folder is None else folder / f"{belongs_to[:16]}-{number}",
        )
        for number in numbers
    ]


def replay(wanted: Sequence[Job], tell: Callable[[Told], None]) -> Outcome:
    """Run jobs, as many at a time as there are processors, and return what all found.

    What is finished is remembered until all is: an interrupted replay goes on where it was.

    Raises:
        HistoryGap: the journal or the inputs of a partition are no longer whole.
        KafkaError: the broker cannot be reached.
    """
    context = get_context("spawn")
    told: Queue[Told] = context.Queue()
    workers = max(1, min(len(wanted), len(sched_getaffinity(0))))
    found = Outcome()
    with ProcessPoolExecutor(workers, context, _begin, (told,)) as pool:
        running = [pool.submit(_run, job) for job in wanted]
        try:
            while not all(one.done() for one in running):
                with suppress(Empty):
                    tell(told.get(timeout=POLL_SECONDS))
                for one in running:
                    if one.done():
                        one.result()  # a failure ends the replay at once
        finally:
            for one in running:
                one.cancel()
    for one in running:
        found += one.result()
    for job in wanted:
        if job.checkpoint is not None:
            job.checkpoint.unlink(missing_ok=True)
    return found


_told: Queue[Told]


def _begin(told: Queue[Told]) -> None:
    global _told
    _told = told


def _run(job: Job) -> Outcome:
    return asyncio.run(PartitionReplay(job, _told.put).run())


def _digest(question: Job, cluster: str) -> str:
    """Return a digest of all that a checkpoint must agree with: the engine of today among it."""
    settings = question.settings
    asked: dict[str, Any] = {
        "cluster": cluster,
        "prefix": settings.topic_prefix,
        "begins": None if question.begins is None else question.begins.isoformat(),
        "ends": None if question.ends is None else question.ends.isoformat(),
        "shipment": question.shipment_id,
        "settings": {name: getattr(settings, name) for name in DECIDING},
    }
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode())
    for path in (*_files(Path(tidegate.__file__).parent, "*.py"), *_other(question)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _other(question: Job) -> list[Path]:
    return [] if question.other is None else _files(question.other, "*")


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.rglob(pattern) if path.is_file())
