"""Tidegate itself: workers as they ship, both agents, the packs that ship, exactly once."""

from __future__ import annotations

from bench.peers.peer import Place, Throughput, measured
from tests.support.deployment import Deployment


async def run(place: Place, deployment: Deployment, workers: int = 1) -> Throughput:
    """Measure worker processes on the deployment's backlog; see `peer.measured`."""
    names = [f"bench-{number}" for number in range(workers)]
    with deployment.workers(*names) as started:
        return await measured(place, [worker.pid for worker in started], started[0].log)
