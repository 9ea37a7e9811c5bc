"""Make the tables of people, sessions, tokens and acts."""

from __future__ import annotations

from alembic import op

from tidegate.console.identity.tables import ALL
from tidegate.console.store.database import metadata

revision = "identity_0001"
down_revision = None
branch_labels = ("identity",)
depends_on = None


def upgrade() -> None:
    """Make them, empty."""
    metadata.create_all(op.get_bind(), ALL)


def downgrade() -> None:
    """Drop them, and with them everybody's access."""
    metadata.drop_all(op.get_bind(), ALL)
