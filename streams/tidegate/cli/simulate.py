"""`tidegate simulate`: traffic made from the real lists, to Kafka or to a file."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from tidegate.cli.terminal import bad, instant, note, say, say_json, told_errors, wrong_use

if TYPE_CHECKING:
    from tidegate.cli.traffic.message import Message
    from tidegate.cli.traffic.traffic import Traffic

FIRST_INSTANT = datetime(2026, 11, 23, tzinfo=UTC)
"""Where a file's time begins unless said: the same seed gives the same bytes on any day."""
LONG = 20_000  # records; from here on a word is said before the work
NEEDS_A_RECORD = ("rubbish:null_value", "rubbish:wrong_key")
"""What is wrong only in a Kafka record, and cannot be shown in a file of events."""
FILE_RATE = 10.0  # events in a second of the file's time


def simulate(
    events: Annotated[int, typer.Option("--events", min=1, help="How many records.")] = 1000,
    rate: Annotated[
        float | None,
        typer.Option("--rate", min=0.01, help="Records a second; as fast as it goes, if not set."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same traffic.")] = 1,
    rubbish: Annotated[
        float, typer.Option("--rubbish", min=0, max=1, help="Share of unusable records.")
    ] = 0.01,
    held: Annotated[
        float, typer.Option("--held", min=0, max=1, help="Share of shipments that will be held.")
    ] = 0.05,
    bootstrap: Annotated[
        str | None, typer.Option("--bootstrap", help="Kafka to produce to: host:port.")
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", help="Write NDJSON to this file (- is stdout).")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--start", help="Time of the first event (RFC 3339).")
    ] = None,
    packs: Annotated[
        Path | None, typer.Option("--packs", help="Folder of restriction tables.")
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print a summary as JSON.")] = False,
) -> None:
    """Make traffic from the real lists: shipments, licenses, notes, and some rubbish.

    To Kafka, events happen now. In a file, they happen from --start on (2026-11-23 by default);
    rubbish that takes a Kafka record (no value, wrong key) is left out there.
    """
    from tidegate.cli.traffic.listed import Listed
    from tidegate.cli.traffic.traffic import Mix, Traffic
    from tidegate.ops.packs import read_packs
    from tidegate.ops.settings import WrongSettings, load_settings

    if output is not None and bootstrap is not None:
        wrong_use("give --output or --bootstrap, not both")
    if output == "-" and json_:
        wrong_use("--json and --output - would both write to standard output")
    if held > MOST_HELD:
        wrong_use(f"--held {held}: at most {MOST_HELD}")
    first = FIRST_INSTANT if start is None else instant(start)
    try:
        settings = load_settings(**({"kafka_bootstrap_servers": bootstrap} if bootstrap else {}))
    except WrongSettings as error:
        wrong_use(str(error))
    with told_errors():
        listed = Listed(read_packs(packs or settings.packs_dir))
    traffic = Traffic(listed, seed, Mix(held=held, rubbish=rubbish))
    began = time.monotonic()
    if output is not None:
        kinds = _to_file(traffic, output, events, rate or FILE_RATE, first)
        target = output
    else:
        target = settings.kafka_bootstrap_servers
        kinds = asyncio.run(_to_kafka(traffic, settings, events, rate, first if start else None))
    summary = _summary(kinds, target, seed, time.monotonic() - began)
    if json_:
        say_json(summary)
    elif output != "-":
        say(
            f"{summary['events']} records to {target} in {summary['seconds']} s: "
            + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        )


MOST_HELD = 0.8  # the rest is shared by reviews, authorised and ordinary shipments


def _to_file(
    traffic: Traffic, output: str, events: int, rate: float, first: datetime
) -> Counter[str]:
    kinds: Counter[str] = Counter()
    try:
        with contextlib.ExitStack() as stack:
            file: BinaryIO = sys.stdout.buffer
            if output != "-":
                file = stack.enter_context(Path(output).open("wb"))
            advance = stack.enter_context(_progress(events))
            number = 0
            while kinds.total() < events:
                message = traffic.next(first + timedelta(seconds=number / rate))
                number += 1
                if message.value is None or message.kind in NEEDS_A_RECORD:
                    continue
                file.write(message.value + b"\n")
                kinds[message.kind] += 1
                advance(1)
    except OSError as error:
        wrong_use(f"{output}: {error.strerror}")
    return kinds


async def _to_kafka(
    traffic: Traffic, settings: Any, events: int, rate: float | None, first: datetime | None
) -> Counter[str]:
    from aiokafka.errors import KafkaError

    from tidegate.cli.producing import TrafficProducer
    from tidegate.cli.terminal import kafka_words

    kinds: Counter[str] = Counter()
    loop = asyncio.get_running_loop()
    try:
        async with TrafficProducer(settings) as producer:
            with _progress(events) as advance:
                began = loop.time()

                def acknowledged(message: Message) -> None:
                    kinds[message.kind] += 1
                    advance(1)

                for number in range(events):
                    if rate is not None:
                        await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
                    passed = timedelta(seconds=loop.time() - began)
                    at = datetime.now(UTC) if first is None else first + passed
                    await producer.send(traffic.next(at), acknowledged)
                await producer.flush()
    except (KafkaError, OSError) as error:
        bad(kafka_words(error, settings.kafka_bootstrap_servers))
    return kinds


def _summary(kinds: Counter[str], target: str, seed: int, seconds: float) -> dict[str, Any]:
    events = kinds.total()
    return {
        "target": target,
        "seed": seed,
        "events": events,
        "rubbish": sum(count for kind, count in kinds.items() if kind.startswith("rubbish:")),
        "kinds": dict(sorted(kinds.items())),
        "seconds": round(seconds, 3),
        "events_per_second": round(events / seconds, 1) if seconds > 0 else None,
    }


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on the terminal's standard error; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        if total >= LONG:
            note(f"making {total} records ...")
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("traffic"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("traffic", total=total)
        yield lambda count: progress.advance(task, count)
