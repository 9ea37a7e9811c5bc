"""A session as the watchdog sees it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tidegate.runtime.session import Session
from tidegate.runtime.spec import AgentSpec, RuntimeConfig, Unit


def test_the_watchdog_asks_no_processor() -> None:
    worker: Any = SimpleNamespace(config=RuntimeConfig(bootstrap_servers="nowhere"))
    made: Any = None
    session = Session(worker, Unit("agent", 0), AgentSpec("agent", ("in",), "log", made, made))
    assert session.busy, "not open yet"

    session.running = True  # and no processor there: one that is asked would raise

    assert not session.busy


@pytest.mark.parametrize(("given_back", "told"), [(False, 1), (True, 0)])
async def test_a_unit_that_was_given_back_is_not_told_as_closed(
    given_back: bool, told: int
) -> None:
    closed: list[Unit] = []
    worker: Any = SimpleNamespace(
        config=RuntimeConfig(bootstrap_servers="nowhere"),
        meter=SimpleNamespace(closed=closed.append),
        holds=lambda unit: given_back,
    )
    made: Any = None
    unit = Unit("agent", 0)
    session = Session(worker, unit, AgentSpec("agent", ("in",), "log", made, made))
    await session.close(1.0)
    assert closed == [unit] * told
