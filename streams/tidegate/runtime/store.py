"""Keep one unit's committed state in memory, with its keys in order for walks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping

_INSERTED_ONE_BY_ONE = 100
"""Up to this many new keys are inserted singly; for more, one sort over all is cheaper."""


class MemoryStore:
    """Committed state of one unit: keys to bytes.

    Keys are sorted lazily: a unit that never walks never pays for order, and timsort merges the
    few new keys into the long sorted run in one pass.
    """

    def __init__(self, state: Iterable[tuple[str, bytes]] = ()) -> None:
        self._values: dict[str, bytes] = dict(state)
        self._keys: list[str] | None = None
        self._fresh: list[str] = []

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: str) -> bytes | None:
        return self._values.get(key)

    def items(self) -> Iterable[tuple[str, bytes]]:
        """Return the whole state, in no particular order."""
        return self._values.items()

    def apply(self, changes: Mapping[str, bytes | None]) -> None:
        """Write what a transaction committed; None deletes."""
        values = self._values
        for key, value in changes.items():
            if value is None:
                # The key stays in the order until the next merge; reads skip it.
                values.pop(key, None)
            else:
                if key not in values and self._keys is not None:
                    self._fresh.append(key)
                values[key] = value

    def keys_after(self, cursor: str, prefix: str, limit: int) -> list[str]:
        """Return up to `limit` keys that start with `prefix` and sort after `cursor`, in order."""
        keys = self._ordered()
        start = bisect_right(keys, cursor) if cursor >= prefix else bisect_left(keys, prefix)
        found: list[str] = []
        for index in range(start, len(keys)):
            key = keys[index]
            if len(found) >= limit or not key.startswith(prefix):
                break
            if key in self._values:
                found.append(key)
        return found

    def _ordered(self) -> list[str]:
        keys = self._keys
        if keys is None or len(keys) > 2 * len(self._values) + 1000:
            keys = self._keys = sorted(self._values)
            self._fresh = []
        elif len(self._fresh) > _INSERTED_ONE_BY_ONE:
            # A key deleted and written again stands in both lists.
            keys = self._keys = list(dict.fromkeys(sorted(keys + self._fresh)))
            self._fresh = []
        elif self._fresh:
            for key in self._fresh:
                index = bisect_left(keys, key)
                if index == len(keys) or keys[index] != key:
                    keys.insert(index, key)
            self._fresh = []
        return keys
