"""`tidegate practice`: what was said of civil exports, and beside it what is observed of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidegate.cli.terminal import note, say, say_json, table, told_errors

if TYPE_CHECKING:
    from tidegate.agents.practice_report import PracticeReport
    from tidegate.measures.statement import Statement
    from tidegate.ops.settings import Settings

_WORDS = {"in_review": "in review", "given_up": "given up"}
WEEK = r"^\d{4}-W\d{2}$"


def practice(
    destination: Annotated[
        str | None, typer.Option(help="Only exports to this country, such as JP.")
    ] = None,
    item_group: Annotated[
        str | None, typer.Option(help="Only these goods, such as CN:1C905 or HS:2846.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Only this ISO week and later ones, such as 2026-W02.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Only this ISO week and earlier ones.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Set what was announced of civil exports beside what is observed of them.

    Counted is each license application and each shipment that states a civil end use, once, where
    it stands now, in the week of its acceptance or first event. The owners publish their counts
    within half a minute of a change.
    """
    from tidegate.agents.practice_report import PracticeReport
    from tidegate.ops.settings import load_settings

    for week in (since, until):
        _must_be_week(week)
    report = PracticeReport(destination, item_group, since, until)
    with told_errors(), TemporaryDirectory(prefix="tidegate-practice-") as folder:
        settings = load_settings()
        statements = asyncio.run(_read(settings, Path(folder), report))
    told = report.as_json(statements)
    if json_:
        say_json(told)
        return
    for line in _lines(told):
        say(line)


def _must_be_week(week: str | None) -> None:
    import re

    from tidegate.cli.terminal import wrong_use

    if week is not None and re.match(WEEK, week) is None:
        wrong_use(f"{week} is no ISO week: write 2026-W02")


async def _read(settings: Settings, folder: Path, report: PracticeReport) -> tuple[Statement, ...]:
    """Read all counts into the report; return what the newest published tables say was said."""
    from tidegate.agents.deployment import runtime_config
    from tidegate.agents.replay.versions import write_versions
    from tidegate.agents.topics import MEASURES, PRACTICE
    from tidegate.cli.topic_reader import read_to_end
    from tidegate.ops.packs import load_tables

    config = runtime_config(settings)
    note("reading what is observed")
    async for record in read_to_end(config, PRACTICE):
        report.learn(record.key or b"", record.value)
    versions = await write_versions(read_to_end(config, MEASURES), folder)
    if not versions:
        return ()
    return load_tables(folder / versions[-1], settings.cache_dir).statements


def _lines(told: dict[str, Any]) -> Iterator[str]:
    if told["as_of"] is None:
        yield "Nothing has been counted yet."
        return
    for said in told["stated"]:
        yield f"Stated on {said['said_on']}, on exports to {', '.join(said['destinations'])}:"
        yield f"  {said['text']['en']}"
        yield f"  {said['instrument']}, {said['article']} [{said['id']}]"
        yield f"  {said['authority']}; read in: {said.get('source_url', said['source'])}"
        yield ""
    yield f"Observed, as of {told['as_of']}:"
    for subjects, counts in told["observed"].items():
        yield f"  {counts['total']} civil {subjects}{_shares(counts)}"
    for country in sorted({one for said in told["stated"] for one in said["destinations"]}):
        for subjects, counts in told["by_destination"].get(country, {}).items():
            yield f"  to {country}: {counts['total']} civil {subjects}{_shares(counts)}"
    for title, group in (
        ("DESTINATION", "by_destination"),
        ("ITEM GROUP", "by_item_group"),
        ("WEEK", "by_week"),
    ):
        for subjects in ("applications", "shipments"):
            rows = {n: one[subjects] for n, one in told[group].items() if one[subjects]["total"]}
            if not rows:
                continue
            names = [name for name in next(iter(rows.values())) if name != "total"]
            header = (title, subjects.upper(), *(_WORDS.get(n, n).upper() for n in names))
            yield ""
            yield from table(
                [
                    (name, str(one["total"]), *(str(one[n]) for n in names))
                    for name, one in rows.items()
                ],
                header,
            )
    yield ""
    yield "Counted is what states a civil end use; whether it is true, each decision says."


def _shares(counts: dict[str, int]) -> str:
    total = counts["total"]
    named = [(name, count) for name, count in counts.items() if name != "total" and count]
    if not named:
        return ""
    return ": " + ", ".join(
        f"{count} {_WORDS.get(name, name)} ({count / total:.0%})" for name, count in named
    )
