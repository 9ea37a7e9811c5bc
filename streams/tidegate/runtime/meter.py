"""What the runtime tells about itself; the edge that serves metrics implements `Meter`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from tidegate.runtime.spec import Unit


@dataclass(frozen=True, slots=True)
class Committed:
    """One committed transaction."""

    unit: Unit
    number: int
    clock: datetime
    counts: Mapping[tuple[str, str], int]
    """What the processor counted, by metric and label."""
    observed: Sequence[tuple[str, float]]
    """What the processor measured, in order."""
    records: Mapping[str, int]
    """Input records taken, by logical topic."""
    fired: int
    walked: int
    forwarded: Mapping[str, int]
    """Records sent on to the partition that owns their key, by logical topic."""
    dead: int
    outputs: int
    seconds: float
    """From taking the first record to the end of the commit."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """How a unit came by its state."""

    seconds: float
    """From fencing the last owner until it takes records."""
    keys: int
    """Values that its processor began with."""
    records: int
    """Changelog records replayed."""
    from_disk: bool
    """The state was on disk from an orderly stop, and only what came after was replayed."""


class Meter(Protocol):
    """All calls come from the event loop's thread and must not block."""

    def opened(self, unit: Unit) -> None:
        """A unit is about to be opened here."""

    def recovered(self, unit: Unit, recovered: Recovered) -> None:
        """A unit has its state."""

    def closed(self, unit: Unit) -> None:
        """A unit was given up."""

    def committed(self, committed: Committed) -> None:
        """A transaction was committed."""

    def aborted(self, unit: Unit, cause: str) -> None:
        """A transaction failed; the unit rebuilds. `cause` is the error's class name."""

    def fenced(self, unit: Unit) -> None:
        """Another worker opened the unit."""

    def truncated(self, unit: Unit, topic: str, position: int, earliest: int) -> None:
        """Input between `position` and `earliest` is gone: retention was faster than we were."""

    def lag(self, unit: Unit, records: int, seconds: float) -> None:
        """Records not yet taken (offsets, an upper bound), and the age of the oldest known."""


class NullMeter:
    """A meter that measures nothing."""

    def opened(self, unit: Unit) -> None: ...

    def recovered(self, unit: Unit, recovered: Recovered) -> None: ...

    def closed(self, unit: Unit) -> None: ...

    def committed(self, committed: Committed) -> None: ...

    def aborted(self, unit: Unit, cause: str) -> None: ...

    def fenced(self, unit: Unit) -> None: ...

    def truncated(self, unit: Unit, topic: str, position: int, earliest: int) -> None: ...

    def lag(self, unit: Unit, records: int, seconds: float) -> None: ...
