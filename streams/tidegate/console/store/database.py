"""Open the console's database: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.pool import QueuePool

BUSY_SECONDS = 30.0
"""How long a writer of SQLite waits for another: one migration, or one batch of the projector."""
CONNECTIONS = 20
"""Most connections at a time; FastAPI answers at most forty blocking routes at once."""

metadata = MetaData(
    # Names that a migration can find again, on either database.
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""All tables of the console, whichever room declares them."""

MIGRATIONS = "tidegate.console.store:migrations"
ROOMS = (
    "tidegate.console.store.schema",
    "tidegate.console.identity.tables",
    "tidegate.console.desk.tables",
)
"""Modules that declare tables: a migration sees only what is imported."""


class Database:
    """A pool of connections to one database. Blocking: call it from a thread, not the event loop.

    Args:
        url: SQLAlchemy's URL, such as `sqlite:////var/lib/tidegate/console.db` or
            `postgresql+psycopg://console@localhost/tidegate`.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        options: dict[str, Any] = {"poolclass": QueuePool, "pool_size": 5}
        options["max_overflow"] = CONNECTIONS - options["pool_size"]
        if self.is_sqlite:
            options["connect_args"] = {"timeout": BUSY_SECONDS, "check_same_thread": False}
        else:
            options["pool_pre_ping"] = True
        self.engine = create_engine(self.url, **options)
        self._writing = self.engine.execution_options(writes=True)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _sqlite_connected)
            event.listen(self.engine, "begin", _sqlite_begins)

    @property
    def is_sqlite(self) -> bool:
        """Say whether it is SQLite: one writer at a time."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Give a connection in a transaction: committed at the end, undone by an error."""
        with self._writing.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give a connection for reading only; on SQLite it sees one state, and waits for nobody."""
        with self.engine.begin() as connection:
            yield connection

    def migrate(self) -> None:
        """Bring the schema to this version. What was projected before may be emptied by it.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database cannot be reached or changed.
        """
        self._alembic(command.upgrade, "heads")

    def downgrade(self, revision: str) -> None:
        """Take the schema back to a revision, such as `store@base`; what it leaves is dropped."""
        self._alembic(command.downgrade, revision)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def _alembic(self, do: Any, revision: str) -> None:
        for room in ROOMS:
            importlib.import_module(room)
        config = Config()
        config.set_main_option("script_location", MIGRATIONS)
        with self.begin() as connection:
            config.attributes["connection"] = connection
            do(config, revision)


def _sqlite_connected(connection: Any, _record: Any) -> None:
    # Transactions are begun by `_sqlite_begins` alone. Python's own way begins them only before a
    # change of rows: tables would be made and dropped outside of any.
    connection.isolation_level = None
    cursor = connection.cursor()
    # Readers go on while the projector writes, and a commit is safe against a killed process.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # A queue of 100,000 holds stays in memory: 64 MiB a connection, the rest by the file's pages.
    cursor.execute("PRAGMA cache_size=-65536")
    cursor.execute("PRAGMA mmap_size=1073741824")
    cursor.close()


def _sqlite_begins(connection: Connection) -> None:
    # A writer takes its turn at once. One that reads first and asks for its turn later is refused
    # if another has written in between, however long it would wait.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
