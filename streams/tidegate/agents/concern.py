"""Which open shipments a switch of tables concerns: those of the parties whose entries changed."""

from __future__ import annotations

import asyncio
import multiprocessing
from bisect import bisect_right
from collections.abc import Callable, Iterable, Set
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

from tidegate.agents.book import Book
from tidegate.agents.shelf import Shelf
from tidegate.agents.shipment_state import PREFIX
from tidegate.agents.tables_state import TablesState
from tidegate.measures.delta import changed_names
from tidegate.measures.tables import Tables
from tidegate.parties.concerned import concerned
from tidegate.runtime.transaction import Transaction

Switch = tuple[str | None, str | None]
"""The versions before and after."""


class _Prepared(NamedTuple):
    """What was found of a switch before any partition made it."""

    changed: frozenset[str]
    asked: Set[str]
    found: Set[str]


class Concern:
    """Finds the names that a switch concerns, for all partitions of a worker.

    With hundreds of thousands of parties and a thousand changed entries that takes seconds, so it
    is prepared in another process while the new version waits to be used; what is left for a
    partition is the names that came meanwhile.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._prepared: dict[Switch, _Prepared] = {}

    def walk(self) -> Walk:
        """Return what tells a partition the keys of its walks."""
        return Walk(self)

    async def prepare(self, tables: Tables, books: Callable[[], Iterable[Book]]) -> None:
        """Find the open parties that a switch from the newest version here to `tables` concerns."""
        versions = self._shelf.versions()
        before = self._shelf.built(versions[-1]) if versions else None
        if before is None or before.version == tables.version:
            return
        changed = await asyncio.to_thread(changed_names, before, tables)
        if changed is None:
            return
        names = set[str]()
        for book in books():
            names |= book.names()
            await asyncio.sleep(0)  # a large book takes a while: let others in between
        if names and changed:
            context = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
                loop = asyncio.get_running_loop()
                found = await loop.run_in_executor(pool, concerned, names, changed)
            self._prepared = {(before.version, tables.version): _Prepared(changed, names, found)}

    def names(self, switch: Switch, asked: Set[str]) -> Set[str] | None:
        """Return those of `asked` that a switch concerns, and maybe others; None: all of them."""
        prepared = self._prepared.get(switch)
        if prepared is not None:
            return prepared.found | concerned(asked - prepared.asked, prepared.changed)
        before, after = (None if one is None else self._shelf.built(one) for one in switch)
        changed = None if before is None or after is None else changed_names(before, after)
        return None if changed is None else concerned(asked, changed)


class Walk:
    """The keys that one partition's walk takes, found once for a switch.

    Shipments that come later are decided under the new tables anyway.
    """

    def __init__(self, concern: Concern) -> None:
        self._concern = concern
        self._switch: Switch = (None, None)
        self._keys: list[str] | None = None

    def chunk(
        self, transaction: Transaction, state: TablesState, book: Book, limit: int
    ) -> tuple[list[str], str | None]:
        """Return the next keys of the walk that is under way, and up to which key they go.

        None: they are the last.
        """
        assert state.cursor is not None
        concerned = self.keys(state, book)
        if concerned is None:
            keys = transaction.keys_after(state.cursor, PREFIX, limit)
        else:
            begin = bisect_right(concerned, state.cursor)
            keys = concerned[begin : begin + limit]
        return keys, keys[-1] if len(keys) >= limit else None

    def keys(self, state: TablesState, book: Book) -> list[str] | None:
        """Return the state keys of the shipments concerned, in order; None: all of them.

        All where more than list entries changed, or where the version before is not built here
        any more, as after a restart.
        """
        switch = (state.before, state.version)
        if switch != self._switch:
            names = self._concern.names(switch, book.names())
            self._switch, self._keys = switch, None if names is None else book.with_names(names)
        return self._keys
