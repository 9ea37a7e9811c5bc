"""The shelf keeps what is new or in use, and drops the rest."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tidegate.agents.shelf import KEPT_VERSIONS, UNUSED_SECONDS, Shelf


def tables(version: str) -> Any:
    return SimpleNamespace(version=version)


def test_versions_that_nobody_asks_for_are_dropped_and_wanted_again_when_asked() -> None:
    now = [0.0]
    shelf = Shelf(lambda: now[0])
    for version in ("used", "unused"):
        shelf.put(tables(version))
    now[0] = UNUSED_SECONDS + 1
    assert shelf.get("used") is not None
    for number in range(KEPT_VERSIONS):
        shelf.put(tables(f"new-{number}"))

    assert shelf.versions() == ("used", *(f"new-{n}" for n in range(KEPT_VERSIONS)))
    assert shelf.get("unused") is None
    assert shelf.wanted == {"unused"}


def test_a_burst_of_versions_drops_nothing_that_was_asked_for_lately() -> None:
    shelf = Shelf(lambda: 0.0)
    for number in range(10):
        shelf.put(tables(str(number)))
    assert len(shelf.versions()) == 10
