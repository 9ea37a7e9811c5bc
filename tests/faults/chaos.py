"""Run workers on a broker where things go wrong all the time, then verify everything.

`python -m tests.faults.chaos --minutes 40 --seed 7`; exit code 0: the verifier found nothing, 1: it
did, or the workers did not come back. The seed decides what goes wrong and in which order; when it
falls in the course of things is the machine's doing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import secrets
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from tests.faults.fleet import Fleet
from tests.faults.mutations import MUTATIONS
from tests.faults.nemeses import FIRST, Nemeses, compacted
from tests.support.deployment import ROOT, Deployment
from tests.support.kafka import KafkaBroker
from tests.support.load import traffic
from tests.support.topics import CHANGELOGS
from tidegate.cli.producing import TrafficProducer

WORKERS = ("w1", "w2", "w3")
SETTINGS = {
    "partitions": 4,
    "session_timeout_seconds": 6.0,
    "transaction_timeout_seconds": 8.0,
}
BROKER = {"log.cleaner.backoff.ms": "1000"}
COMPACTION = {
    "cleanup.policy": "compact",
    "segment.ms": "4000",
    "min.cleanable.dirty.ratio": "0.01",
    "max.compaction.lag.ms": "4000",
    "delete.retention.ms": "60000",
}
JUDGE_LINE_BYTES = 1 << 22
ANSWER_SECONDS = 1800.0
PAUSE_SECONDS = (2.0, 5.0)
"""Between the end of one thing that goes wrong and the next."""


class Chaos:
    """One run.

    Args:
        folder: For logs, data and packs.
        minutes: How long things go wrong, but each of them once at least; starting and verifying
            come on top.
        seed: Of what goes wrong, and of the traffic.
        rate: Events a second.
        mutations: Of all workers, to see whether this would be found.
    """

    def __init__(
        self, folder: Path, minutes: float, seed: int, rate: float, mutations: Sequence[str] = ()
    ) -> None:
        self._mutations = mutations
        self._folder, self._seconds, self._seed, self._rate = folder, 60 * minutes, seed, rate
        self._began = time.monotonic()
        self._sent = 0
        self._stop_load = asyncio.Event()

    def say(self, text: str) -> None:
        """Print a line with the seconds since the start."""
        print(f"{time.monotonic() - self._began:8.1f} s  {text}", flush=True)

    async def run(self) -> dict[str, Any]:
        """Return the summary: counts, and `damage` (None: the verifier found nothing)."""
        broker = KafkaBroker(self._folder / "kafka", BROKER)
        deployment = Deployment(
            broker.bootstrap, "chaos.", self._folder, self._folder / "tables", **SETTINGS
        )
        fleet = Fleet(deployment, self.say, [f"--mutation={name}" for name in self._mutations])
        judge: Process | None = None
        tasks: list[asyncio.Task[None]] = []
        self.say(f"seed {self._seed}, folder {self._folder}")
        try:
            await asyncio.to_thread(broker.start)
            await asyncio.to_thread(deployment.command, "topics", "create")
            await self._force_compaction(deployment)
            judge = await self._judge(deployment)
            asking = judge

            async def done() -> dict[str, Any]:
                return await ask(asking, {"ask": "done"})

            random = Random(self._seed)
            nemeses = Nemeses(deployment, broker, fleet, done, self.say, random)
            await nemeses.publish(None)
            for name in WORKERS:
                fleet.add(name)
            tasks.append(asyncio.create_task(fleet.supervise()))
            await nemeses.recovered()
            tasks.append(asyncio.create_task(self._load(deployment)))
            await self._let_things_go_wrong(nemeses, random, tasks)
            self._stop_load.set()
            await tasks[1]
            for name in WORKERS:
                fleet.add(name)
            await nemeses.recovered()
            self.say("all is calm; the verifier has the word")
            versions = {version: str(path) for version, path in nemeses.versions.items()}
            verdict = await ask(judge, {"ask": "verdict", "versions": versions})
            counts = Counter(nemeses.counts)
            counts["sent"] = self._sent
            counts["compacted_partitions"] = compacted(self._folder / "kafka")
            counts["ended_by_themselves"] = fleet.ends.total()
            return {"seed": self._seed, **counts, **verdict}
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if judge is not None and judge.returncode is None:
                judge.kill()
                await judge.wait()
            fleet.kill_all()
            with suppress(RuntimeError):
                broker.thaw()
            await asyncio.to_thread(broker.kill)

    async def _let_things_go_wrong(
        self, nemeses: Nemeses, random: Random, tasks: list[asyncio.Task[None]]
    ) -> None:
        until = time.monotonic() + self._seconds
        for number, name in enumerate(nemeses.draw()):
            await asyncio.sleep(random.uniform(*PAUSE_SECONDS))
            for task in tasks:
                if task.done():
                    task.result()
            if number >= len(FIRST) and time.monotonic() > until:
                return
            await nemeses.do(name)

    async def _load(self, deployment: Deployment) -> None:
        """Send until told to stop. What a broken producer loses is no input: it is not there."""
        source = traffic(deployment.settings, seed=self._seed, rubbish=0.02)
        loop = asyncio.get_running_loop()
        began = loop.time()
        while not self._stop_load.is_set():
            try:
                async with TrafficProducer(deployment.settings) as producer:
                    while not self._stop_load.is_set():
                        wait = began + self._sent / self._rate - loop.time()
                        await asyncio.sleep(max(0.0, wait))
                        await producer.send(source.next(datetime.now(UTC)))
                        self._sent += 1
            except (KafkaError, OSError) as error:
                self.say(f"the load's producer failed: {error!r}")

    async def _force_compaction(self, deployment: Deployment) -> None:
        settings = deployment.settings
        admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
        await admin.start()
        topic = ConfigResourceType.TOPIC
        await admin.alter_configs(
            [ConfigResource(topic, settings.topic_prefix + name, COMPACTION) for name in CHANGELOGS]
        )
        await admin.close()

    async def _judge(self, deployment: Deployment) -> Process:
        settings = deployment.settings
        judge = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.faults.judge",
            settings.kafka_bootstrap_servers,
            settings.topic_prefix,
            str(settings.partitions),
            str(settings.cache_dir),
            cwd=ROOT,
            stdin=PIPE,
            stdout=PIPE,
            limit=JUDGE_LINE_BYTES,
        )
        await _answer(judge)
        return judge


async def ask(judge: Process, question: dict[str, Any]) -> dict[str, Any]:
    """Ask the verifier's process."""
    assert judge.stdin is not None
    judge.stdin.write(json.dumps(question).encode() + b"\n")
    await judge.stdin.drain()
    if question["ask"] == "verdict":
        judge.stdin.close()
    return await _answer(judge)


