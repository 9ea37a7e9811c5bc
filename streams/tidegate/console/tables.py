"""The restriction tables in force, as they were published last, for reading and for `/check`."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tidegate.agents.shelf import Shelf
from tidegate.agents.table_reader import TableReader
from tidegate.measures.diff import Difference, difference
from tidegate.measures.loader import load
from tidegate.measures.tables import Tables
from tidegate.runtime.spec import RuntimeConfig


@dataclass(frozen=True, slots=True)
class Published:
    """One version, and when it was published."""

    version: str
    published_at: datetime


class PublishedTables:
    """Follows `trade.measures` beside the requests.

    Args:
        config: How to reach the broker.
        cache: Folder of compiled tables.
    """

    def __init__(self, config: RuntimeConfig, cache: Path) -> None:
        self._shelf = Shelf()
        self._reader = TableReader(config, self._shelf, cache, self._take, self._newest)
        self._current: Tables | None = None
        self._published: Published | None = None
        self._following: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to follow the topic."""
        self._following = asyncio.create_task(self._reader.run(), name="tables")

    async def stop(self) -> None:
        """End following. Idempotent."""
        following, self._following = self._following, None
        if following is not None:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    def problem(self) -> str | None:
        """None: the console shows what it knows; `/check` says which tables are missing."""
        return None

    def use(self, tables: Tables, published_at: datetime) -> None:
        """Put tables in force here without a topic: for tests, and for a console of one machine."""
        self._current = tables
        self._published = Published(tables.version, published_at)

    @property
    def current(self) -> Tables | None:
        """The version published last that could be built; None before the first."""
        newest = next(reversed(list(self._reader.sources)), None)
        tables = None if newest is None else self._shelf.built(newest)
        if newest is not None and tables is not None:
            self.use(tables, self._reader.sources[newest][1])
        return self._current

    @property
    def published(self) -> Published | None:
        """Which version that is."""
        return self._published if self.current is not None else None

    def versions(self) -> tuple[Published, ...]:
        """Return the last published versions whose sources are kept, oldest first."""
        return tuple(
            Published(version, at) for version, (_, at) in list(self._reader.sources.items())
        )

    def difference(self, old: str, new: str) -> Difference | None:
        """Return what changed between two kept versions. Blocking: some seconds.

        Returns: None where one of them is not kept.
        """
        sources = dict(self._reader.sources)
        if old not in sources or new not in sources:
            return None
        return difference(load(dict(sources[old][0])), load(dict(sources[new][0])))

    async def _take(self, tables: Tables) -> None:
        self._shelf.put(tables)

    def _newest(self, version: str, published_at: datetime) -> None:
        """`current` looks itself: a version that is published again is not built again."""
