"""A store that was filled from some traffic."""

from collections.abc import Iterator

import pytest

from tests.support.history import history, write
from tidegate.console.projector.store_writer import StoreWriter
from tidegate.console.store.database import Database


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A SQLite store with all of `history()`. Not to be changed."""
    made = Database(f"sqlite:///{tmp_path_factory.mktemp('filled') / 'console.db'}")
    made.migrate()
    writer = StoreWriter(made)
    write(writer, history(), dict(writer.open("cluster", "")))
    yield made
    made.close()