async def _answer(judge: Process) -> dict[str, Any]:
    assert judge.stdout is not None
    async with asyncio.timeout(ANSWER_SECONDS):
        line = await judge.stdout.readline()
    assert line, "the verifier's process has ended"
    answer: dict[str, Any] = json.loads(line)
    return answer


def told(summary: dict[str, Any]) -> str:
    """Return the summary as one line, and the damage below it."""
    damage = summary["damage"]
    counts = ", ".join(f"{name} {n}" for name, n in summary.items() if name != "damage")
    verdict = "verifier: clean" if damage is None else f"verifier: DAMAGE\n{damage}"
    return f"{counts}; {verdict}"


def main() -> int:
    """Return 0 where the verifier found nothing."""
    parser = argparse.ArgumentParser(prog="tests.faults.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--rate", type=float, default=60.0, help="events a second")
    parser.add_argument("--mutation", action="append", default=[], choices=MUTATIONS)
    parser.add_argument("--folder", type=Path, help="keep logs and data here")
    chosen = parser.parse_args()
    # A broker that is away is told here once, and by the clients a hundred times.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="tidegate-chaos-") as temporary:
        folder = (chosen.folder or Path(temporary)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        run = Chaos(folder, chosen.minutes, chosen.seed, chosen.rate, chosen.mutation)
        try:
            summary = asyncio.run(run.run())
        except AssertionError as error:
            summary = {"damage": f"the run broke off: {error}"}
        print(told(summary), flush=True)
    return 0 if summary["damage"] is None else 1


if __name__ == "__main__":
    sys.exit(main())
