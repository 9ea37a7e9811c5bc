"""The desk's tables: the console's own. What was sent is in the log as well; the rest is not."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from tidegate.console.store.columns import Instant, Word
from tidegate.console.store.database import metadata

outbox = Table(
    "desk_outbox",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("disposition_id", Word, nullable=False, unique=True),
    Column("shipment_id", Word, nullable=False),
    Column("decision_id", Word),
    Column("kind", String(30), nullable=False),
    Column("by", String(100), nullable=False),
    Column("body", Text, nullable=False),
    Column("decided_at", Instant, nullable=False),
    # Where the log ended before the first try: a try whose answer was lost lies behind it.
    Column("from_offset", BigInteger),
    Column("sent_at", Instant),
    Column("sequence", BigInteger),
    Column("partition", Integer),
    Column("offset", BigInteger),
    Index(None, "shipment_id", "number"),
    Index(None, "sent_at"),
)
"""What was decided here, in order; without `sent_at` it is still to be sent."""

proposals = Table(
    "desk_proposals",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("shipment_id", Word, nullable=False, index=True),
    Column("decision_id", Word, nullable=False),
    Column("kind", String(30), nullable=False),
    Column("body", Text, nullable=False),
    Column("proposed_by", ForeignKey("identity_users.id"), nullable=False),
    Column("proposer", String(100), nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("state", String(20), nullable=False, index=True),
    # Set while it is open: one open proposal of a kind for a shipment.
    Column("open_key", String(300), unique=True),
    Column("answered_by", String(100)),
    Column("answered_at", Instant),
    Column("answer", Text),
)
"""What one person proposed and another has to second. `body` is the disposition to be."""

assignments = Table(
    "desk_assignments",
    metadata,
    Column("shipment_id", Word, primary_key=True),
    Column("assignee", String(100), nullable=False, index=True),
    Column("assigned_by", String(100), nullable=False),
    Column("assigned_at", Instant, nullable=False),
)
"""Who has a shipment in hand."""

presence = Table(
    "desk_presence",
    metadata,
    Column("shipment_id", Word, primary_key=True),
    Column("user_id", ForeignKey("identity_users.id"), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("seen_at", Instant, nullable=False),
)
"""Who looked at a shipment, and when last."""

ALL = (outbox, proposals, assignments, presence)
