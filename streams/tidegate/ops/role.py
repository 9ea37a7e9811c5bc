"""Name the kinds of processes that connect to Kafka; see `acls` for what each may do."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Who connects."""

    PRODUCER = "producer"
    """Sends shipments and licenses."""
    WORKER = "worker"
    CONSOLE = "console"
    NOTIFIER = "notifier"
    ADMIN = "admin"
    """Makes topics, publishes tables, and asks the doctor."""
    READER = "reader"
    """Reads results, and asks `explain`, `whatif` and `dead-letters list`."""
