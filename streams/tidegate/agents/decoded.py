"""Remember what state bytes mean, so that what is read again soon is not parsed again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

State = TypeVar("State")

_SIZE = 4096


class Decoded(Generic[State]):
    """The last states read or written, by key, each with its bytes.

    The bytes are what counts: a state is given only for the very bytes it belongs to, so what a
    transaction wrote and threw away is never met again.
    """

    def __init__(self, read: Callable[[bytes], State], size: int = _SIZE) -> None:
        self._read = read
        self._size = size
        self._states: OrderedDict[str, tuple[bytes, State]] = OrderedDict()

    def get(self, key: str, value: bytes) -> State:
        """Return what `value` under `key` means.

        Raises:
            ValueError: the bytes are no such state.
        """
        known = self._states.get(key)
        if known is not None and known[0] == value:
            return known[1]
        state = self._read(value)
        self.note(key, value, state)
        return state

    def note(self, key: str, value: bytes, state: State) -> None:
        """Remember `state`, which was written as `value`; the oldest goes where no room is left."""
        if key not in self._states and len(self._states) >= self._size:
            self._states.popitem(last=False)
        self._states[key] = (value, state)
