"""What each peer is told, and how its throughput is measured."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.cpu import cpu_seconds
from bench.output import Output, Stalled

WARM_SHARE = 0.2
"""Of the backlog, worked off before the clock starts: start, first fetch, first rebalance, JIT."""
END_SHARE = 0.97
"""Of the backlog, at which the clock stops: the last transaction waits for what never comes."""
_START_SECONDS = 120.0
_STOP_SECONDS = 10.0


class NotRun(RuntimeError):
    """A peer that cannot be measured here; the text says why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a peer reads and writes."""

    bootstrap: str
    source: str
    """Topic with the backlog."""
    target: str
    """Topic for its results; it exists."""
    partitions: int
    backlog: int
    folder: Path
    """Its own, for logs and state."""
    cache: Path
    """Of compiled tables."""
    control: str = ""
    """Topic of Tidegate's table switches, for a peer that runs its engine."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """What was measured of one peer."""

    events: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds

    @property
    def cpu_per_million(self) -> float:
        """User and system seconds for a million events."""
        return self.cpu_seconds / self.events * 1e6


async def measured(place: Place, pids: Sequence[int], log: Path | None = None) -> Throughput:
    """Measure from the warm-up's end to nearly the backlog's, by what readers can see.

    Raises:
        NotRun: the peer ended, or stopped getting on.
    """

    def cpu() -> float:
        return sum(cpu_seconds(pid) for pid in pids)

    async with Output(place.bootstrap, place.target, place.partitions) as output:
        try:
            start = await output.until(int(place.backlog * WARM_SHARE), cpu)
            end = await output.until(int(place.backlog * END_SHARE), cpu)
        except (Stalled, OSError) as problem:
            raise NotRun(f"{problem}{_last_words(log)}") from None
        count = await output.records(start, end)
    return Throughput(count, end.at - start.at, end.cpu - start.cpu)


@contextmanager
def running(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[int, Path]]:
    """Run a peer's process meanwhile; give its id and its log."""
    log = folder / "log.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            cwd=folder,
        )
    try:
        yield process.pid, log
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _last_words(log: Path | None) -> str:
    if log is None:
        return ""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return f"; its log ends: {lines[-1][:200]}" if lines else "; its log is empty"


def wait_for(path: Path) -> None:
    """Wait until a file is there."""
    deadline = time.monotonic() + _START_SECONDS
    while not path.exists():
        if time.monotonic() > deadline:
            raise NotRun("it did not start")
        time.sleep(0.1)
