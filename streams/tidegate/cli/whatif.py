"""`tidegate whatif`: what packs would change for the open shipments, before anybody publishes."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidegate.cli.terminal import instant, note, say, say_json, table, told_errors, wrong_use

if TYPE_CHECKING:
    from tidegate.agents.whatif import Group, OpenBook
    from tidegate.measures.tables import Tables
    from tidegate.ops.settings import Settings

TOLD_EVERY_SECONDS = 2.0
_WORDS = {
    "newly_held": "newly held",
    "no_longer_held": "no longer held",
    "newly_in_review": "newly in review",
    "no_longer_in_review": "no longer in review",
    "other_outcome": "another outcome, the same action",
    "held_on_trial": "that measures on trial would hold, without effect",
}


def whatif(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of packs to try; the shipped ones.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="Decide as of this instant (RFC 3339); now.")
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option("--from", help="Ask of all that was decided from this instant on (RFC 3339)."),
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", help="And up to this one; to the end of the journal.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say which open shipments packs would hold or free, by measure, destination and value.

    The open shipments are read from what the workers keep of them. With `--from` or `--to` the
    recorded inputs of that time are decided again under the packs, as `tidegate replay --tables`
    does. Nothing is written, and nothing is published.
    """
    from tidegate.cli.replay import tell_over_time
    from tidegate.ops.packs import load_tables
    from tidegate.ops.settings import load_settings

    if from_ is not None or to is not None:
        if as_of is not None:
            wrong_use("--as-of is of the open shipments; --from and --to are of recorded ones")
        begins = None if from_ is None else instant(from_, "--from")
        ends = None if to is None else instant(to, "--to")
        with told_errors():
            packs = folder or load_settings().packs_dir
        tell_over_time(packs, begins, ends, json_)
        return
    at = instant(as_of)
    with told_errors():
        settings = load_settings()
        tables = load_tables(folder or settings.packs_dir, settings.cache_dir)
        tell_whatif(settings, tables, at, json_)


def tell_whatif(settings: Settings, tables: Tables, at: datetime, json_: bool) -> None:
    """Print what these tables would change.

    Raises:
        KafkaError: the broker cannot be reached, or has no such topic.
    """
    from tidegate.agents.whatif import KINDS

    book = asyncio.run(_read(settings))
    groups = _compared(book, tables, at)
    changed = sum(groups[kind].shipments for kind in KINDS)
    if json_:
        say_json(
            {
                "version": tables.version,
                "as_of": at.isoformat(),
                "open": len(book),
                "unchanged": len(book) - changed,
                **{kind: group.as_json() for kind, group in groups.items()},
            }
        )
        return
    say(f"Version {tables.version}, {len(book)} open shipments at {at.isoformat()}")
    for kind, group in groups.items():
        if group.shipments:
            _say_group(_WORDS[kind], group.as_json())
    say(f"{len(book) - changed} unchanged")


async def _read(settings: Settings) -> OpenBook:
    from tidegate.agents.deployment import runtime_config
    from tidegate.agents.topics import SHIPMENTS_CHANGELOG
    from tidegate.agents.whatif import OpenBook
    from tidegate.cli.topic_reader import read_to_end

    note("reading the open shipments")
    book, said = OpenBook(), monotonic()
    async for record in read_to_end(runtime_config(settings), SHIPMENTS_CHANGELOG):
        book.learn((record.key or b"").decode(), record.value)
        if monotonic() - said > TOLD_EVERY_SECONDS:
            note(f"  {len(book)} so far")
            said = monotonic()
    return book


def _compared(book: OpenBook, tables: Tables, at: datetime) -> dict[str, Group]:
    from tidegate.agents.whatif import KINDS, ON_TRIAL, Group, change_of, on_trial

    note(f"deciding {len(book)} shipments by version {tables.version}")
    groups, said = {kind: Group() for kind in (*KINDS, ON_TRIAL)}, monotonic()
    for number, (state, judgement) in enumerate(book.judged(tables, at)):
        for change in (change_of(state, judgement), on_trial(state, judgement)):
            if change is not None:
                groups[change.kind].add(change)
        if monotonic() - said > TOLD_EVERY_SECONDS:
            note(f"  {number} of {len(book)}")
            said = monotonic()
    return groups


def _say_group(words: str, group: dict[str, Any]) -> None:
    values = ", ".join(f"{value} {currency}" for currency, value in group["values"].items())
    say(f"\n{group['shipments']} {words}" + (f", worth {values}" if values else ""))
    for title, counts in (("MEASURE", "by_measure"), ("DESTINATION", "by_destination")):
        rows = [(name, str(number)) for name, number in group[counts].items()]
        for line in table(rows, (title, "SHIPMENTS")) if rows else ():
            say(f"  {line}")
    for one in group["examples"]:
        say(f"  {one['shipment_id']}: {one['before']['outcome']} -> {one['after']['outcome']}")
        if one["because"]:
            say(f"    {one['because']}")
