"""Make the desk's tables: what was decided here, proposals, assignments, presence."""

from __future__ import annotations

from alembic import op

from tidegate.console.desk.tables import ALL
from tidegate.console.store.database import metadata

revision = "desk_0001"
down_revision = None
branch_labels = ("desk",)
depends_on = "identity_0001"


def upgrade() -> None:
    """Make them, empty."""
    metadata.create_all(op.get_bind(), ALL)


def downgrade() -> None:
    """Drop them."""
    metadata.drop_all(op.get_bind(), ALL)
