"""`tidegate doctor`: say what is wrong with the deployment, and what to do about it."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from tidegate.cli.terminal import BAD, say, say_json, told_errors
from tidegate.ops.role import Role


def doctor(
    role: Annotated[
        Role, typer.Option("--role", help="Whose rights the credentials in force should have.")
    ] = Role.WORKER,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Look at settings, disk, broker, rights, topics, tables, producers, clocks, group and state.

    Exit code 1 where something is wrong. Secrets are masked.
    """
    from tidegate.agents.state_check import check_state_format
    from tidegate.ops.doctor.examine import examine
    from tidegate.ops.settings import load_settings

    with told_errors():
        diagnosis = asyncio.run(
            examine(load_settings(), role, {"state format": check_state_format})
        )
    if json_:
        say_json(
            {
                "good": diagnosis.good,
                "checks": [check.as_dict() for check in diagnosis.checks],
                "settings": diagnosis.settings,
            }
        )
    else:
        for check in diagnosis.checks:
            say(f"{check.status.upper():7}  {check.name}: {check.found}")
            if check.advice:
                say(f"         to do: {check.advice}")
        say("\nSettings in force:")
        for name, value in diagnosis.settings.items():
            say(f"  {name} = {value}")
    if not diagnosis.good:
        raise typer.Exit(BAD)
