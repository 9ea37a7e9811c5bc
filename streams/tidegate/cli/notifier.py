"""`tidegate notifier`: deliver alerts until it is told to stop."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from tidegate.cli.terminal import told_errors, wrong_use


def notifier(
    instance: Annotated[
        str | None,
        typer.Option("--instance", help="Name for static membership; overrides the setting."),
    ] = None,
) -> None:
    """Deliver alerts to webhooks, Slack, PagerDuty, Alertmanager and mailboxes, at least once.

    One notifier works; more of them stand by. Ends with exit code 0 on SIGTERM or Ctrl-C; 2: a
    wrong setting, a wrong file of endpoints, or a port in use; 1: it failed, start it again.
    """
    from tidegate.notify.notifier import notify
    from tidegate.ops.logging import configure_logging
    from tidegate.ops.settings import load_settings
    from tidegate.runtime.loop import loop_factory

    overrides = {} if instance is None else {"instance_id": instance}
    with told_errors():
        settings = load_settings(**overrides)
        configure_logging(settings.log_level, settings.log_format)
        try:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                code = runner.run(notify(settings))
        except OSError as error:
            wrong_use(f"metrics on {settings.metrics_host}:{settings.metrics_port}: {error}")
    raise typer.Exit(int(code))
