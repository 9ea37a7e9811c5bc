"""The `tidegate` command: its sub-commands, and what becomes of an unexpected error."""

from __future__ import annotations

import typer

from tidegate.cli.check import check

app = typer.Typer(
    name="tidegate",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Says which shipments must not move, with the law cited.",
)


@app.callback()
def _root() -> None:
    """Keep sub-commands named, even where there is only one."""


app.command()(check)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
