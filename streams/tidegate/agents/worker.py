"""A worker: both agents on the runtime, the tables read beside them, metrics and health served."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace

from tidegate.agents.book import Book
from tidegate.agents.concern import Concern
from tidegate.agents.deployment import deployed_agents, runtime_config
from tidegate.agents.license_book import LicenseBook
from tidegate.agents.licensing import LicensingProcessor
from tidegate.agents.practice import Practice
from tidegate.agents.screening import ScreeningProcessor
from tidegate.agents.shelf import Shelf
from tidegate.agents.table_reader import TableReader
from tidegate.measures.tables import Tables
from tidegate.ops.endpoint import Endpoint
from tidegate.ops.metrics import Unit, WorkerMetrics
from tidegate.ops.settings import Settings
from tidegate.runtime.app import run
from tidegate.runtime.exits import Exit
from tidegate.runtime.home import home
from tidegate.runtime.processor import Processor
from tidegate.runtime.spec import RuntimeConfig
from tidegate.runtime.units import Units

log = logging.getLogger(__name__)


class _Floor:
    """The processors at work, for what the metrics read from their books."""

    def __init__(self) -> None:
        self._processors: dict[int, ScreeningProcessor] = {}
        self._licensors: dict[int, LicensingProcessor] = {}

    def made(self, agent: str, partition: int, processor: Processor) -> None:
        if isinstance(processor, ScreeningProcessor):
            self._processors[partition] = processor
        elif isinstance(processor, LicensingProcessor):
            self._licensors[partition] = processor

    def closed(self, unit: Unit) -> None:
        if unit.agent == "screening":
            self._processors.pop(unit.partition, None)
        else:
            self._licensors.pop(unit.partition, None)

    def books(self) -> Iterable[Book]:
        return [processor.book for processor in self._processors.values()]

    def license_books(self) -> Iterable[LicenseBook]:
        return [processor.book for processor in self._licensors.values()]

    def practice(self) -> Iterable[Practice]:
        shipments = [processor.practice for processor in self._processors.values()]
        return shipments + [processor.practice for processor in self._licensors.values()]

    def versions(self) -> Mapping[str, int]:
        """Return how many partitions decide with which table version."""
        states = [processor.tables_state for processor in self._processors.values()]
        return Counter(state.version or "none" for state in states)

    def without_tables(self) -> list[int]:
        """Return the partitions that decide nothing: no tables, or not yet built here."""
        return sorted(
            number for number, processor in self._processors.items() if not processor.has_tables
        )


class _Metrics(WorkerMetrics):
    def __init__(self, floor: _Floor) -> None:
        super().__init__(floor.books, floor.license_books, floor.versions, floor.practice)
        self._floor = floor

    def closed(self, unit: Unit) -> None:
        super().closed(unit)
        self._floor.closed(unit)


async def work(settings: Settings) -> Exit:
    """Run a worker until it is told to stop or fails; return why it ended.

    Raises:
        OSError: the metrics' port is taken, or the state's folder cannot be used.
    """
    async with home(
        settings.state_dir, settings.app_id, settings.topic_prefix, settings.instance_id
    ) as folder:
        return await _work(settings, replace(runtime_config(settings), state_dir=folder))


async def _work(settings: Settings, config: RuntimeConfig) -> Exit:
    shelf, floor = Shelf(), _Floor()
    metrics = _Metrics(floor)
    concern = Concern(shelf)

    async def built(tables: Tables) -> None:
        try:
            await concern.prepare(tables, floor.books)
        except Exception:
            # The partitions will find it themselves, if slower: the tables must not wait.
            log.exception("who is concerned by version %s could not be prepared", tables.version)
        shelf.put(tables)

    reader = TableReader(config, shelf, settings.cache_dir, built, metrics.tables)
    table: list[Units] = []

    def started(units: Units) -> None:
        table.append(units)
        shelf.on_change(units.wake)

    def not_ready() -> str | None:
        if not table:
            return "starting"
        status = table[0].status()
        if status.problems:
            return "; ".join(status.problems)
        if not status.ready:
            return f"{status.running} of {len(status.units)} partitions are open"
        missing = floor.without_tables()
        if missing:
            return f"partitions {missing} have no restriction tables yet: tidegate measures publish"
        return None

    endpoint = Endpoint(
        metrics.registry,
        host=settings.metrics_host,
        port=settings.metrics_port,
        ready=not_ready,
    )
    specs = deployed_agents(settings, shelf, concern, floor.made)
    async with endpoint:
        log.info("metrics and health at %s", endpoint.address)
        reading = asyncio.create_task(reader.run())
        try:
            return await run(config, specs, metrics, started)
        finally:
            reading.cancel()
            with suppress(asyncio.CancelledError):
                await reading
