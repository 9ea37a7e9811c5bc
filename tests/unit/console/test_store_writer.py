"""The store's rows are what the topics say: all of it, once, whatever way it was read."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tests.support.history import BEGINS, history, write
from tests.support.stored import rows_of
from tidegate.agents.alerting import values_by_currency
from tidegate.agents.topics import ALERTS, DECISIONS, SHIPMENTS
from tidegate.console.projector import decisions as decision_rows
from tidegate.console.projector.store_writer import OtherDeployment, StoreWriter, Superseded
from tidegate.console.store.database import Database
from tidegate.console.store.holds import HoldFilter, HoldSort, each_hold, hold_page
from tidegate.console.store.overview import overview, series
from tidegate.console.store.schema import holds, license_revisions, unreadable
from tidegate.console.store.shipments import shipment_file
from tidegate.events.codec import decode
from tidegate.events.decision import Action, Decision
from tidegate.events.errors import InvalidEvent
from tidegate.events.shipment import OPEN_STATUSES, Shipment
from tidegate.runtime.record import Record

NOW = BEGINS + timedelta(days=2)


def read(records: Iterable[Record], topic: str) -> list[Record]:
    return [record for record in records if record.topic == topic]


def decided(records: Iterable[Record]) -> dict[str, list[Decision]]:
    """Return every shipment's decisions, by the topic alone."""
    found: dict[str, list[Decision]] = defaultdict(list)
    for record in read(records, DECISIONS):
        decision = decode(record.value, max_bytes=1 << 30).read(Decision)
        found[decision.shipment_id].append(decision)
    return found


def facts(records: Iterable[Record]) -> dict[tuple[str, int], Shipment]:
    found: dict[tuple[str, int], Shipment] = {}
    for record in read(records, SHIPMENTS):
        try:
            shipment = decode(record.value, record.headers).read(Shipment)
        except InvalidEvent:
            continue
        if record.key == shipment.shipment_id.encode():
            found.setdefault((shipment.shipment_id, shipment.revision), shipment)
    return found


def in_queue(records: Iterable[Record]) -> dict[str, tuple[Decision, datetime]]:
    """Return what must be in the queue, and since when: worked out a second time, plainly."""
    queue: dict[str, tuple[Decision, datetime]] = {}
    for shipment_id, decisions in decided(records).items():
        run: list[Decision] = []
        for decision in decisions:
            closed = decision.inputs["status"] not in OPEN_STATUSES
            if closed or (run and run[-1].action is not decision.action):
                run = []
            if not closed:
                run.append(decision)
        if run and run[-1].action is not Action.PASS:
            queue[shipment_id] = (run[-1], run[0].as_of)
    return queue


@pytest.fixture
def writer(database: Database) -> StoreWriter:
    return StoreWriter(database)


def test_the_queue_is_what_the_decisions_say(filled: Database) -> None:
    expected = in_queue(history())
    with filled.read() as connection:
        rows = list(each_hold(connection, NOW, HoldFilter(), batch=7))
    assert len(expected) > 20
    assert {row.shipment_id: (row.decision_id, row.since) for row in rows} == {
        id_: (decision.decision_id, since) for id_, (decision, since) in expected.items()
    }
    for row in rows:
        decision, _ = expected[row.shipment_id]
        shipment = facts(history())[row.shipment_id, decision.revision]
        assert row.measures == tuple(
            dict.fromkeys(r.measure for r in decision.reasons if r.outcome.action is row.action)
        )
        assert row.destination_country == shipment.destination_country
        assert {v.currency: v.amount for v in row.values} == values_by_currency(shipment)
        assert set(row.parties) >= {party.name for party in shipment.parties}


def test_the_sums_are_those_of_the_queue(filled: Database) -> None:
    count: Counter[str] = Counter()
    value: dict[str, Decimal] = defaultdict(Decimal)
    for id_, (decision, _) in in_queue(history()).items():
        if decision.action is Action.HOLD:
            shipment = facts(history())[id_, decision.revision]
            because = {r.measure for r in decision.reasons if r.outcome.action is Action.HOLD}
            count.update([*because, "all", f"to {shipment.destination_country}"])
            for currency, amount in values_by_currency(shipment).items():
                value[currency] += amount
    with filled.read() as connection:
        shown = overview(connection, NOW)
        points = series(connection, BEGINS, NOW, timedelta(hours=1)).points
    assert shown.held.shipments == count["all"] > 10
    assert {one.key: one.shipments for one in shown.by_measure} == {
        key: n for key, n in count.items() if key != "all" and not key.startswith("to ")
    }
    assert {f"to {one.key}": one.shipments for one in shown.by_destination} == {
        key: n for key, n in count.items() if key.startswith("to ")
    }
    assert {one.currency: one.amount for one in shown.held.values} == value
    assert sum(bucket.shipments for bucket in shown.by_age) == count["all"]
    assert points[-1].shipments == count["all"]
    assert points[-1].values == shown.held.values


