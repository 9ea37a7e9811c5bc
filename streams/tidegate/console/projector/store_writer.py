"""Write one batch into the store: rows and positions, all or nothing.

In one database transaction, in this order:
1. the positions move from where this process read them to where the batch ends. Where they stand
   elsewhere, another process writes to the same store: nothing of this batch is written;
2. inputs (events of shipments and licenses, dispositions), then what was made of them: a decision
   needs its event's facts;
3. what could not be read, by place and reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from tidegate.agents import topics
from tidegate.console.projector.batch import Batch, Place, Unreadable, Written
from tidegate.console.projector.decisions import write_decisions
from tidegate.console.projector.facts import Facts
from tidegate.console.projector.records import (
    write_alerts,
    write_dead_letters,
    write_deliveries,
    write_dispositions,
    write_licenses,
    write_practice,
)
from tidegate.console.projector.statements import insert_new
from tidegate.console.store.database import Database
from tidegate.console.store.schema import gaps, positions, projection, unreadable
from tidegate.measures.validity import from_ms
from tidegate.ops.topics import DELIVERIES_TOPIC
from tidegate.runtime.record import Record
from tidegate.runtime.spec import DEAD_LETTERS

INPUTS = (topics.SHIPMENTS, topics.LICENSES, topics.DISPOSITIONS)
OUTPUTS = (topics.DECISIONS, topics.ALERTS, DEAD_LETTERS, DELIVERIES_TOPIC, topics.PRACTICE)
LONGEST_REASON = 2000


class Superseded(Exception):
    """The positions are not where this process left them: another one writes to this store."""


class OtherDeployment(Exception):
    """The store was filled from another Kafka cluster or another deployment's topics."""


class StoreWriter:
    """Writes batches of one deployment into one store. Blocking; one call at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._facts = Facts()

    def open(self, cluster: str, prefix: str) -> Mapping[Place, int]:
        """Return the positions to go on from, by topic and partition.

        Args:
            cluster: The Kafka cluster's id.
            prefix: What the names of the deployment's topics begin with.

        Raises:
            OtherDeployment: the store was read from elsewhere.
        """
        self._facts.forget()
        with self._database.begin() as connection:
            row = connection.execute(select(projection)).one_or_none()
            if row is None:
                connection.execute(insert(projection).values(id=1, cluster=cluster, prefix=prefix))
            elif (row.cluster, row.prefix) != (cluster, prefix):
                raise OtherDeployment(
                    f"the store was read from cluster {row.cluster!r}, topics {row.prefix!r}*;"
                    f" this is {cluster!r}, {prefix!r}*. `tidegate console rebuild` reads it anew"
                )
            found = connection.execute(select(positions)).all()
        return {(row.topic, row.partition): row.next_offset for row in found}

    def write(self, batch: Batch) -> Written:
        """Write a batch; a record that the database refuses is put aside, the others are written.

        Raises:
            Superseded: another process writes to this store.
            OperationalError: the database cannot be reached; nothing was written.
        """
        try:
            return self._write(batch)
        except (OperationalError, Superseded):
            self._facts.forget()
            raise
        except (DBAPIError, ValueError, ArithmeticError, LookupError, TypeError):
            # One record is at fault, and the batch would fail for ever. Which one, is found out.
            self._facts.forget()
            return self._write_one_by_one(batch)

    def note_gap(self, place: Place, stands: int | None, begins: int) -> None:
        """Write down that records from `stands` up to `begins` were gone, and go on there."""
        with self._database.begin() as connection:
            _move(connection, {place: (stands, begins)})
            topic, partition = place
            row = {"topic": topic, "partition": partition, "from_offset": stands or 0}
            insert_new(
                connection, gaps, [{**row, "to_offset": begins, "noticed_at": datetime.now(UTC)}]
            )

    def _write(self, batch: Batch, refused: Iterable[Unreadable] = ()) -> Written:
        told = Written(records=len(batch.records), unreadable=list(refused))
        by_topic: dict[str, list[Record]] = {}
        for record in batch.records:
            by_topic.setdefault(record.topic, []).append(record)
        with self._database.begin() as connection:
            _move(connection, batch.moves)
            for topic in (*INPUTS, *OUTPUTS):
                if topic in by_topic:
                    self._write_topic(connection, topic, by_topic[topic], told)
            insert_new(connection, unreadable, [_unreadable_row(one) for one in told.unreadable])
        told.topics = set(by_topic)
        return told

    def _write_topic(
        self, connection: Connection, topic: str, records: list[Record], told: Written
    ) -> None:
        if topic == topics.SHIPMENTS:
            self._facts.write(connection, records, told)
        elif topic == topics.DECISIONS:
            write_decisions(connection, records, self._facts, told)
        else:
            _WRITERS[topic](connection, records, told)

    def _write_one_by_one(self, batch: Batch) -> Written:
        whole = Written()
        stands = {place: before for place, (before, _) in batch.moves.items()}
        for record in sorted(batch.records, key=lambda r: r.topic not in INPUTS):
            place = (record.topic, record.partition)
            moves = {place: (stands[place], record.offset + 1)}
            stands[place] = record.offset + 1
            try:
                one = self._write(Batch([record], moves))
            except (OperationalError, Superseded):
                raise
            except (DBAPIError, ValueError, ArithmeticError, LookupError, TypeError) as error:
                self._facts.forget()
                one = self._write(Batch([], moves), [Unreadable(record, _told(error))])
            whole.records += 1
            whole.decisions += one.decisions
            whole.holds += one.holds
            whole.unreadable += one.unreadable
            whole.shipments |= one.shipments
            whole.licenses |= one.licenses
            whole.topics.add(record.topic)
        # Behind the last record may be marks of transactions, which no reader sees.
        rest = {place: (stands[place], end) for place, (_, end) in batch.moves.items()}
        self._write(Batch([], rest))
        return whole


_WRITERS: Mapping[str, Callable[[Connection, Iterable[Record], Written], None]] = {
    topics.LICENSES: write_licenses,
    topics.DISPOSITIONS: write_dispositions,
    topics.ALERTS: write_alerts,
    DEAD_LETTERS: write_dead_letters,
    DELIVERIES_TOPIC: write_deliveries,
    topics.PRACTICE: write_practice,
}


def _move(connection: Connection, moves: Mapping[Place, tuple[int | None, int]]) -> None:
    for (topic, partition), (before, after) in sorted(moves.items()):
        if before is None:
            try:
                row = {"topic": topic, "partition": partition, "next_offset": after}
                connection.execute(insert(positions).values(row))
            except IntegrityError:
                raise Superseded(f"{topic}-{partition} has a position already") from None
            continue
        moved = connection.execute(
            update(positions)
            .where(positions.c.topic == topic, positions.c.partition == partition)
            .where(positions.c.next_offset == bindparam("before"))
            .values(next_offset=after),
            {"before": before},
        )
        if moved.rowcount != 1:
            raise Superseded(f"{topic}-{partition} does not stand at {before} any more")


def _unreadable_row(one: Unreadable) -> dict[str, object]:
    record = one.record
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "written_at": from_ms(record.timestamp_ms),
        "reason": one.reason[:LONGEST_REASON].replace("\0", "�"),
    }


def _told(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(cause).__name__}: {cause}"
