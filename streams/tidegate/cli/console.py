"""`tidegate console`: serve the API and the pages until told to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli.terminal import bad, note, say, say_json, told_errors, wrong_use

if TYPE_CHECKING:
    from tidegate.console.parts import Console

PROGRESS_SECONDS = 2.0
GRACE_SECONDS = 5  # for requests that are being answered when the process is told to stop


app = typer.Typer(invoke_without_command=True)


@app.callback()
def console(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option("--host", help="Address to serve; overrides the setting.")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="Port to serve; overrides the setting.")
    ] = None,
) -> None:
    """Serve the console: what is held and why, and what people decide on it.

    Make a first user before: `tidegate users add NAME --role admin`. Ends with exit code 0 on
    SIGTERM or Ctrl-C; 1: the database cannot be opened; 2: a wrong setting or a port in use.
    """
    if context.invoked_subcommand is not None:
        return
    from sqlalchemy.exc import SQLAlchemyError

    from tidegate.console.opening import open_console
    from tidegate.ops.logging import configure_logging
    from tidegate.ops.settings import load_settings

    given = {"console_host": host, "console_port": port}
    with told_errors():
        settings = load_settings(**{name: v for name, v in given.items() if v is not None})
        configure_logging(settings.log_level, settings.log_format)
        try:
            opened = open_console(settings)
        except (SQLAlchemyError, OSError) as error:
            bad(f"the console's database cannot be opened: {error}")
        try:
            listening = _listen(settings.console_host, settings.console_port)
        except OSError as error:
            wrong_use(f"console on {settings.console_host}:{settings.console_port}: {error}")
        with listening:
            _serve(opened, listening)
        opened.database.close()


@app.command()
def rebuild(json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Empty what was read from the topics, and read it again: for a store that differs from them.

    What is the console's own stays: users, tokens, proposals, who has what in hand, the audit. A
    console that runs meanwhile goes on as soon as this is done.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from tidegate.agents.deployment import runtime_config
    from tidegate.console.opening import open_database
    from tidegate.console.projector.projector import Projector, empty
    from tidegate.ops.settings import load_settings

    with told_errors():
        settings = load_settings()
        config = runtime_config(settings)
        try:
            database = open_database(settings)
        except (SQLAlchemyError, OSError) as error:
            bad(f"the console's database cannot be opened: {error}")
        try:
            empty(database)
            written = asyncio.run(Projector(config, database).catch_up(_progress()))
        except SQLAlchemyError as error:
            bad(f"the console's database cannot be used: {error}. Run this again.")
        finally:
            database.close()
    unreadable = len(written.unreadable)
    if json_:
        say_json(
            {
                "records": written.records,
                "decisions": written.decisions,
                "unreadable": unreadable,
            }
        )
    else:
        say(f"{written.records} records read, {written.decisions} decisions among them.")
    if unreadable:
        note(f"tidegate: {unreadable} records could not be read; the console's overview shows it")


def _progress() -> Callable[[int, int], None]:
    """Return what tells every few seconds how far it is."""
    told = monotonic()

    def tell(done: int, all_: int) -> None:
        nonlocal told
        if monotonic() - told >= PROGRESS_SECONDS:
            told = monotonic()
            note(f"{done} of {all_} records read ({done * 100 // max(1, all_)} %)")

    return tell


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; taken before anything is started, so that a clash is told."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(1024)
    except OSError:
        listening.close()
        raise
    return listening


def _serve(opened: Console, listening: socket.socket) -> None:
    import uvicorn

    from tidegate.console.app import create_app
    from tidegate.runtime.loop import loop_factory

    settings = opened.settings
    host, port = listening.getsockname()[:2]
    note(f"tidegate: console at http://{f'[{host}]' if ':' in host else host}:{port}")
    if not opened.secure and host not in ("127.0.0.1", "::1"):
        note(
            "tidegate: browsers reach this without https, unless a proxy is before it:"
            " set TIDEGATE_CONSOLE_PUBLIC_URL"
        )
    config = uvicorn.Config(
        create_app(opened),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.console_proxies),
        forwarded_allow_ips=settings.console_proxies,
        timeout_graceful_shutdown=GRACE_SECONDS,
        lifespan="on",
    )
    # Uvicorn ends in order at a signal, and then raises it once more, for the process to die of it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)

    class Server(uvicorn.Server):
        """Ends the viewers' streams first: they have no end of their own to wait for."""

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            await opened.hub.stop()
            await super().shutdown(sockets)

    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(Server(config).serve(sockets=[listening]))
