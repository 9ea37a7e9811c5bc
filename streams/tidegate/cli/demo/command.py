"""`tidegate demo`: see it work, with a broker of its own, within a minute."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli.terminal import bad, note, say, say_json, told_errors

if TYPE_CHECKING:
    from tidegate.cli.demo.scene import Scene, View
    from tidegate.cli.demo.show import Show


def demo(
    seconds: Annotated[
        float | None,
        typer.Option("--seconds", min=1, help="Run the show this long; else until Ctrl-C."),
    ] = None,
    rate: Annotated[float, typer.Option("--rate", min=1, help="Events a second.")] = 100.0,
    workers: Annotated[int, typer.Option("--workers", min=1, max=8, help="Workers.")] = 2,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same traffic.")] = 1,
    packs: Annotated[
        Path | None, typer.Option("--packs", help="Folder of restriction tables.")
    ] = None,
    console: Annotated[
        bool, typer.Option("--console/--no-console", help="Serve the console beside it.")
    ] = True,
    json_: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Plain lines, no screen.")] = False,
) -> None:
    """Watch it work: embedded broker, workers, console, and traffic made from the real lists.

    The console's address and a password made for this run are shown: open it, and see what is held
    and why while the traffic runs.

    A license is suspended and its shipments are held again; a new version of the tables is
    published and the open book is decided again. --seconds counts from the first traffic on.
    Everything ends, and is removed, with the show; it also ends when the broker, which keeps all
    of it in memory, has 2 GiB. Exit code 1: a part of it failed.
    """
    from tidegate.cli.demo.show import Program, Show
    from tidegate.cli.demo.stage import StageFailed
    from tidegate.cli.embedded import BrokerFailed
    from tidegate.ops.packs import read_packs
    from tidegate.ops.settings import default_packs_dir

    # What clients log of a broker that comes and goes is no news here.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    with told_errors():
        files = read_packs(packs or default_packs_dir())
        view = _view(json_, plain)
        program = Program(files, seconds, rate, seed, workers, console)
        try:
            scene = asyncio.run(_run(Show(program, view)))
        except (StageFailed, BrokerFailed) as error:
            bad(f"the demonstration has ended: {error}")
    if scene.ended_because is not None:
        note(f"The demonstration ended by itself: {scene.ended_because}.")
    if json_:
        say_json(scene.summary())
    else:
        _say_summary(scene)


async def _run(show: Show) -> Scene:
    await show.run()
    return show.scene


def _view(json_: bool, plain: bool) -> View:
    from tidegate.cli.demo.lines import Lines

    if json_:
        return Lines(note)
    if plain or not sys.stdout.isatty():
        return Lines(_say_now)
    from rich.console import Console

    from tidegate.cli.demo.screen import Screen

    return Screen(Console())


def _say_now(text: str) -> None:
    say(text)
    sys.stdout.flush()


def _say_summary(scene: Scene) -> None:
    summary = scene.summary()
    latency = summary["latency"]
    say(
        f"\nIn {summary['seconds']} s: {summary['events']} events, {summary['decisions']} decisions"
        f" (p50 {latency['p50_ms']} ms, p99 {latency['p99_ms']} ms from event to decision),"
        f" {summary['alerts']} alerts."
    )
    say(
        f"Every event is accounted for: {summary['applied']} applied,"
        f" {summary['duplicates']} duplicates, {summary['dead_letters']} dead letters."
        if summary["applied"] + summary["duplicates"] + summary["dead_letters"] == summary["events"]
        else f"{summary['applied']} applied, {summary['duplicates']} duplicates,"
        f" {summary['dead_letters']} dead letters; the rest was still on its way."
    )
    say(
        f"Open at the end: {summary['open_shipments']} shipments, {summary['holds']} held,"
        f" {summary['reviews']} to review."
    )
    for beat in scene.beats:
        took = "" if beat.seconds is None else f", {beat.seconds:.2f} s"
        say(f"  {beat.cause} -> {beat.effect or 'cut short'}{took}")
