"""Which tables a partition decides with, and how far its walk over open shipments has come."""

from __future__ import annotations

from tidegate.events.model import RecordModel
from tidegate.events.values import Instant

TABLES_KEY = "t:current"


class TablesState(RecordModel):
    """The partition's version; `cursor` is the last key walked, None when no walk is under way.

    While a walk is under way `before` is the version that it came from, so that only the shipments
    which the change concerns are decided again.
    """

    version: str | None = None
    published_at: Instant | None = None
    cursor: str | None = None
    before: str | None = None
