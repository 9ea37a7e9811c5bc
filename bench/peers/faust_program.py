"""The stock Faust application: BOOTSTRAP SOURCE TARGET PARTITIONS CACHE GUARANTEE.

Same decoding, decision, alerts and state as in our worker. What differs is everything around it:
one event at a time, Faust's producer, Faust's table with its changelog, Faust's guarantees.
"""

from __future__ import annotations

import sys
from pathlib import Path

import faust
import uvloop

from bench.screening import Screening
from tidegate.agents.shipment_state import PREFIX
from tidegate.agents.topics import ALERTS, DECISIONS
from tidegate.ops.packs import load_tables
from tidegate.ops.settings import default_packs_dir
from tidegate.runtime.transaction import Transaction


class _Kept:
    """What the processor reads: shipments from Faust's table, the rest from memory."""

    def __init__(self, table: faust.Table) -> None:
        self._table = table
        self._own: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        if key.startswith(PREFIX):
            found: bytes | None = self._table.get(key.encode())
            return found
        return self._own.get(key)

    def keys_after(self, cursor: str, prefix: str, limit: int) -> list[str]:
        raise NotImplementedError("nothing is walked here")

    def write(self, transaction: Transaction) -> None:
        for key, value in transaction.changes.items():
            assert value is not None, "nothing is closed here"
            if key.startswith(PREFIX):
                self._table[key.encode()] = value
            else:
                self._own[key] = value


def application(arguments: list[str]) -> faust.App:
    """Return the application."""
    bootstrap, source, target, count, cache, guarantee = arguments
    partitions = int(count)
    app = faust.App(
        f"bench-faust-{guarantee.replace('_', '-')}",
        broker=f"kafka://{bootstrap}",
        processing_guarantee=guarantee,
        topic_partitions=partitions,
        topic_replication_factor=1,
        consumer_auto_offset_reset="earliest",
        web_enabled=False,
        datadir="faust-data",
        autodiscover=False,
    )
    raw = {"key_serializer": "raw", "value_serializer": "raw"}
    shipments = app.topic(source, **raw)
    outputs = {
        DECISIONS: app.topic(target, **raw),
        ALERTS: app.topic(f"{target}-alerts", **raw),
    }
    table = app.Table("book", partitions=partitions, key_type=bytes, value_type=bytes)
    tables = load_tables(default_packs_dir(), Path(cache))
    units: dict[int, tuple[Screening, _Kept]] = {}

    def unit(partition: int) -> tuple[Screening, _Kept]:
        if partition not in units:
            kept = _Kept(table)
            screening = Screening(tables, kept, partition, partitions)
            switched = screening.switched(tables.version)
            kept.write(switched)
            screening.applied(switched)
            units[partition] = screening, kept
        return units[partition]

    @app.agent(shipments)
    async def screen(stream: faust.Stream) -> None:
        async for event in stream.events():
            message = event.message
            screening, kept = unit(message.partition)
            transaction = screening.begin()
            screening.take(transaction, message.key, event.value, message.offset)
            kept.write(transaction)
            for output in transaction.outputs:
                headers = dict(output.headers)
                await outputs[output.topic].send(
                    key=output.key, value=output.value, headers=headers
                )
            screening.applied(transaction)

    return app


if __name__ == "__main__":
    uvloop.install()
    faust.Worker(application(sys.argv[1:]), loglevel="WARN").execute_from_commandline()
