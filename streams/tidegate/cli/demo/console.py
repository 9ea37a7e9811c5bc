"""`tidegate console` as a child process, with people who may sign in for as long as it runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from tidegate.cli.demo.child import ChildProcess
from tidegate.console.identity import users
from tidegate.console.identity.passwords import made_password
from tidegate.console.identity.roles import Role
from tidegate.console.store.database import Database

PEOPLE = {"analyst": Role.ANALYST, "admin": Role.ADMIN}
"""Two, since a release needs a second person."""


class ConsoleProcess(ChildProcess):
    """The console on a database of its own."""

    def __init__(self, port: int, environment: Mapping[str, str], directory: Path) -> None:
        self.password = made_password()
        self._database_url = f"sqlite:///{directory / 'console.db'}"
        own = {
            **environment,
            "TIDEGATE_CONSOLE_HOST": "127.0.0.1",
            "TIDEGATE_CONSOLE_PORT": str(port),
            "TIDEGATE_CONSOLE_DATABASE_URL": self._database_url,
        }
        super().__init__("console", ["console"], port, own, directory)

    def add_people(self) -> None:
        """Make the database, and who may sign in. Blocking."""
        database = Database(self._database_url)
        try:
            database.migrate()
            with database.begin() as connection:
                for name, role in PEOPLE.items():
                    users.add(connection, name, role, datetime.now(UTC), password=self.password)
        finally:
            database.close()

    def invitation(self) -> str:
        """Say where it is and how to come in."""
        return f"console at {self.url}: {' or '.join(PEOPLE)}, password {self.password}"
