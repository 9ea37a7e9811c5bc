"""`tidegate topics`: make the topics of a deployment."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli.terminal import BAD, bad, note, say, say_json, told_errors
from tidegate.ops.role import Role

if TYPE_CHECKING:
    from tidegate.ops.settings import Settings
    from tidegate.ops.topic_admin import TopicReport

app = typer.Typer(no_args_is_help=True, help="Topics on the broker.")


@app.command()
def create(
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Create the topics that are missing; existing ones are left, and their differences told."""
    from tidegate.ops.settings import load_settings

    with told_errors():
        report = asyncio.run(make_topics(load_settings()))
    if json_:
        say_json(
            {
                "created": report.created,
                "missing": report.missing,
                "refused": dict(report.refused),
                "differences": [asdict(difference) for difference in report.differences],
            }
        )
    else:
        for name in report.created:
            say(f"created  {name}")
        for name, reason in report.refused.items():
            say(f"refused  {name}: {reason}")
        for difference in report.differences:
            say(f"differs  {difference}")
        if report.good and not report.created:
            say("All topics are there, as they should be.")
    if not report.good:
        raise typer.Exit(BAD)


@app.command()
def acls(
    role: Annotated[Role, typer.Option("--role", help="Who connects.")],
    principal: Annotated[
        str, typer.Option("--principal", help="As the broker names it, such as User:worker.")
    ],
    create: Annotated[
        bool, typer.Option("--create", help="Give the rights, with the credentials in force.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print, or give, the rights on the broker that a role needs, and no more.

    What is printed are commands of Kafka's own; admin.properties is the administrator's login.
    """
    from tidegate.ops import acls as rights
    from tidegate.ops.acl_admin import give
    from tidegate.ops.settings import load_settings
    from tidegate.ops.topic_admin import admin_client

    async def created() -> None:
        async with admin_client(settings) as client:
            await give(client, entries, principal)

    with told_errors():
        settings = load_settings()
        entries = rights.acls(settings, role)
        if create:
            asyncio.run(created())
            note(f"{len(entries)} rights given to {principal}")
    if json_:
        say_json([{"principal": principal, **asdict(entry)} for entry in entries])
    else:
        servers = settings.kafka_bootstrap_servers
        tool = f"kafka-acls.sh --bootstrap-server {servers} --command-config admin.properties"
        for entry in entries:
            say(f"{tool} {entry.command(principal)}")


async def require_topics(settings: Settings) -> None:
    """End with advice where a topic is missing: the client would only ask for it again and again.

    Raises:
        KafkaError: no broker answers.
    """
    from tidegate.ops.topic_admin import admin_client, inspect_topics
    from tidegate.ops.topics import topology

    async with admin_client(settings) as client:
        missing = (await inspect_topics(client, topology(settings))).missing
    if missing:
        bad(f"topics are missing: {', '.join(missing)}. Make them with `tidegate topics create`.")


async def make_topics(settings: Settings) -> TopicReport:
    """Create what is missing and report."""
    from tidegate.ops.topic_admin import admin_client, create_topics
    from tidegate.ops.topics import topology

    async with admin_client(settings) as client:
        return await create_topics(client, topology(settings))
