"""Open the console's database: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, MetaData, create_engine, event
from sqlalchemy.engine import make_url

BUSY_SECONDS = 30.0
"""How long a writer of SQLite waits for another: one migration, or one batch of the projector."""

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


class Database:
    """A pool of connections to one database. Blocking: call it from a thread, not the event loop.

    Args:
        url: SQLAlchemy's URL, such as `sqlite:////var/lib/tidegate/console.db` or
            `postgresql+psycopg://console@localhost/tidegate`.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        options: dict[str, Any] = {}
        if self.is_sqlite:
            options["connect_args"] = {"timeout": BUSY_SECONDS}
        else:
            options["pool_pre_ping"] = True
        self.engine = create_engine(self.url, **options)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _sqlite_connected)

    @property
    def is_sqlite(self) -> bool:
        """Say whether it is SQLite: one writer at a time."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Give a connection in a transaction: committed at the end, undone by an error."""
        with self.engine.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _sqlite_connected(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    # Readers go on while the projector writes, and a commit is safe against a killed process.
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
