"""A session as the watchdog sees it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tidegate.runtime.session import Session
from tidegate.runtime.spec import AgentSpec, RuntimeConfig, Unit


def test_the_watchdog_asks_no_processor() -> None:
    worker: Any = SimpleNamespace(config=RuntimeConfig(bootstrap_servers="nowhere"))
    made: Any = None
    session = Session(worker, Unit("agent", 0), AgentSpec("agent", ("in",), "log", made, made))
    assert session.busy, "not open yet"

    session.running = True  # and no processor there: one that is asked would raise

    assert not session.busy
