"""The `tidegate` command: its sub-commands, and what becomes of an unexpected error."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from tidegate import __version__
from tidegate.cli import audit, dead_letters, deliveries, lists, measures, topics, users
from tidegate.cli.check import check
from tidegate.cli.console import app as console
from tidegate.cli.demo.command import demo
from tidegate.cli.doctor import doctor
from tidegate.cli.explain import explain
from tidegate.cli.notifier import notifier
from tidegate.cli.practice import practice
from tidegate.cli.replay import replay
from tidegate.cli.screen import screen
from tidegate.cli.simulate import simulate
from tidegate.cli.terminal import say
from tidegate.cli.whatif import whatif
from tidegate.cli.worker import worker

app = typer.Typer(
    name="tidegate",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        say(f"tidegate {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Says which shipments must not move, with the law cited."""


app.command()(demo)
app.command()(check)
app.command()(screen)
app.command()(explain)
app.command()(whatif)
app.command()(replay)
app.command()(practice)
app.command()(worker)
app.command()(notifier)
app.add_typer(console, name="console")
app.command()(simulate)
app.command()(doctor)
app.add_typer(topics.app, name="topics")
app.add_typer(measures.app, name="measures")
app.add_typer(lists.app, name="lists")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(users.app, name="users")
app.add_typer(audit.app, name="audit")


def main() -> None:
    """Run the command line."""
    # A command says itself what failed; without a handler, Python writes every retry of the client
    # to the terminal. A worker's own logging still gets them.
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    app()


if __name__ == "__main__":
    main()
