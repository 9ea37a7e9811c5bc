"""The tables that hold what the topics say. All can be dropped and read again.

Instants are milliseconds since 1970 UTC, sums of money whole thousandths of the unit, so that both
databases sort and add them exactly. A record's own JSON lies in `body`, as
it was written: what a page shows of a decision is the record.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from tidegate.console.store.columns import Instant, Word
from tidegate.console.store.database import metadata

PROJECTED: dict[str, Any] = {"projected": True}
"""Marks a table that `tidegate console rebuild` may drop."""


def _table(name: str, *columns: Any) -> Table:
    return Table(name, metadata, *columns, info=PROJECTED)


positions = _table(
    "positions",
    Column("topic", Word, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("next_offset", BigInteger, nullable=False),
)
"""The first offset not yet in the tables, by topic (logical name) and partition. Written in the
transaction that writes the rows."""

projection = _table(
    "projection",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("cluster", String, nullable=False),
    Column("prefix", String, nullable=False),
)
"""One row: which Kafka cluster the tables were read from, and how its topics' names begin."""

gaps = _table(
    "gaps",
    Column("topic", Word, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("from_offset", BigInteger, primary_key=True, autoincrement=False),
    Column("to_offset", BigInteger, nullable=False),
    Column("noticed_at", Instant, nullable=False),
)
"""Records that were gone before they were read (retention, or a topic made anew)."""

unreadable = _table(
    "unreadable",
    Column("topic", Word, primary_key=True),
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    Column("written_at", Instant, nullable=False),
    Column("reason", Text, nullable=False),
)
"""Records of Tidegate's own topics that the console could not read."""

facts = _table(
    "facts",
    Column("shipment_id", Word, primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("status", Word, nullable=False),
    Column("export_country", Word, nullable=False),
    Column("destination_country", Word, nullable=False),
    Column("money", Text, nullable=False),
    Column("parties", Text, nullable=False),
    Column("citations", Text, nullable=False),
    Column("event_id", Word, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)
"""Every revision of a shipment. `money` is its value by currency and `citations` its lines that
cite licenses, in JSON; `parties` the folded and the written names, for search. A country that is
not stated is empty, so that it sorts."""

decisions = _table(
    "decisions",
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("decision_id", Word, nullable=False),
    Column("shipment_id", Word, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("outcome", Word, nullable=False),
    Column("action", Word, nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("tables_version", Word, nullable=False),
    Column("latency_ms", BigInteger),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("partition", "offset"),
    Index(None, "shipment_id", "offset"),
    Index(None, "decision_id"),
)
"""Every decision, where it stands in its topic. `latency_ms`: from the event's record to this
one's, for the first decision of a revision."""

shipments = _table(
    "shipments",
    Column("shipment_id", Word, primary_key=True),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("decision_id", Word, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("status", Word, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("outcome", Word, nullable=False),
    Column("action", Word, nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("since", Instant, nullable=False),
    Column("released_by", Text, nullable=False),
    Column("cites", Boolean, nullable=False),
)
"""Each shipment's decision in force. `since`: when the unbroken run of this action began."""

holds = _table(
    "holds",
    Column("shipment_id", Word, primary_key=True),
    Column("decision_id", Word, nullable=False),
    Column("action", Word, nullable=False),
    Column("outcome", Word, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("since", Instant, nullable=False),
    Column("as_of", Instant, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("status", Word, nullable=False),
    Column("export_country", Word, nullable=False),
    Column("destination_country", Word, nullable=False),
    Column("currency", Word, nullable=False),
    Column("value_mills", BigInteger, nullable=False),
    Column("money", Text, nullable=False),
    Column("measures", Text, nullable=False),
    Column("unknown", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("citation", Text, nullable=False),
    Column("advice", Text),
    Column("parties", Text, nullable=False),
    Index(None, "since", "shipment_id"),
    Index(None, "rank", "shipment_id"),
    Index(None, "destination_country", "shipment_id"),
    Index(None, "currency", "value_mills", "shipment_id"),
    Index(None, "as_of", "shipment_id"),
    Index(None, "action", "since", "currency", "value_mills"),
)
"""The queue: open shipments whose action is hold or review. `measures` are those that hold it,
strongest first, parted by bars; `currency` and `value_mills` are set where all is in one currency,
and serve sorting."""

hold_measures = _table(
    "hold_measures",
    Column("measure", Word, nullable=False),
    Column("shipment_id", Word, nullable=False),
    PrimaryKeyConstraint("measure", "shipment_id"),
    Index(None, "shipment_id"),
)
"""Which measures hold which shipment, for the queue's filter."""

hold_totals = _table(
    "hold_totals",
    Column("action", Word, nullable=False),
    Column("measure", Word, nullable=False),
    Column("destination_country", Word, nullable=False),
    Column("currency", Word, nullable=False),
    Column("total", BigInteger, nullable=False),
    PrimaryKeyConstraint("action", "measure", "destination_country", "currency"),
)
"""The queue summed up. Measure `*` counts each shipment once; currency `*` counts shipments, any
other sums thousandths of it."""

hold_changes = _table(
    "hold_changes",
    Column("minute", BigInteger, nullable=False),
    Column("action", Word, nullable=False),
    Column("measure", Word, nullable=False),
    Column("currency", Word, nullable=False),
    Column("change", BigInteger, nullable=False),
    PrimaryKeyConstraint("minute", "action", "measure", "currency"),
)
"""How the totals changed in each minute (since 1970) of the decisions' own instants."""

decision_minutes = _table(
    "decision_minutes",
    Column("minute", BigInteger, nullable=False),
    Column("outcome", Word, nullable=False),
    Column("action", Word, nullable=False),
    Column("decisions", BigInteger, nullable=False),
    PrimaryKeyConstraint("minute", "outcome", "action"),
)
"""Decisions written in each minute."""

latency_minutes = _table(
    "latency_minutes",
    Column("minute", BigInteger, nullable=False),
    Column("up_to_ms", BigInteger, nullable=False),
    Column("decisions", BigInteger, nullable=False),
    PrimaryKeyConstraint("minute", "up_to_ms"),
)
"""How long events waited for their decisions, by minute, in steps (`latency.STEPS_MS`)."""

dispositions = _table(
    "dispositions",
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("disposition_id", Word, nullable=False),
    Column("shipment_id", Word, nullable=False),
    Column("kind", Word, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("partition", "offset"),
    Index(None, "shipment_id", "offset"),
    Index(None, "disposition_id"),
    Index(None, "written_at"),
)
"""What people decided, as it stands in the log; the worker may have refused it (dead letters)."""

alerts = _table(
    "alerts",
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("alert_id", Word, nullable=False),
    Column("kind", Word, nullable=False),
    Column("severity", Word, nullable=False),
    Column("shipment_id", Word),
    Column("license_id", Word),
    Column("title", Text, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("partition", "offset"),
    Index(None, "alert_id"),
    Index(None, "shipment_id"),
    Index(None, "license_id"),
    Index(None, "written_at"),
)

licenses = _table(
    "licenses",
    Column("license_id", Word, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("regime", Word, nullable=False),
    Column("authority", Word),
    Column("license_type", Word, nullable=False),
    Column("status", Word, nullable=False),
    Column("review", Word),
    Column("valid_to", Word),
    Column("names", Text, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "status", "license_id"),
)
"""Each license at its last revision. `names` are the folded names on it, for search."""

license_revisions = _table(
    "license_revisions",
    Column("license_id", Word, primary_key=True),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("status", Word, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("event_id", Word, nullable=False),
    Column("body", Text, nullable=False),
)

license_uses = _table(
    "license_uses",
    Column("license_id", Word, nullable=False),
    Column("shipment_id", Word, nullable=False),
    Column("line", Integer, nullable=False),
    Column("answer", Word, nullable=False),
    Column("license_revision", BigInteger),
    Column("quantity", Word),
    Column("unit", Word),
    Column("value", Word),
    Column("currency", Word),
    PrimaryKeyConstraint("license_id", "shipment_id", "line"),
    Index(None, "shipment_id"),
)
"""Lines of shipments that cite a license, with its owner's answer as the decision in force has it
(`unanswered` where it names none)."""

dead_letters = _table(
    "dead_letters",
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("topic", Word, nullable=False),
    Column("topic_partition", Integer, nullable=False),
    Column("topic_offset", BigInteger, nullable=False),
    Column("field", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("record_key", Word),
    Column("size_bytes", Integer, nullable=False),
    Column("preview", Text, nullable=False),
    Column("written_at", Instant, nullable=False),
    PrimaryKeyConstraint("partition", "offset"),
    Index(None, "written_at"),
    Index(None, "topic", "record_key"),
)
"""Records that could not be used; the original itself stays in its topic."""


deliveries = _table(
    "deliveries",
    Column("delivery_id", Word, primary_key=True),
    Column("endpoint", Word, nullable=False),
    Column("channel", Word, nullable=False),
    Column("status", Word, nullable=False),
    Column("kind", Word),
    Column("severity", Word, nullable=False),
    Column("shipment_id", Word),
    Column("license_id", Word),
    Column("record_key", Word, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "written_at"),
    Index(None, "status", "written_at"),
    Index(None, "shipment_id"),
)
"""Where each delivery of an alert stands."""

delivery_steps = _table(
    "delivery_steps",
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("delivery_id", Word, nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("partition", "offset"),
    Index(None, "delivery_id", "offset"),
)
"""Every step of every delivery: what was tried when, and what was answered."""

endpoints = _table(
    "endpoints",
    Column("endpoint", Word, primary_key=True),
    Column("disabled", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
"""Endpoints that were ever disabled, as they stand now."""


practice = _table(
    "practice",
    Column("counted", Word, nullable=False),
    Column("subject", Word, nullable=False),
    Column("week", Word, nullable=False),
    Column("destination", Word, nullable=False),
    Column("item_group", Word, nullable=False),
    Column("observed", Word, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("as_of", Instant, nullable=False),
    PrimaryKeyConstraint("counted", "destination", "item_group", "observed"),
    Index(None, "subject", "week"),
)
"""What is observed of civil exports. `counted` is the record's key: one partition's week."""


def projected() -> list[Table]:
    """Return the tables that are filled from topics, whichever room declares them."""
    # In the order of declaration: none refers to another, and the other rooms need not be there.
    return [table for table in metadata.tables.values() if table.info.get("projected")]


def empty_projection(connection: Connection) -> None:
    """Drop all projected tables and make them anew, in this version's form."""
    tables = projected()
    metadata.drop_all(connection, tables)
    metadata.create_all(connection, tables)
