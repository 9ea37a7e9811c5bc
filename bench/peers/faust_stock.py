"""The same engine in an agent of stock Faust: its consumer, producer and table, as it ships."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.peers.peer import Place, Throughput, measured, running

ROOT = Path(__file__).parents[2]


async def run(place: Place, guarantee: str) -> Throughput:
    """Measure it with a processing guarantee; see `peer.measured`."""
    command = [sys.executable, "-m", "bench.peers.faust_program", place.bootstrap, place.source]
    command += [place.target, str(place.partitions), str(place.cache), guarantee]
    with running(command, place.folder, {"PYTHONPATH": str(ROOT)}) as (pid, log):
        return await measured(place, [pid], log)
