"""`tidegate measures`: check, show, compare and publish restriction tables."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidegate.cli.terminal import BAD, instant, note, say, say_json, table, told_errors

if TYPE_CHECKING:
    from tidegate.measures.tables import TableAlarm, TableMeasure, Tables

app = typer.Typer(no_args_is_help=True, help="Restriction tables.")

Folder = Annotated[
    Path | None, typer.Argument(help="Folder of packs; the shipped ones by default.")
]
Packs = Annotated[Path | None, typer.Option("--packs", help="The same, as an option.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def validate(
    folder: Folder = None,
    packs: Packs = None,
    json_: Json = False,
) -> None:
    """Check packs; every problem is told with its file and line. Exit code 1 where there is one."""
    from tidegate.measures.compiler import tables_from
    from tidegate.measures.errors import PackError
    from tidegate.ops.packs import read_packs

    try:
        tables = tables_from(read_packs(_folder(folder or packs)))
    except PackError as error:
        if json_:
            say_json({"valid": False, "problems": [_problem(p) for p in error.problems]})
        else:
            for problem in error.problems:
                say(str(problem))
        raise typer.Exit(BAD) from None
    if json_:
        say_json({"valid": True, "version": tables.version, "measures": len(tables.measures)})
    else:
        say(f"{len(tables.measures)} measures and {len(tables.parties)} listed parties are valid.")
        say(f"Version {tables.version}")


@app.command("list")
def list_(
    folder: Folder = None,
    packs: Packs = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Instant (RFC 3339).")] = None,
    json_: Json = False,
) -> None:
    """Show the measures with their state at an instant, the lists, and the alarms that run."""
    from tidegate.measures.validity import to_ms

    at_ms = to_ms(instant(as_of))
    tables = _tables(folder or packs)
    alarms = [alarm for alarm in tables.alarms if _runs(alarm, at_ms)]
    if json_:
        say_json(
            {
                "version": tables.version,
                "measures": [_measure(item, at_ms) for item in tables.measures],
                "lists": [
                    {"id": item.id, "title": item.title, "as_of": item.as_of, "n": item.entries}
                    for item in tables.lists.values()
                ],
                "alarms": [{"id": a.id, "measure": a.measure, "text": a.text} for a in alarms],
            }
        )
        return
    rows = [
        (
            item.measure.id,
            _state(item, at_ms),
            item.measure.outcome,
            _period(item),
            item.measure.instrument,
        )
        for item in tables.measures
    ]
    for line in table(rows, ("MEASURE", "STATE", "OUTCOME", "SINCE", "INSTRUMENT")):
        say(line)
    say("")
    lists = [(x.id, x.as_of, str(x.entries), x.title) for x in tables.lists.values()]
    for line in table(lists, ("LIST", "AS OF", "ENTRIES", "TITLE")):
        say(line)
    for alarm in alarms:
        say(f"\nALARM {alarm.measure}: {alarm.text}")
    say(f"\nVersion {tables.version}. Not legal advice.")


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(help="Folder of packs as they were.")],
    after: Annotated[Path | None, typer.Argument(help="As they are; the shipped ones.")] = None,
    json_: Json = False,
) -> None:
    """Say what changed between two folders of packs. Exit code 1 where anything did."""
    from tidegate.measures.diff import difference
    from tidegate.measures.loader import load
    from tidegate.ops.packs import read_packs

    with told_errors():
        found = difference(load(read_packs(before)), load(read_packs(_folder(after))))
    if json_:
        say_json(found.as_json())
    else:
        say(str(found))
    if found.changes:
        raise typer.Exit(BAD)


@app.command()
def publish(
    folder: Folder = None,
    packs: Packs = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Publish nothing: say what it would change.")
    ] = False,
    json_: Json = False,
) -> None:
    """Publish packs to the workers: all switch, and decide again whom the change concerns.

    Invalid packs are refused here, with file and line; nothing is published then. `--dry-run` says
    what `tidegate whatif` says of them.
    """
    from tidegate.agents.deployment import runtime_config
    from tidegate.agents.table_publisher import Published
    from tidegate.agents.table_publisher import publish as publish_tables
    from tidegate.cli.topics import require_topics
    from tidegate.cli.whatif import tell_whatif
    from tidegate.ops.packs import read_packs, tables_of
    from tidegate.ops.settings import load_settings

    with told_errors():
        settings = load_settings()
        files = read_packs(folder or packs or settings.packs_dir)
        note("checking the packs")
        tables = tables_of(files, settings.cache_dir)
        if dry_run:
            tell_whatif(settings, tables, datetime.now(UTC), json_)
            return
        note(f"publishing version {tables.version}")

        async def published_now() -> Published:
            await require_topics(settings)
            now = datetime.now(UTC)
            return await publish_tables(runtime_config(settings), files, tables.version, now)

        published = asyncio.run(published_now())
    if json_:
        say_json(
            {
                "version": published.version,
                "records": published.records,
                "partitions": published.partitions,
                "published_at": published.published_at.isoformat(),
            }
        )
    else:
        say(f"Published {published.version} to {published.partitions} partitions.")


def _folder(folder: Path | None) -> Path:
    from tidegate.ops.settings import load_settings

    with told_errors():
        return folder or load_settings().packs_dir


def _tables(packs: Path | None) -> Tables:
    from tidegate.ops.packs import load_tables
    from tidegate.ops.settings import load_settings

    with told_errors():
        return load_tables(_folder(packs), load_settings().cache_dir)


def _problem(problem: Any) -> dict[str, Any]:
    return {"file": problem.file, "line": problem.line, "reason": problem.reason}


def _measure(item: TableMeasure, at_ms: int) -> dict[str, Any]:
    plain = item.measure.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {
        **plain,
        "pack": item.pack,
        "regime": item.regime,
        "state": item.validity.force(at_ms),
    }


def _runs(alarm: TableAlarm, at_ms: int) -> bool:
    return alarm.since_ms <= at_ms and (alarm.until_ms is None or at_ms < alarm.until_ms)


def _state(item: TableMeasure, at_ms: int) -> str:
    """Say whether it applies, of a suspension its last day, and that it is on trial."""
    trial = ", on trial" if item.measure.shadow else ""
    force = item.validity.force(at_ms)
    pause = item.validity.pause(at_ms)
    if pause is None:
        return force.replace("_", " ") + trial
    last = next(s.to for s in item.measure.suspensions if s.basis == pause.basis)
    return f"suspended to {last or 'further notice'}{trial}"


def _period(item: TableMeasure) -> str:
    """Write the first and last day, in the authority's zone as the law has them."""
    days = item.measure.effective
    return f"{days.from_ or 'no date'}{'' if days.to is None else f' to {days.to}'}"
