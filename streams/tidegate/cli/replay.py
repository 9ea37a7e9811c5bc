"""`tidegate replay`: decide again what was recorded, and compare; or ask what other tables say."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidegate.cli.terminal import (
    BAD,
    bad,
    instant,
    note,
    say,
    say_json,
    table,
    told_errors,
    wrong_use,
)

if TYPE_CHECKING:
    from tidegate.agents.replay.partition import Job, Outcome, Told
    from tidegate.ops.settings import Settings

TOLD_EVERY_SECONDS = 2.0


def replay(
    from_: Annotated[
        str | None,
        typer.Option("--from", help="Compare decisions from this instant on (RFC 3339); all."),
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", help="Stop at this instant; at the end of the journal.")
    ] = None,
    tables: Annotated[
        str | None,
        typer.Option(
            "--tables", help="Ask what these tables answer: a published version, or a folder."
        ),
    ] = None,
    shipment: Annotated[
        str | None, typer.Option("--shipment", help="Compare the decisions of one shipment only.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run recorded inputs through the engine of today with the tables of then, and compare.

    Every decision must come out byte for byte as it was recorded; exit code 1 where one does not.
    The journal is read from its beginning, since state is made by all that came before. An
    interrupted replay goes on when the same is asked again. Nothing is written to any topic.
    """
    from tidegate.ops.settings import load_settings

    begins = None if from_ is None else instant(from_, "--from")
    ends = None if to is None else instant(to, "--to")
    if begins is not None and ends is not None and ends < begins:
        wrong_use("--to is before --from")
    with told_errors(), TemporaryDirectory(prefix="tidegate-replay-") as folder:
        found = _replayed(load_settings(), Path(folder), begins, ends, tables, shipment)
    if shipment is not None and not (found.result.decisions or found.answers.shipments):
        bad(f"no decision on a shipment {shipment!r} is recorded in that time")
    if tables is not None:
        _tell_answers(found, json_)
        return
    _tell_result(found, json_)
    if found.result.differing:
        raise typer.Exit(BAD)


def tell_over_time(
    folder: Path, begins: datetime | None, ends: datetime | None, json_: bool
) -> None:
    """Print what packs would have answered to the recorded inputs of a span of time.

    Args:
        folder: The packs.
        begins: Decisions are compared from this instant on; None: all.
        ends: Inputs are taken up to this instant; None: to the end of the journal.
        json_: Print JSON.
    """
    from tidegate.ops.settings import load_settings

    if begins is not None and ends is not None and ends < begins:
        wrong_use("--to is before --from")
    with told_errors(), TemporaryDirectory(prefix="tidegate-replay-") as versions:
        found = _replayed(load_settings(), Path(versions), begins, ends, str(folder), None)
    _tell_answers(found, json_)


def _replayed(
    settings: Settings,
    folder: Path,
    begins: datetime | None,
    ends: datetime | None,
    tables: str | None,
    shipment: str | None,
) -> Outcome:
    from tidegate.agents.deployment import runtime_config
    from tidegate.agents.replay.partition import Job
    from tidegate.agents.replay.replay import jobs, replay
    from tidegate.agents.replay.rerun import HistoryGap
    from tidegate.agents.replay.versions import version_named, write_versions
    from tidegate.agents.topics import MEASURES
    from tidegate.cli.topic_reader import read_to_end

    config = runtime_config(settings)
    versions = asyncio.run(write_versions(read_to_end(config, MEASURES), folder))
    other = None
    if tables is not None:
        other = Path(tables)
        if not other.is_dir():
            version = version_named(tables, versions)
            if version is None:
                wrong_use(f"--tables {tables}: neither a folder of packs nor a published version")
            other = folder / version
    question = Job(
        settings,
        partition=0,
        partitions=0,
        versions=folder,
        other=other,
        begins=begins,
        ends=ends,
        shipment_id=shipment,
        checkpoint=settings.cache_dir / "replays",
    )
    try:
        wanted = asyncio.run(jobs(question))
        return replay(wanted, _Progress(wanted).told)
    except (HistoryGap, LookupError, TimeoutError) as error:
        bad(str(error))
    except KeyboardInterrupt:
        note("interrupted; the same question goes on from here")
        raise typer.Exit(BAD) from None


class _Progress:
    """Says now and then how far all partitions have come together."""

    def __init__(self, wanted: list[Job]) -> None:
        self._shares = {job.partition: 0.0 for job in wanted}
        self._events = dict.fromkeys(self._shares, 0)
        self._began = self._said = monotonic()

    def told(self, told: Told) -> None:
        self._shares[told.partition] = told.share
        self._events[told.partition] = told.events
        now = monotonic()
        if now - self._said < TOLD_EVERY_SECONDS:
            return
        self._said = now
        share = sum(self._shares.values()) / len(self._shares)
        events = sum(self._events.values())
        filled = int(share * 30)
        rate = events / (now - self._began)
        note(f"  [{'#' * filled}{'.' * (30 - filled)}] {share:4.0%}  {events} events, {rate:.0f}/s")


def _tell_result(found: Outcome, json_: bool) -> None:
    result = found.result
    if json_:
        say_json(
            {
                "decisions": result.decisions,
                "differ": result.differing,
                "fields": dict(result.fields.most_common()),
                "differences": result.shown,
                "transactions": found.transactions,
                "events": found.events,
            }
        )
        return
    for difference in result.shown:
        _say_difference(difference)
    if result.differing > len(result.shown):
        say(f"... and {result.differing - len(result.shown)} more")
    if result.fields:
        rows = [(name, str(count)) for name, count in result.fields.most_common()]
        for line in table(rows, ("DIFFERS IN", "DECISIONS")):
            say(line)
    say(f"{result.decisions} decisions, {result.differing} differ")


def _say_difference(difference: dict[str, Any]) -> None:
    say(f"{difference['shipment_id']}: {', '.join(difference['fields'])}")
    for side in ("recorded", "again"):
        decision = difference[side]
        if decision is None:
            say(f"  {side}: nothing")
            continue
        say(
            f"  {side}: revision {decision['revision']} at {decision['as_of']}:"
            f" {decision['action']} {decision['outcome']}"
        )
        for reason in decision["reasons"]:
            say(f"    {reason['outcome']} {reason['measure']} ({reason['instrument']})")


def _tell_answers(found: Outcome, json_: bool) -> None:
    answers = found.answers.as_json()
    if json_:
        say_json({**answers, "transactions": found.transactions, "events": found.events})
        return
    say(f"{answers['shipments']} shipments, {answers['same']} answered as they were decided")
    if answers["outcomes"]:
        rows = [
            (one["recorded"], one["answered"], str(one["shipments"])) for one in answers["outcomes"]
        ]
        say("")
        for line in table(rows, ("DECIDED", "ANSWERED", "SHIPMENTS")):
            say(line)
    if answers["measures"]:
        rows = [
            (name, str(one["more"]), str(one["fewer"])) for name, one in answers["measures"].items()
        ]
        say("")
        for line in table(rows, ("HOLD OR REVIEW BY", "NEWLY", "NO LONGER")):
            say(line)
    for one in answers["examples"]:
        say(f"  {one['shipment_id']}: {one['recorded']} -> {one['answered']}")
