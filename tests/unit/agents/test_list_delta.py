"""After a list changes the shipments that it concerns are decided again, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.scenario import event
from tests.support.tables import shipped, shipped_with
from tests.unit.agents.book import NOON, facts, used_by
from tidegate.agents.offline import Offline
from tidegate.engine import decide as engine
from tidegate.events.codec import SHIPMENT_TYPE
from tidegate.measures.delta import changed_names
from tidegate.measures.tables import Tables

NAMES = {
    "SHP-listed": "TDK Corporation",
    "SHP-misspelt": "Furukawa Densi Example Works",
    "SHP-other": "Hino Motors, Ltd.",
    "SHP-nobody": "Example Motors KK",
}

DATED = "TDK株式会社 | ティーディーケイ株式会社,JP,2026-02-24,,active"
ENDED = DATED.replace(",,active", ",2026-10-31,stopped")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The shipments decided, in order."""
    found: list[str] = []
    judge = engine.decide

    def noted(question: Any, tables: Tables) -> engine.Judgement:
        found.append(question.facts.shipment_id)
        return judge(question, tables)

    monkeypatch.setattr("tidegate.agents.desk.decide", noted)
    return found


def book() -> Offline:
    open_book = Offline(shipped())
    for number, name in NAMES.items():
        data = {**facts(parties=used_by(name=name)), "shipment_id": number}
        open_book.apply(event(SHIPMENT_TYPE, data, NOON))
    return open_book


def reasons(open_book: Offline, number: str) -> set[str]:
    (decision,) = (one for one in open_book.current() if one.shipment_id == number)
    return {reason.measure for reason in decision.reasons}


def test_an_entry_that_has_ended_releases_what_only_it_held(asked: list[str]) -> None:
    open_book = book()
    asked.clear()
    open_book.switch(shipped_with("lists/cn-wl.csv", DATED, ENDED))
    assert asked == ["SHP-listed"]
    assert "CN-WL-01.c" not in reasons(open_book, "SHP-listed")
    assert "CN-WL-01.c" in reasons(open_book, "SHP-other")


def test_a_new_entry_finds_whoever_is_like_it(asked: list[str]) -> None:
    open_book = book()
    asked.clear()
    added = "TDK Corporation,Furukawa Denshi Example Works | "
    open_book.switch(shipped_with("lists/cn-wl.csv", "TDK Corporation,", added))
    assert asked == ["SHP-listed", "SHP-misspelt"]
    assert "CN-WL-01.c" in reasons(open_book, "SHP-misspelt")


def test_a_changed_measure_concerns_all(asked: list[str]) -> None:
    open_book = book()
    asked.clear()
    new = shipped_with("cn-japan-2026.yaml", "No license is granted", "No license is issued")
    assert changed_names(shipped(), new) is None
    open_book.switch(new)
    assert set(asked) == set(NAMES)
