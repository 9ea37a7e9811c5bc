"""Open the console that the settings describe: its database, ready for use, and its services."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tidegate.agents.deployment import runtime_config
from tidegate.console.desk.deciding import Decider
from tidegate.console.desk.outbox import Outbox
from tidegate.console.identity.oidc import Provider
from tidegate.console.live import Hub
from tidegate.console.parts import Console
from tidegate.console.projector.projector import Projector
from tidegate.console.store.database import Database
from tidegate.console.tables import PublishedTables
from tidegate.ops.settings import Settings

DATABASE_FILE = "console.db"


def open_database(settings: Settings) -> Database:
    """Return the database of the settings, brought up to what this version needs. Blocking.

    Raises:
        SQLAlchemyError: it cannot be opened.
        OSError: its folder cannot be made.
    """
    if settings.console_database_url is not None:
        url = settings.console_database_url.get_secret_value()
    else:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{settings.state_dir / DATABASE_FILE}"
    database = Database(url)
    database.migrate()
    return database


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def open_console(settings: Settings, now: Callable[[], datetime] = utc_now) -> Console:
    """Return the console with all its parts, not yet started. Blocking.

    Raises:
        SQLAlchemyError, OSError: the database cannot be opened.
        WrongSettings: a certificate or key file cannot be used.
    """
    config = runtime_config(settings)
    database = open_database(settings)
    outbox = Outbox(database, config, now)
    desk = Decider(database, outbox, now, timedelta(hours=settings.console_proposal_hours))
    tables = PublishedTables(config, settings.cache_dir)
    hub = Hub(stale=lambda: projector.problem(), now=now)
    projector = Projector(config, database, hub.told)
    provider = None if settings.console_oidc_issuer is None else Provider(settings)
    return Console(
        settings,
        database,
        desk,
        now,
        services=(outbox, hub, tables, projector),
        hub=hub,
        tables=tables,
        projector=projector,
        provider=provider,
    )
