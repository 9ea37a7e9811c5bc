"""Which open shipments a switch of tables concerns: those of the parties whose entries changed."""

from __future__ import annotations

from tidegate.agents.book import Book
from tidegate.agents.shelf import Shelf
from tidegate.agents.tables_state import TablesState
from tidegate.measures.delta import changed_names
from tidegate.parties.concerned import concerned


class Walk:
    """Finds them once for a switch, from what is built here and from the partition's book.

    Shipments that come later are decided under the new tables anyway.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._switch: tuple[str | None, str | None] | None = None
        self._keys: list[str] | None = None

    def concerned(self, state: TablesState, book: Book) -> list[str] | None:
        """Return the state keys of the shipments concerned, in order; None: all of them.

        All where more than list entries changed, or where the version before is not built here
        any more, as after a restart.
        """
        switch = (state.before, state.version)
        if switch != self._switch:
            self._switch, self._keys = switch, self._found(state, book)
        return self._keys

    def _found(self, state: TablesState, book: Book) -> list[str] | None:
        if state.before is None or state.version is None:
            return None
        old, new = self._shelf.built(state.before), self._shelf.built(state.version)
        changed = None if old is None or new is None else changed_names(old, new)
        return None if changed is None else book.with_names(concerned(book.names(), changed))
