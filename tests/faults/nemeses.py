"""What goes wrong in a run of chaos, and how much of each."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from random import Random
from signal import SIGCONT, SIGSTOP
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.structs import TopicPartition

from tests.faults.fleet import Fleet
from tests.support.deployment import Deployment
from tests.support.kafka import KafkaBroker
from tests.support.packs import looked_at

FIRST = ("kill", "zombie", "kill", "tables", "broker", "cut", "slow", "scale", "wipe")
"""Each once, and a kill more: with these a run begins, in any order."""
WEIGHTS = {
    "kill": 10,
    "zombie": 4,
    "broker": 2,
    "scale": 2,
    "tables": 1,
    "cut": 1,
    "slow": 1,
    "wipe": 1,
}
COUNTRIES = ("DE", "FR", "KR", "US", "GB", "NL", "IT", "SG", "VN", "TH", "MY", "ES", "SE", "BR")
READY_SECONDS = 60.0
ZOMBIE_KILLS = 0.3  # share of the zombies during whose sleep another worker is killed


class Nemeses:
    """Draws what goes wrong next, and does it.

    Attributes:
        counts: How often each was done; `kills` and `zombies` count workers.
        versions: The folder of packs by version published.
    """

    def __init__(
        self,
        deployment: Deployment,
        broker: KafkaBroker,
        fleet: Fleet,
        done: Callable[[], Awaitable[dict[str, Any]]],
        say: Callable[[str], None],
        random: Random,
    ) -> None:
        self._deployment, self._broker, self._fleet = deployment, broker, fleet
        self._done, self._say, self._random = done, say, random
        self._countries = [*COUNTRIES]
        random.shuffle(self._countries)
        self.counts: Counter[str] = Counter()
        self.versions: dict[str, Path] = {}

    def draw(self) -> Iterator[str]:
        """Yield names without end: each at least once, then by weight."""
        deck = [*FIRST]
        while True:
            self._random.shuffle(deck)
            yield from deck
            deck = [name for name, weight in WEIGHTS.items() for _ in range(weight)]

    async def do(self, name: str) -> None:
        """Do one, to its end."""
        await getattr(self, f"do_{name}")()

    async def recovered(self) -> None:
        """Wait for the workers; a broker that lets no group join any more is started anew."""
        if await self._fleet.ready(READY_SECONDS):
            return
        self._say("the workers do not get ready: the broker is restarted in order")
        self.counts["wedges"] += 1
        await asyncio.to_thread(self._broker.restart)
        assert await self._fleet.ready(2 * READY_SECONDS), "the workers do not get ready"

    async def do_kill(self) -> None:
        running = self._fleet.running
        victims = self._random.sample(running, min(self._random.choice((1, 1, 2, 3)), len(running)))
        self._say(f"SIGKILL {' '.join(victim.name for victim in victims)}")
        for victim in victims:
            victim.kill()
        self.counts["kills"] += len(victims)

    async def do_wipe(self) -> None:
        """Kill a worker and delete what it keeps on disk."""
        victim = self._random.choice(self._fleet.running)
        self._say(f"SIGKILL {victim.name}, and its disk is lost")
        self._fleet.hold(victim.name)
        victim.kill()
        folders = self._deployment.settings.state_dir.glob(f"*/_{victim.name}*")
        for folder in list(folders):
            await asyncio.to_thread(shutil.rmtree, folder)
            self.counts["disks_lost"] += 1
        self._fleet.add(victim.name)
        self.counts["kills"] += 1

    async def do_zombie(self) -> None:
        await self.recovered()  # or there is nothing to come back to
        victim = self._random.choice(self._fleet.running)
        seconds = self._deployment.settings.session_timeout_seconds + self._random.uniform(1, 3)
        self._say(f"SIGSTOP {victim.name} for {seconds:.1f} s")
        victim.send(SIGSTOP)
        await asyncio.sleep(seconds / 2)
        if self._random.random() < ZOMBIE_KILLS:
            others = [worker for worker in self._fleet.running if worker is not victim]
            if others:
                other = self._random.choice(others)
                self._say(f"SIGKILL {other.name}")
                other.kill()
                self.counts["kills"] += 1
        await asyncio.sleep(seconds / 2)
        self._say(f"SIGCONT {victim.name}")
        victim.send(SIGCONT)
        self.counts["zombies"] += 1

    async def do_broker(self) -> None:
        seconds = self._random.uniform(0, 2)
        self._say(f"broker killed for {seconds:.1f} s")
        await asyncio.to_thread(self._broker.kill)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self._broker.start)
        self.counts["broker_kills"] += 1
        await self.recovered()

    async def do_scale(self) -> None:
        added = self._random.random() < 0.5
        name = "w4" if added else self._random.choice(("w1", "w2", "w3"))
        seconds = self._random.uniform(3, 7)
        self._say(f"{name} {'comes' if added else 'goes'} for {seconds:.1f} s")
        if added:
            self._fleet.add(name)
            await self.recovered()
        else:
            await self._fleet.remove(name)
        await asyncio.sleep(seconds)
        if added:
            await self._fleet.remove(name)
        else:
            self._fleet.add(name)
        self.counts["scalings"] += 1

    async def do_tables(self) -> None:
        if not self._countries:
            return
        country = self._countries.pop()
        self._say(f"tables published: {country} is looked at")
        await self.publish(country)
        self.counts["table_versions"] += 1

    async def publish(self, country: str | None) -> None:
        """Publish the shipped packs, or with one measure more."""
        settings = self._deployment.settings
        folder = settings.packs_dir
        if country is not None:
            folder = looked_at(folder, self._deployment.folder / f"packs-{country}", country)
        self.versions[await asyncio.to_thread(self._deployment.publish, folder)] = folder

    async def do_cut(self) -> None:
        """Delete inputs below where they were taken, as retention would."""
        settings = self._deployment.settings
        cut = {
            TopicPartition(settings.topic_prefix + topic, int(partition)): RecordsToDelete(offset)
            for topic, ends in (await self._done()).items()
            for partition, offset in ends.items()
            if offset > 0
        }
        self._say(f"inputs cut in {len(cut)} partitions")
        admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka_bootstrap_servers)
        await admin.start()
        try:
            await admin.delete_records(cut)
        finally:
            await admin.close()
        self.counts["cuts"] += 1

    async def do_slow(self) -> None:
        """Let the broker run a part of the time only."""
        share = self._random.uniform(0.1, 0.4)
        self._say(f"broker slow: runs {share:.0%} of the time")
        for _ in range(20):
            self._broker.freeze()
            await asyncio.sleep(0.25 * (1 - share))
            self._broker.thaw()
            await asyncio.sleep(0.25 * share)
        self.counts["slow_times"] += 1


def compacted(folder: Path) -> int:
    """Return how many partitions of changelogs the broker has compacted, by its own check point."""
    checkpoints = folder.rglob("cleaner-offset-checkpoint")
    lines = [line for file in checkpoints for line in file.read_text().splitlines()]
    return sum("-changelog " in line and not line.endswith(" 0") for line in lines)
