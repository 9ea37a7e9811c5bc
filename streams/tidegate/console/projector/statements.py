"""Insert many rows at once, on either database, whether or not they are there already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete
from sqlalchemy.dialects import postgresql, sqlite

Row = dict[str, Any]


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert the rows whose key is not there yet; the others stay as they are."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def put(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, or overwrite those that have their keys."""
    if rows:
        insert = _insert(connection, table)
        key = [column.name for column in table.primary_key]
        others = {c.name: insert.excluded[c.name] for c in table.columns if c.name not in key}
        connection.execute(insert.on_conflict_do_update(index_elements=key, set_=others), rows)


def put_newer(connection: Connection, table: Table, rows: Sequence[Row], by: str) -> None:
    """Do as `put` does, where the row that is there is older by this column."""
    if rows:
        insert = _insert(connection, table)
        key = [column.name for column in table.primary_key]
        others = {c.name: insert.excluded[c.name] for c in table.columns if c.name not in key}
        newer = insert.excluded[by] > table.c[by]
        statement = insert.on_conflict_do_update(index_elements=key, set_=others, where=newer)
        connection.execute(statement, rows)


def add(
    connection: Connection, table: Table, counts: Mapping[tuple[Any, ...], int], column: str
) -> None:
    """Add numbers to the rows that have these keys, beginning with nothing.

    Args:
        connection: In a transaction.
        table: Its primary key is the counts' keys, in order.
        counts: What to add; what is 0 is left out.
        column: Where it is added.
    """
    key = [part.name for part in table.primary_key]
    # In the order of keys: two writers that come to the same rows wait for one another in turn.
    rows = [{**dict(zip(key, of, strict=True)), column: n} for of, n in sorted(counts.items()) if n]
    if rows:
        insert = _insert(connection, table)
        total = table.c[column] + insert.excluded[column]
        statement = insert.on_conflict_do_update(index_elements=key, set_={column: total})
        connection.execute(statement, rows)


def remove(connection: Connection, table: Table, column: str, values: Iterable[str]) -> None:
    """Delete the rows that have one of these values."""
    rows = [{"_value": value} for value in values]
    if rows:
        connection.execute(delete(table).where(table.c[column] == bindparam("_value")), rows)


def _insert(connection: Connection, table: Table) -> Any:
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
