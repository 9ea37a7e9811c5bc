"""The table versions that this worker has built, shared by its partitions."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from tidegate.measures.tables import Tables

KEPT_VERSIONS = 2
UNUSED_SECONDS = 300.0
"""An open partition asks for its version every second."""


class Shelf:
    """Versions by name. A version is built aside, then put here; a bad one is refused by name.

    The newest stay, and those that some partition has asked for lately; each takes tens of
    megabytes. One asked for again after it was dropped is wanted, and so built, again.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._built: dict[str, Tables] = {}
        self._asked: dict[str, float] = {}
        """When each built version was asked for last, or put here."""
        self._refused: dict[str, str] = {}
        self.wanted: set[str] = set()
        """Versions that some partition waits for."""
        self._listeners: list[Callable[[], None]] = []

    def get(self, version: str) -> Tables | None:
        """Return a version; None, and it is wanted from now on, where it is not built here yet."""
        tables = self._built.get(version)
        if tables is None:
            self.wanted.add(version)
        else:
            self._asked[version] = self._clock()
        return tables

    def built(self, version: str) -> Tables | None:
        """Return a version if it is here; it is not built for the asking."""
        return self._built.get(version)

    def refusal(self, version: str) -> str | None:
        """Return why a version was refused."""
        return self._refused.get(version)

    def put(self, tables: Tables) -> None:
        """Offer a built version to all partitions."""
        now = self._clock()
        self._built[tables.version] = tables
        self._asked[tables.version] = now
        for version in list(self._built)[:-KEPT_VERSIONS]:
            if now - self._asked[version] > UNUSED_SECONDS:
                del self._built[version], self._asked[version]
        self._refused.pop(tables.version, None)
        self._settled(tables.version)

    def refuse(self, version: str, reason: str) -> None:
        """Mark a version as one that cannot be built; partitions stay with what they have."""
        self._refused[version] = reason
        self._settled(version)

    def reconsider(self, version: str) -> None:
        """Forget that a version was refused: it was published again, and may be good now."""
        self._refused.pop(version, None)

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` whenever a version was built or refused."""
        self._listeners.append(listener)

    def versions(self) -> tuple[str, ...]:
        """Return the built versions, oldest first."""
        return tuple(self._built)

    def _settled(self, version: str) -> None:
        self.wanted.discard(version)
        for listener in self._listeners:
            listener()
