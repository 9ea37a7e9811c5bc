"""A console in memory for tests: its users, its clock, and visitors who ask it by HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher

from tidegate.console.app import create_app
from tidegate.console.identity import passwords, users
from tidegate.console.identity.roles import Role
from tidegate.console.opening import open_console
from tidegate.console.parts import Console
from tidegate.ops.settings import Settings

# Hashing as it is done for people takes most of a test's time; `test_passwords` looks at that.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

PASSWORD = "correct horse battery staple"
NOON = datetime(2026, 2, 24, 4, tzinfo=UTC)
ADDRESS = "http://console.test"


class Clock:
    """A clock that goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def wait(self, **time: float) -> None:
        """Let time pass."""
        self.now += timedelta(**time)


@dataclass
class House:
    """A console and the means to look behind it."""

    console: Console
    clock: Clock
    transport: httpx.ASGITransport

    def add(self, name: str, role: Role, **more: Any) -> users.User:
        """Add a user."""
        with self.console.database.begin() as connection:
            return users.add(connection, name, role, NOON, password=PASSWORD, **more)

    def visitor(self, **headers: str) -> httpx.AsyncClient:
        """Return somebody whom the console does not know yet."""
        return httpx.AsyncClient(transport=self.transport, base_url=ADDRESS, headers=headers)

    async def signed_in(self, name: str, password: str = PASSWORD) -> httpx.AsyncClient:
        """Return somebody who is signed in."""
        visitor = self.visitor()
        answer = await visitor.post("/api/v1/session", json={"name": name, "password": password})
        assert answer.status_code == 201, answer.text
        visitor.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return visitor


@asynccontextmanager
async def house(folder: Path, **settings: Any) -> AsyncIterator[House]:
    """Give a console on a database of its own, with its services running."""
    chosen = Settings(state_dir=folder, **settings)
    clock = Clock()
    console = open_console(chosen, clock)
    app = create_app(console)
    async with app.router.lifespan_context(app):
        yield House(console, clock, httpx.ASGITransport(app, raise_app_exceptions=False))
    console.database.close()
