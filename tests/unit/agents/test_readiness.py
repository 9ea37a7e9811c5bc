"""A partition says that it decides only when it does."""

from __future__ import annotations

from tests.support.tables import shipped
from tests.unit.agents.book import NOON
from tidegate.agents.desk import Desk
from tidegate.agents.screening import ScreeningProcessor
from tidegate.agents.shelf import Shelf
from tidegate.agents.tables_state import TABLES_KEY, TablesState


def test_a_partition_whose_version_is_not_built_here_yet_has_no_tables() -> None:
    shelf = Shelf()
    processor = ScreeningProcessor(0, shelf, Desk())
    assert not processor.has_tables
    switched = TablesState(version=shipped().version, published_at=NOON)

    processor.restored([(TABLES_KEY, switched.model_dump_json().encode())])
    assert not processor.has_tables

    shelf.put(shipped())
    assert processor.has_tables