def test_the_series_counts_what_was_held_at_each_instant(filled: Database) -> None:
    with filled.read() as connection:
        points = series(connection, BEGINS, BEGINS + timedelta(hours=4), timedelta(minutes=30))
    for point in points.points:
        before = [
            r
            for r in history()
            if r.topic == DECISIONS
            and decode(r.value, max_bytes=1 << 30).read(Decision).as_of < point.at
        ]
        held = [d for d, _ in in_queue(before).values() if d.action is Action.HOLD]
        assert point.shipments == len(held), point.at


def test_the_size_of_batches_changes_nothing(
    database: Database, writer: StoreWriter, filled: Database
) -> None:
    write(writer, history(), dict(writer.open("cluster", "")), size=37)
    assert rows_of(database) == rows_of(filled)


def test_a_write_that_fails_halfway_leaves_nothing_and_is_done_again(
    database: Database,
    writer: StoreWriter,
    filled: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stands = dict(writer.open("cluster", ""))
    write(writer, history()[:500], stands)
    before = rows_of(database)

    def breaks(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("the server closed the connection"))

    with monkeypatch.context() as patch:
        # The last thing that decisions write: facts, history and queue are in the transaction.
        patch.setattr(decision_rows, "step_of", breaks)
        with pytest.raises(OperationalError):
            write(writer, history(), dict(stands))
    assert rows_of(database) == before
    write(writer, history(), dict(writer.open("cluster", "")))
    assert rows_of(database) == rows_of(filled)


def test_two_writers_of_one_store_double_nothing(
    database: Database, writer: StoreWriter, filled: Database
) -> None:
    other = StoreWriter(database)
    mine, theirs = dict(writer.open("cluster", "")), dict(other.open("cluster", ""))
    write(writer, history()[:300], mine)
    with pytest.raises(Superseded):
        write(other, history()[:100], theirs)
    write(other, history(), dict(other.open("cluster", "")))
    with pytest.raises(Superseded):
        write(writer, history()[300:], mine)
    assert rows_of(database) == rows_of(filled)


def test_a_store_that_was_read_from_elsewhere_is_refused(writer: StoreWriter) -> None:
    writer.open("cluster", "a.")
    with pytest.raises(OtherDeployment, match="tidegate console rebuild"):
        writer.open("cluster", "b.")


def test_what_cannot_be_read_is_put_aside_with_its_place(
    database: Database, writer: StoreWriter
) -> None:
    decision = next(r for r in history() if r.topic == DECISIONS)
    bad = [
        replace(decision, offset=0, value=b"\xff not JSON"),
        replace(decision, offset=1, value=b'{"specversion":"1.0","type":"x","data":{}}'),
        replace(decision, offset=2, value=(decision.value or b"").replace(b'"reasons"', b'"why"')),
        replace(decision, offset=3, value=None),
        replace(decision, offset=4, topic=ALERTS),
    ]
    write(writer, [*bad, replace(decision, offset=5)], dict(writer.open("cluster", "")))
    with database.read() as connection:
        told = connection.execute(select(unreadable.c.offset, unreadable.c.reason)).all()
        assert sorted(offset for offset, _ in told) == [0, 1, 2, 3, 4]
        assert shipment_file(connection, decision.key.decode() if decision.key else "")


def test_a_record_that_the_database_refuses_does_not_stop_the_others(
    database: Database, writer: StoreWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotten = read(history(), DECISIONS)[20]
    genuine_row = decision_rows._history_row

    def row(record: Record, *rest: object) -> dict[str, object]:
        if (record.partition, record.offset) == (rotten.partition, rotten.offset):
            raise ValueError("poison")
        return genuine_row(record, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(decision_rows, "_history_row", row)
    write(writer, history()[:400], dict(writer.open("cluster", "")))
    with database.read() as connection:
        told = connection.execute(select(unreadable)).one()
        assert (told.topic, told.offset) == (DECISIONS, rotten.offset)
        assert told.reason == "ValueError: poison"
        assert connection.execute(select(license_revisions)).first() is not None


def test_a_cursor_walks_the_queue_in_every_order_and_loses_no_row(filled: Database) -> None:
    with filled.read() as connection:
        everything = {row.shipment_id for row in connection.execute(select(holds))}
        for sort in HoldSort:
            for descending in (False, True):
                seen: list[str] = []
                cursor: str | None = None
                while True:
                    page = hold_page(
                        connection, NOW, sort=sort, descending=descending, cursor=cursor, limit=5
                    )
                    seen += [row.shipment_id for row in page.rows]
                    cursor = page.next
                    if cursor is None:
                        break
                assert len(seen) == len(everything) == page.total
                assert set(seen) == everything
