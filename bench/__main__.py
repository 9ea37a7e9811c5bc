"""`python -m bench`: measure on a real broker, and print a table.

Sizes are options. The figures are of this machine and this minute: set them beside each other, not
beside another machine's.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.events import license_, shipment
from bench.measurements import (
    Row,
    check_start,
    latency,
    names_of,
    publication,
    send,
    suspension,
    throughput,
)
from tests.support.deployment import Deployment
from tests.support.kafka import KafkaBroker, KafkaUnavailable


def main() -> int:
    """Run all measurements; return the exit code."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--shipments", type=int, default=20_000, help="backlog, and open book")
    parser.add_argument("--claims", type=int, default=2_000, help="shipments on one license")
    parser.add_argument("--rates", type=float, nargs="+", default=[100.0, 500.0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of each latency run")
    options = parser.parse_args()
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder:
        broker = KafkaBroker(Path(folder) / "kafka")
        try:
            broker.start()
        except KafkaUnavailable as problem:
            console.print(f"bench: {problem}")
            return 2
        try:
            rows = asyncio.run(_measure(broker, Path(folder), options, console))
        finally:
            broker.stop()
    table = Table("measured", "figure", "beside", title="Tidegate on Apache Kafka, one run")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    return 0


async def _measure(
    broker: KafkaBroker, folder: Path, options: argparse.Namespace, console: Console
) -> list[Row]:
    def deployment(name: str) -> Deployment:
        place = folder / name
        place.mkdir()
        made = Deployment(broker.bootstrap, f"{name}.", place, folder / "cache")
        made.prepare()
        return made

    rows: list[Row] = []
    console.print(f"screening a backlog of {options.shipments:,} shipments")
    backlog = deployment("backlog")
    rows += await throughput(backlog, options.shipments)
    with backlog.workers("bench-1"):
        console.print("publishing tables that concern all of them")
        plain = names_of(shipment(n) for n in range(options.shipments))
        packs = backlog.settings.packs_dir
        rows.append(await publication(backlog, packs, plain, options.shipments))
    live = deployment("live")
    with live.workers("bench-2"):
        await send(live, "trade.licenses", [license_(1, "active")])
        for rate in options.rates:
            for licensed in (False, True):
                console.print(f"latency at {rate:,.0f} /s, licensed: {licensed}")
                rows.append(await latency(live, rate, options.seconds, licensed))
        console.print(f"suspending a license with {options.claims:,} shipments")
        cited = [shipment(n, licensed=True) for n in range(options.claims)]
        await send(live, "trade.shipments", cited)
        rows.append(await suspension(live, names_of(cited), 2))
    console.print("starting tidegate check")
    rows += [check_start(live, cold=True), check_start(live, cold=False)]
    return rows


if __name__ == "__main__":
    sys.exit(main())
