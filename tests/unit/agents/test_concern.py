"""What was prepared for a switch serves every partition, whatever came meanwhile."""

from __future__ import annotations

import pytest

from tests.support.tables import shipped, shipped_with
from tidegate.agents import concern as module
from tidegate.agents.book import Book, Entry
from tidegate.agents.concern import Concern, Walk
from tidegate.agents.shelf import Shelf
from tidegate.agents.tables_state import TablesState
from tidegate.events.decision import Action, Outcome
from tidegate.measures.tables import Tables

LINE = Entry(Action.PASS, Outcome.AUTHORISED).packed()
AFTER = shipped_with("lists/cn-wl.csv", "TDK Corporation,", "TDK Corporation,Nippan Denki | ")
SWITCH = TablesState(version=AFTER.version, before=shipped().version, cursor="")


def book(**names: str) -> Book:
    made = Book()
    for key, name in names.items():
        made.replace(key, b"\t".join((LINE, name.encode())))
    return made


def shelf(*versions: Tables) -> Shelf:
    made = Shelf()
    for tables in versions:
        made.put(tables)
    return made


async def test_the_prepared_answer_is_the_one_a_partition_would_find() -> None:
    first, second = book(a="tdk", b="hino motors"), book(c="nipan denki", d="tdk")
    here = shelf(shipped())
    concern = Concern(here)
    await concern.prepare(AFTER, lambda: [first, second])
    here.put(AFTER)
    for one, keys in ((first, ["a"]), (second, ["c", "d"])):
        assert Walk(concern).keys(SWITCH, one) == keys
        assert Walk(Concern(here)).keys(SWITCH, one) == keys


async def test_only_names_that_came_meanwhile_are_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, one = shelf(shipped()), book(a="tdk")
    concern = Concern(here)
    await concern.prepare(AFTER, lambda: [one])
    here.put(AFTER)
    one.replace("z", b"\t".join((LINE, b"nippan denky")))
    asked: list[set[str]] = []
    search = module.concerned
    monkeypatch.setattr(
        module, "concerned", lambda names, changed: asked.append(names) or search(names, changed)
    )
    assert Walk(concern).keys(SWITCH, one) == ["a", "z"]
    assert asked == [{"nippan denky"}]


def test_all_are_taken_where_the_version_before_is_gone() -> None:
    assert Walk(Concern(shelf(AFTER))).keys(SWITCH, book(a="tdk")) is None
