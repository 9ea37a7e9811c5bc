"""What the topics of a deployment hold after some traffic: made by the agents, without Kafka."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from tests.support.tables import PACKS, shipped
from tidegate.agents import topics
from tidegate.agents.desk import Desk
from tidegate.agents.shelf import Shelf
from tidegate.agents.specs import agents
from tidegate.cli.traffic.listed import Listed
from tidegate.cli.traffic.traffic import Mix, Traffic
from tidegate.console.projector.batch import Batch, Place, Written
from tidegate.console.projector.store_writer import INPUTS, OUTPUTS, StoreWriter
from tidegate.events.codec import canonical
from tidegate.events.control import TablesControl
from tidegate.ops.packs import read_packs
from tidegate.runtime.memory import MemoryRuntime
from tidegate.runtime.record import Record

BEGINS = datetime(2026, 11, 23, 8, tzinfo=UTC)
STEP = timedelta(seconds=20)
PARTITIONS = 4
SITUATIONS = Mix(held=0.25, reviewed=0.15, authorised=0.2, rubbish=0.02)


@lru_cache(maxsize=2)
def history(events: int = 600, seed: int = 5) -> tuple[Record, ...]:
    """Return all records that the console reads, in the order in which they came to be."""
    shelf, tables = Shelf(), shipped()
    shelf.put(tables)
    runtime = MemoryRuntime(agents(shelf, Desk()), PARTITIONS)
    control = canonical(TablesControl(version=tables.version, published_at=BEGINS))
    for partition in range(PARTITIONS):
        runtime.append(topics.CONTROL, None, control, partition=partition)
    runtime.run(BEGINS)
    traffic = Traffic(Listed(read_packs(PACKS)), seed, SITUATIONS)
    for number in range(events):
        at = BEGINS + STEP * (number + 1)
        message = traffic.next(at)
        key = None if message.key is None else message.key.decode(errors="replace")
        runtime.append(message.topic, key, message.value)
        runtime.run(at)
    places = {name: place for place, name in enumerate((*INPUTS, *OUTPUTS))}
    records = [record for name in places for record in runtime.outputs(name)]
    return tuple(
        sorted(records, key=lambda r: (r.timestamp_ms, places[r.topic], r.partition, r.offset))
    )


def write(
    writer: StoreWriter, records: Sequence[Record], stands: dict[Place, int], size: int = 1000
) -> list[Written]:
    """Write records in batches from where the store stands, as the projector would."""
    told = []
    for begin in range(0, len(records), size):
        chunk = [
            record
            for record in records[begin : begin + size]
            if record.offset >= stands.get((record.topic, record.partition), 0)
        ]
        ends = {(record.topic, record.partition): record.offset + 1 for record in chunk}
        moves = {place: (stands.get(place), end) for place, end in ends.items()}
        told.append(writer.write(Batch(chunk, moves)))
        stands.update(ends)
    return told
