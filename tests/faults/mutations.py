"""Workers with one step of the contract broken, to see that the verifier sees it.

Each mutation takes away one line that a reader of the runtime might think superfluous.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from tests.faults.step import replace
from tidegate.runtime import clients, writer
from tidegate.runtime.intake import Batch, Lane
from tidegate.runtime.spec import RuntimeConfig, Unit
from tidegate.runtime.unit_state import UnitState


class _Careless:
    """A producer whose futures are done at once, as if nobody waited for the real ones."""

    def __init__(self, producer: Any) -> None:
        self._producer = producer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> Any:
        future = await self._producer.send_batch(batch, topic, partition=partition)
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        careless = asyncio.get_running_loop().create_future()
        careless.set_result(SimpleNamespace(timestamp=int(time.time() * 1000), offset=-1))
        return careless


def no_await() -> None:
    """Commit without having awaited the produce futures."""
    make = clients.unit_producer
    replace(writer, "unit_producer", lambda *arguments: _Careless(make(*arguments)))


def worker_transactional_id() -> None:
    """Let the transactional id belong to the worker: whoever opens the unit fences nobody."""
    of_unit = RuntimeConfig.transactional_id

    def of_worker(config: RuntimeConfig, unit: Unit) -> str:
        return f"{of_unit(config, unit)}-{config.instance}"

    replace(RuntimeConfig, "transactional_id", of_worker)


def apply_before_commit() -> None:
    """Apply to the state before the commit; when that fails, the state on disk is believed."""
    records = UnitState.records

    def early(state: UnitState, changes: Any, meta: Any) -> Any:
        state.store.apply(changes)
        return records(state, changes, meta)

    replace(UnitState, "records", early)


def unnumbered_seek() -> None:
    """Accept any batch, whichever seek it follows and wherever it starts."""

    def accept(lane: Lane, batch: Batch) -> bool:
        lane.end = batch.end
        if batch.records:
            lane._batches.append(batch)
            lane.waiting += len(batch.records)
        elif not lane._batches:
            lane.position = batch.end
        return True

    replace(Lane, "accept", accept)


MUTATIONS: dict[str, Callable[[], None]] = {
    mutation.__name__: mutation
    for mutation in (no_await, worker_transactional_id, apply_before_commit, unnumbered_seek)
}
