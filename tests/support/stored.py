"""What a console's store holds, row by row, to be compared with another's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from tidegate.console.store.database import Database
from tidegate.console.store.schema import gaps, positions, projected, projection

OF_THE_RUN = {positions.name, projection.name, gaps.name}
"""Tables that tell how a store was read, not what was read."""


def rows_of(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return all rows by table, in the order of their keys."""
    with database.read() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(select(table).order_by(*table.primary_key))
                if table.name not in ("hold_totals", "hold_changes") or row[-1]
            ]
            for table in projected()
            if table.name not in OF_THE_RUN
        }
