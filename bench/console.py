"""`python -m bench.console`: how fast the console's store takes decisions, and answers the queue.

Processor time, since others may run beside; wall time beside it. Without a broker: records as the
agents write them, many times over under other ids, straight into the store.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import insert, select

from tests.support.history import BEGINS, history, write
from tidegate.agents.topics import DECISIONS, SHIPMENTS
from tidegate.console.projector.batch import Place
from tidegate.console.projector.source import BATCH_RECORDS
from tidegate.console.projector.store_writer import StoreWriter
from tidegate.console.store.database import Database
from tidegate.console.store.holds import HoldFilter, HoldSort, hold_page
from tidegate.console.store.schema import hold_measures, holds
from tidegate.events.decision import Outcome
from tidegate.runtime.record import Record


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="bench.console", description=__doc__)
    parser.add_argument("--url", help="the database; a new SQLite file where not given")
    parser.add_argument("--copies", type=int, default=40, help="of some 680 decisions each")
    parser.add_argument("--holds", type=int, default=100_000, help="rows of the queue")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = Database(options.url or f"sqlite:///{folder}/console.db")
        database.migrate()
        _written(database, options.copies)
        _asked(database, options.holds)
        database.close()


def _written(database: Database, copies: int) -> None:
    writer = StoreWriter(database)
    for topics, words in (((SHIPMENTS,), "events"), ((DECISIONS,), "decisions")):
        records = list(_copies(copies, topics))
        stands = dict(writer.open("bench", ""))
        wall, cpu = time.perf_counter(), time.process_time()
        write(writer, records, stands, BATCH_RECORDS)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(
            f"{len(records)} {words}: {len(records) / wall:.0f} a second, by processor time", end=""
        )
        print(f" {len(records) / cpu:.0f}")


def _copies(copies: int, topics: tuple[str, ...]) -> Iterator[Record]:
    ends: Counter[Place] = Counter()
    for number in range(copies):
        for record in history():
            if record.topic in topics and record.key:
                key = record.key + b"-%05d" % number
                value = (record.value or b"").replace(b'"%b"' % record.key, b'"%b"' % key)
                place = (record.topic, record.partition)
                yield replace(record, offset=ends[place], key=key, value=value)
                ends[place] += 1


def _asked(database: Database, wanted: int) -> None:
    with database.begin() as connection:
        rows = [dict(row._mapping) for row in connection.execute(select(holds))]
        for number in range(max(0, wanted - len(rows)) // len(rows)):
            later = timedelta(minutes=number % 20_000)
            made = [
                {
                    **row,
                    "shipment_id": f"{row['shipment_id']}+{number}",
                    "since": row["since"] - later,
                }
                for row in rows
            ]
            connection.execute(insert(holds), made)
            connection.execute(
                insert(hold_measures),
                [
                    {"measure": measure, "shipment_id": row["shipment_id"]}
                    for row in made
                    for measure in row["measures"].split("|")
                ],
            )
    measure = rows[0]["measures"].split("|")[0]
    filters = (
        HoldFilter(),
        HoldFilter(measure=measure, destination="JP"),
        HoldFilter(outcome=Outcome.PROHIBITED, destination="JP"),
        HoldFilter(party="三菱"),
        HoldFilter(party="nobody at all"),
        HoldFilter(at_least=timedelta(days=5)),
        HoldFilter(assignee="-"),
    )
    taken = []
    with database.read() as connection:
        for chosen in filters:
            for sort in HoldSort:
                for descending in (False, True):
                    begun = time.process_time()
                    hold_page(connection, BEGINS, chosen, sort, descending=descending)
                    taken.append((time.process_time() - begun) * 1000)
    p95 = statistics.quantiles(taken, n=20)[-1]
    middle = statistics.median(taken)
    print(f"queue of {wanted}: p50 {middle:.0f} ms, p95 {p95:.0f} ms, worst {max(taken):.0f} ms")


if __name__ == "__main__":
    main()
