"""Put the console together: one application, its routers, and what they share."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI, Request

from tidegate import __version__
from tidegate.console.store.database import Database
from tidegate.ops.settings import Settings


@dataclass(frozen=True)
class Console:
    """What every route may use; `console_of(request)` gives it."""

    settings: Settings
    database: Database


def create_app(console: Console) -> FastAPI:
    """Return the application that serves this console."""
    app = FastAPI(title="Tidegate", version=__version__, docs_url=None, redoc_url=None)
    app.state.console = console
    return app


def console_of(request: Request) -> Console:
    """Return what the application was made with."""
    console: Console = request.app.state.console
    return console
