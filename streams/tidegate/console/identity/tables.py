"""The tables of people, sessions, tokens and acts: the console's own, of which no topic knows."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from tidegate.console.store.columns import Instant
from tidegate.console.store.database import metadata

users = Table(
    "identity_users",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("name", String(100), nullable=False),
    # The name case-folded: the same person under another spelling is not a second one.
    Column("name_key", String(200), nullable=False, unique=True),
    Column("role", String(20), nullable=False),
    Column("password_hash", String(200)),
    Column("must_change_password", Boolean, nullable=False, default=False),
    Column("created_at", Instant, nullable=False),
    Column("disabled_at", Instant),
    Column("failures", Integer, nullable=False, default=0),
    Column("locked_until", Instant),
    # Who vouches for them, for people who sign in by OpenID Connect.
    Column("issuer", String(500)),
    Column("subject", String(255)),
    UniqueConstraint("issuer", "subject"),
)

sessions = Table(
    "identity_sessions",
    metadata,
    # A copy of the database lets nobody in: only the cookie holds the id itself.
    Column("id_hash", String(64), primary_key=True),
    Column("user_id", ForeignKey("identity_users.id"), nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

tokens = Table(
    "identity_tokens",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("user_id", ForeignKey("identity_users.id"), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("scopes", String(200), nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
)

acts = Table(
    "identity_acts",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Instant, nullable=False, index=True),
    Column("actor", String(100), nullable=False, index=True),
    Column("act", String(50), nullable=False, index=True),
    Column("subject", String(500), nullable=False, index=True),
    Column("address", String(100), nullable=False),
    Column("request_id", String(100), nullable=False),
    Column("detail", Text, nullable=False, default=""),
)

flows = Table(
    "identity_flows",
    metadata,
    Column("state_hash", String(64), primary_key=True),
    Column("nonce", String(100), nullable=False),
    Column("verifier", String(200), nullable=False),
    Column("onward", String(1000), nullable=False),
    Column("started_at", Instant, nullable=False),
)

answers = Table(
    "identity_answers",
    metadata,
    # Of user and Idempotency-Key: the answer to a write that may be asked for again.
    Column("key_hash", String(64), primary_key=True),
    Column("request_digest", String(64), nullable=False),
    Column("begun_at", Instant, nullable=False, index=True),
    Column("status", Integer),
    Column("media_type", String(100)),
    Column("body", LargeBinary),
)

ALL = (users, sessions, tokens, acts, flows, answers)
