"""Quix Streams, exactly once, with state: it keeps each shipment under its key and passes it on.

It decides nothing. Installed from `quix.txt` (pinned, with hashes) in an environment of its own:
its pydantic is older than ours.
"""

from __future__ import annotations

from pathlib import Path

from bench.peers.environment import environment
from bench.peers.peer import Place, Throughput, measured, running

REQUIREMENTS = Path(__file__).with_name("quix.txt")
PROGRAM = Path(__file__).with_name("quix_program.py")


async def run(place: Place) -> Throughput:
    """Measure it; see `peer.measured`."""
    python = environment("quix", REQUIREMENTS)
    command = [str(python), str(PROGRAM), place.bootstrap, place.source, place.target]
    with running([*command, str(place.partitions)], place.folder) as (pid, log):
        return await measured(place, [pid], log)
