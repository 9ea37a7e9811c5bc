"""`tidegate console`: serve the API and the pages until told to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli.terminal import bad, note, told_errors, wrong_use

if TYPE_CHECKING:
    from tidegate.console.parts import Console

GRACE_SECONDS = 5  # for requests that are being answered when the process is told to stop


def console(
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
    from tidegate.runtime.app import loop_factory

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
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(uvicorn.Server(config).serve(sockets=[listening]))
