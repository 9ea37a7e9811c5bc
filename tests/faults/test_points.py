"""A worker that fails at any point of a transaction loses nothing and doubles nothing."""

from pathlib import Path
from signal import SIGKILL

import pytest

from tests.faults.points import POINTS
from tests.faults.scenes import Scene
from tests.support.deployment import Deployment

EVENTS = 1500
RATE = 750.0
FIRST, SECOND = 15, 30  # not the first transactions: those only ask for the broker's time


def faults(point: str) -> list[str]:
    """Return an error and a kill; what only aiokafka sees can only be a broken connection."""
    action = "lose" if point in ("committing", "committed") else "raise"
    return [f"--fault={point}:{FIRST}:{action}", f"--fault={point}:{SECOND}:kill"]


@pytest.mark.parametrize("point", POINTS)
async def test_a_fault_changes_nothing(small: Deployment, tables_cache: Path, point: str) -> None:
    version = small.publish()
    with small.workers("w1", faults=faults(point)) as (worker,):
        async with Scene(small, seed=21) as scene:
            await scene.send(EVENTS // 2, RATE)
            await scene.until(lambda: worker.exit_code is not None)
            assert worker.exit_code == -SIGKILL
            assert worker.logged(f" at {point}", times=2)
            worker.start()
            await scene.send(EVENTS // 2, RATE)
            await scene.settled()
        assert worker.stop() == 0
    await scene.clean({version: small.settings.packs_dir}, tables_cache)
