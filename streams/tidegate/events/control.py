"""Control records: one a partition, telling it which table version to decide with from here on.

The other kinds of control records are `events.false_match.FalseMatchControl` and
`events.upcoming.UpcomingCount`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tidegate.events.model import RecordModel
from tidegate.events.values import Instant


class TablesControl(RecordModel):
    """Switch a partition to a version of the tables (`tidegate.control.v1`).

    The version's snapshot is written to `trade.measures` in the same Kafka transaction.
    """

    kind: Literal["tables"] = "tables"
    version: Annotated[str, Field(min_length=1, max_length=200)]
    published_at: Instant
