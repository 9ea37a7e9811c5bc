"""Workers under a supervisor: whoever ends is started again, as a service manager would do it."""

from __future__ import annotations

import asyncio
import time
import urllib.error
from collections import Counter
from collections.abc import Callable, Sequence
from signal import SIGKILL

from tests.support.deployment import Deployment, WorkerProcess

POLL_SECONDS = 0.1


class Fleet:
    """Workers by name; `supervise` runs beside.

    Attributes:
        ends: How often a worker ended by itself, by exit code.
    """

    def __init__(
        self, deployment: Deployment, say: Callable[[str], None], mutations: Sequence[str]
    ) -> None:
        self._deployment, self._mutations = deployment, mutations
        self._say = say
        self._workers: dict[str, WorkerProcess] = {}
        self._wanted: set[str] = set()
        self.ends: Counter[int] = Counter()

    @property
    def running(self) -> list[WorkerProcess]:
        """Return the workers that are wanted and alive, frozen ones too."""
        return [self._workers[name] for name in sorted(self._wanted) if self._workers[name].alive]

    def add(self, name: str) -> None:
        """Start a worker, and again whenever it ends."""
        worker = self._workers.setdefault(
            name, WorkerProcess(self._deployment, name, self._mutations)
        )
        if not worker.alive:
            worker.start()
        self._wanted.add(name)

    def hold(self, name: str) -> None:
        """Don't start a worker again until it is added again."""
        self._wanted.discard(name)

    async def remove(self, name: str) -> int:
        """Stop a worker in order; return its exit code."""
        self._wanted.discard(name)
        worker = self._workers[name]
        return await asyncio.to_thread(worker.stop) if worker.alive else 0

    async def supervise(self) -> None:
        """Start again what has ended, until cancelled."""
        while True:
            for name in sorted(self._wanted):
                worker = self._workers[name]
                code = worker.exit_code
                if code is not None:
                    if code != -SIGKILL:
                        self.ends[code] += 1
                        self._say(f"{name} ended by itself with exit code {code}")
                    worker.start()
            await asyncio.sleep(POLL_SECONDS)

    async def ready(self, seconds: float) -> bool:
        """Wait until every wanted worker says that it is ready; False: not in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if all([await asyncio.to_thread(_is_ready, worker) for worker in self._all()]):
                return True
            await asyncio.sleep(POLL_SECONDS)
        return False

    def _all(self) -> list[WorkerProcess]:
        return [self._workers[name] for name in sorted(self._wanted)]

    def kill_all(self) -> None:
        """End everything."""
        self._wanted.clear()
        for worker in self._workers.values():
            worker.kill()


def _is_ready(worker: WorkerProcess) -> bool:
    try:
        worker.get("/ready")
    except urllib.error.HTTPError as error:
        error.close()
        return False
    except OSError:
        return False
    return True
