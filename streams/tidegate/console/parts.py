"""What every part of the console may use, in one value; `console_of(request)` gives it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from starlette.requests import HTTPConnection

from tidegate.console.desk.deciding import Decider
from tidegate.console.identity.limits import Limits
from tidegate.console.identity.oidc import Provider
from tidegate.console.identity.sessions import Lifetime
from tidegate.console.live import Hub
from tidegate.console.projector.projector import Projector
from tidegate.console.store.database import Database
from tidegate.console.tables import PublishedTables
from tidegate.ops.console_metrics import ConsoleMetrics
from tidegate.ops.settings import Settings


class Service(Protocol):
    """A part that works beside the requests, in the application's event loop."""

    async def start(self) -> None:
        """Begin to work. It does not wait for a broker that is away."""

    async def stop(self) -> None:
        """End in order. Idempotent."""

    def problem(self) -> str | None:
        """Say what keeps it from its work; None: nothing. `/ready` tells it."""


@dataclass(frozen=True)
class Console:
    """What the application is made of.

    Attributes:
        services: Started in this order with the application, stopped in reverse.
        hub: What changed, for the viewers of live pages.
        tables: The restriction tables in force; None where no topic is followed.
        projector: What fills the store; None where nothing does.
    """

    settings: Settings
    database: Database
    desk: Decider
    now: Callable[[], datetime]
    metrics: ConsoleMetrics = field(default_factory=ConsoleMetrics)
    services: tuple[Service, ...] = ()
    provider: Provider | None = None
    limits: Limits = field(default_factory=Limits)
    hub: Hub = field(default_factory=Hub)
    tables: PublishedTables | None = None
    projector: Projector | None = None

    @property
    def secure(self) -> bool:
        """Say whether browsers come by https: the cookie is for nothing else then."""
        return (self.settings.console_public_url or "").startswith("https://")

    @property
    def cookie(self) -> str:
        """Return the name of the session's cookie.

        The prefix makes browsers refuse it from a sub-domain or over http (RFC 6265bis, 4.1.3.2).
        """
        return "__Host-tidegate" if self.secure else "tidegate"

    @property
    def lifetime(self) -> Lifetime:
        """Return how long sessions last."""
        return Lifetime(
            idle=timedelta(minutes=self.settings.console_session_idle_minutes),
            most=timedelta(hours=self.settings.console_session_hours),
        )


def console_of(request: HTTPConnection) -> Console:
    """Return what the application was made with."""
    console: Console = request.app.state.console
    return console
