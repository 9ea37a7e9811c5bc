"""The processes of a demonstration: broker, topics, tables, workers; up in order, down in order."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiokafka.admin import NewTopic
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from tidegate.agents.deployment import runtime_config
from tidegate.agents.table_publisher import Published
from tidegate.agents.table_publisher import publish as publish_tables
from tidegate.cli.demo.child import ChildProcess
from tidegate.cli.demo.console import ConsoleProcess
from tidegate.cli.demo.worker import WorkerProcess
from tidegate.cli.embedded import EmbeddedBroker, free_port
from tidegate.cli.topics import make_topics
from tidegate.measures.tables import Tables
from tidegate.ops.packs import tables_of
from tidegate.ops.settings import PREFIX, Settings, default_cache_dir
from tidegate.ops.topic_admin import admin_client
from tidegate.ops.topics import topology

PARTITIONS = 4  # enough to see them shared, few enough for a small machine
READY_SECONDS = 90.0
POLL_SECONDS = 0.1


class StageFailed(RuntimeError):
    """A part of the demonstration did not start or has ended; the text says which and why."""


class OwnSettings(Settings):
    """Settings of the demonstration alone: what the user has set is for the real deployment."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take arguments only."""
        return (init_settings,)


class Stage:
    """All that runs beside the terminal.

    Args:
        workers: How many workers.
        say: Told each step of the start.
        with_console: Start the console beside them.
    """

    def __init__(
        self, workers: int, say: Callable[[str], None], *, with_console: bool = False
    ) -> None:
        self._say = say
        self._count = workers
        self._with_console = with_console
        self._directory = Path(tempfile.mkdtemp(prefix="tidegate-demo-"))
        self.broker = EmbeddedBroker(self._directory)
        self.workers: list[WorkerProcess] = []
        self.console: ConsoleProcess | None = None
        self.cache_dir = Path(os.environ.get(f"{PREFIX}CACHE_DIR") or default_cache_dir())
        self._settings: Settings | None = None
        self._session: aiohttp.ClientSession | None = None

    @property
    def settings(self) -> Settings:
        """Return the settings in force; there are none before the start."""
        assert self._settings is not None, "start() comes first"
        return self._settings

    async def start(self, files: Mapping[str, bytes]) -> Published:
        """Bring all of it up, and publish these tables.

        Raises:
            StageFailed, BrokerFailed, TablesError: with the reason.
        """
        self._session = aiohttp.ClientSession()
        self._say("starting the embedded broker on loopback")
        await self.broker.start()
        own = {
            "kafka_bootstrap_servers": self.broker.bootstrap_servers,
            "partitions": PARTITIONS,
            "replication_factor": 1,
            "cache_dir": self.cache_dir,
        }
        self._settings = OwnSettings.model_validate(own)
        self._say(f"creating topics at {self.broker.bootstrap_servers}")
        await self._make_topics(self._settings)
        self._say("checking and publishing the restriction tables")
        published = await self.publish(files)
        self._say(f"starting {self._count} workers")
        environment = self._environment()
        for number in range(1, self._count + 1):
            worker = WorkerProcess(
                f"demo-worker-{number}", free_port(), environment, self._directory
            )
            self.workers.append(worker)
            worker.start()
        if self._with_console:
            self._say("starting the console")
            self.console = ConsoleProcess(free_port(), environment, self._directory)
            await asyncio.to_thread(self.console.add_people)
            self.console.start()
        await self._ready()
        return published

    async def tables(self, files: Mapping[str, bytes]) -> Tables:
        """Check and compile packs, or take them from the cache; off the event loop."""
        return await asyncio.to_thread(tables_of, dict(files), self.cache_dir)

    async def publish(self, files: Mapping[str, bytes]) -> Published:
        """Publish packs as the version that all partitions switch to."""
        tables = await self.tables(files)
        config = runtime_config(self.settings)
        return await publish_tables(config, files, tables.version, datetime.now(UTC))

    def check(self) -> None:
        """Raise StageFailed, with its last words, where a process has ended."""
        if not self.broker.alive():
            raise StageFailed(f"the embedded broker has ended; see {self.broker.log}")
        for child in self._children():
            code = child.exit_code()
            if code is not None:
                raise StageFailed(
                    f"{child.name} has ended with exit code {code}. The end of its log:\n"
                    + child.last_words()
                )

    async def counts(self) -> Counter[tuple[str, str]]:
        """Return the workers' counters, added up; a worker that does not answer is left out."""
        total: Counter[tuple[str, str]] = Counter()
        if self._session is not None:
            for worker in self.workers:
                total += await worker.counts(self._session) or Counter()
        return total

    async def stop(self) -> None:
        """End workers and console, then the broker, then remove the files."""
        children = self._children()
        for child in children:
            child.ask_to_end()
        await asyncio.gather(*(child.wait_ended() for child in children))
        await self.broker.stop()
        if self._session is not None:
            await self._session.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _children(self) -> list[ChildProcess]:
        return [*self.workers, *([] if self.console is None else [self.console])]

    async def _make_topics(self, settings: Settings) -> None:
        """Create all topics before anybody asks about them, and see that they are as they should.

        A broker that creates topics by itself does so for a mere question, with one partition.
        """
        wanted = [
            NewTopic(spec.name, spec.partitions, spec.replication_factor, topic_configs=spec.config)
            for spec in topology(settings)
        ]
        async with admin_client(settings) as client:
            await client.create_topics(wanted)
        report = await make_topics(settings)
        amiss = [d for d in report.differences if d.what == "partitions"]
        if report.missing or report.refused or amiss:
            raise StageFailed(f"topics are not as they should be: {report}")

    async def _ready(self) -> None:
        assert self._session is not None
        deadline = asyncio.get_running_loop().time() + READY_SECONDS
        waiting = self._children()
        while waiting:
            self.check()
            for child in list(waiting):
                if await child.ready(self._session):
                    waiting.remove(child)
                    self._say(f"{child.name} is ready (process {child.pid})")
            if asyncio.get_running_loop().time() > deadline:
                raise StageFailed(
                    f"{waiting[0].name} was not ready after {READY_SECONDS:.0f} s. "
                    f"The end of its log:\n{waiting[0].last_words()}"
                )
            await asyncio.sleep(POLL_SECONDS)

    def _environment(self) -> dict[str, str]:
        """Return the children's environment: the user's, without any setting of Tidegate's."""
        config = self._directory / "tidegate.toml"
        config.write_text("")  # so that no file of the user's is read
        own = {
            "CONFIG": str(config),
            "KAFKA_BOOTSTRAP_SERVERS": self.settings.kafka_bootstrap_servers,
            "PARTITIONS": str(self.settings.partitions),
            "CACHE_DIR": str(self.settings.cache_dir),
            "METRICS_HOST": "127.0.0.1",
        }
        foreign = {k: v for k, v in os.environ.items() if not k.upper().startswith(PREFIX)}
        return foreign | {PREFIX + name: value for name, value in own.items()}
