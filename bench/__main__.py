"""`python -m bench`: measure on a real broker, and print tables.

Sizes are options. The figures are of this machine and this minute: set them beside each other, not
beside another machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.comparison import compare
from bench.costs import costs
from bench.cpu import machine
from bench.events import license_, shipment
from bench.latency import latency, section
from bench.measurements import check_start, names_of, publication, send, suspension
from bench.progress import tell
from bench.state_rows import state_rows
from bench.table import Section, as_data, as_text
from tests.support.deployment import Deployment
from tests.support.kafka import KafkaBroker, KafkaUnavailable

KINDS = (
    ("no license", False, False),
    ("with a license", True, False),
    ("no license, SIGKILL", False, True),
)
"""What is timed: words for it, whether shipments cite a license, whether the worker is killed."""


def main() -> int:
    """Run all measurements; return the exit code."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--backlog", type=int, default=100_000, help="shipments, for throughput")
    parser.add_argument("--book", type=int, default=20_000, help="open shipments, for tables")
    parser.add_argument("--claims", type=int, default=2_000, help="shipments on one license")
    parser.add_argument("--rates", type=int, nargs="+", default=[1_000, 5_000, 15_000])
    parser.add_argument("--seconds", type=float, default=10.0, help="of each latency run")
    parser.add_argument("--measures", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--open", type=int, nargs="+", default=[10_000, 200_000])
    parser.add_argument("--states", type=int, nargs="*", default=[100_000])
    parser.add_argument("--quick", action="store_true", help="small sizes, about two minutes")
    parser.add_argument("--json", action="store_true", help="print data, not text")
    options = parser.parse_args()
    if options.quick:
        options.backlog, options.book, options.seconds = 15_000, 2_000, 3.0
        options.rates, options.claims = [1_000], 500
        options.measures, options.open = [100, 1_000], [10_000]
        options.states = []
    with tempfile.TemporaryDirectory() as folder:
        broker = KafkaBroker(Path(folder) / "kafka")
        try:
            broker.start()
        except KafkaUnavailable as problem:
            tell(str(problem))
            return 2
        try:
            sections = asyncio.run(_measure(broker, Path(folder), options))
            if options.states:
                sections.append(state_rows(broker, Path(folder), options.states))
        finally:
            broker.stop()
    day = datetime.now(UTC).date().isoformat()
    if options.json:
        print(json.dumps({"date": day, "machine": machine(), "sections": as_data(sections)}))
    else:
        print(f"{day}, {machine()}; broker and all else on the same machine\n")
        print("\n\n".join(as_text(section) for section in sections))
    return 0


async def _measure(broker: KafkaBroker, folder: Path, options: argparse.Namespace) -> list[Section]:
    def deployment(name: str) -> Deployment:
        place = folder / name
        place.mkdir()
        made = Deployment(broker.bootstrap, f"{name}.", place, folder / "cache")
        made.prepare()
        return made

    sections = [
        await compare(deployment("backlog"), deployment("two"), options.backlog),
        await _latencies(deployment, options),
        costs(folder, options.measures, options.open, 2_000 if options.quick else 20_000),
    ]
    changes = Section("Changes and starts", ("", "figure", "beside"))
    book = deployment("book")
    with book.workers("bench-book"):
        tell(f"publishing tables that concern {options.book:,} open shipments")
        records = [shipment(n) for n in range(options.book)]
        await send(book, "trade.shipments", records)
        packs = book.settings.packs_dir
        changes.rows.append(await publication(book, packs, names_of(records), options.book))
    live = deployment("live")
    with live.workers("bench-live"):
        await send(live, "trade.licenses", [license_(1, "active")])
        tell(f"suspending a license with {options.claims:,} shipments")
        cited = [shipment(n, licensed=True) for n in range(options.claims)]
        await send(live, "trade.shipments", cited)
        changes.rows.append(await suspension(live, names_of(cited), 2))
    tell("starting tidegate check")
    changes.rows += [check_start(live, cold=True), check_start(live, cold=False)]
    # Words, which wrap: a figure, then what it is beside.
    told = [(title, "; ".join(filter(None, said))) for title, *said in changes.rows]
    return [*sections, Section(changes.title, ("", "figure"), told)]


async def _latencies(
    deployment: Callable[[str], Deployment], options: argparse.Namespace
) -> Section:
    found = section()
    # Each on topics of its own: a rate that is not sustained leaves a backlog behind.
    for rate in options.rates:
        for words, licensed, kill in KINDS:
            if kill and rate != min(options.rates):
                continue
            name = f"{rate}-{'killed' if kill else 'licensed' if licensed else 'plain'}"
            live = deployment(name)
            seconds = max(12.0, options.seconds) if kill else options.seconds
            with live.workers(name) as (worker,):
                await send(live, "trade.licenses", [license_(1, "active")])
                title = f"{rate:,} /s, {words}"
                found.rows.append(
                    await latency(live, worker, title, rate, seconds, 0, licensed, kill)
                )
    return found


if __name__ == "__main__":
    sys.exit(main())
