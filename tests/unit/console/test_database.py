"""The console's schema: made by its migrations, on SQLite and on PostgreSQL."""

from datetime import UTC, datetime, timedelta

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from tidegate.console.store.database import Database, metadata
from tidegate.console.store.holds import HoldFilter, HoldSort, hold_page
from tidegate.console.store.licenses import license_file, license_page, license_states
from tidegate.console.store.overview import overview, series
from tidegate.console.store.records import alert_page, dead_letter_page, disposition_page
from tidegate.console.store.schema import projected
from tidegate.console.store.shipments import find_shipments, shipment_file

NOW = datetime(2026, 11, 25, tzinfo=UTC)


def test_the_migrations_make_what_the_code_declares(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_second_migration_changes_nothing(database: Database) -> None:
    database.migrate()
    database.migrate()


def test_the_projected_tables_can_be_taken_away_and_made_again(database: Database) -> None:
    names = {table.name for table in projected()}
    database.downgrade("store@base")
    with database.read() as connection:
        assert names.isdisjoint(inspect(connection).get_table_names())
    database.migrate()
    with database.read() as connection:
        assert names <= set(inspect(connection).get_table_names())


def test_an_empty_store_answers_that_there_is_nothing(database: Database) -> None:
    with database.read() as connection:
        shown = overview(connection, NOW)
        assert (shown.held.shipments, shown.reviewed.shipments, shown.by_measure) == (0, 0, ())
        assert [bucket.shipments for bucket in shown.by_age] == [0] * len(shown.by_age)
        assert (shown.rate.decisions, shown.latency.within_ms(0.95)) == (0, None)
        hours = series(connection, NOW - timedelta(days=1), NOW, timedelta(hours=1))
        assert [point.shipments for point in hours.points] == [0] * 24
        for sort in HoldSort:
            page = hold_page(connection, NOW, HoldFilter(party="三菱", shipment="S"), sort)
            assert (page.rows, page.total, page.more, page.next) == ((), 0, False, None)
        assert shipment_file(connection, "SHP-1") is None
        assert find_shipments(connection, "SHP") == ()
        assert (license_file(connection, "LIC-1"), license_states(connection)) == (None, ())
        assert license_page(connection).rows == ()
        for one in (alert_page, disposition_page, dead_letter_page):
            assert one(connection).rows == ()
