"""Make the projected tables.

They always have the form that this version's `schema` gives them: a later step that changes them
does the same again, and the topics fill them anew.
"""

from __future__ import annotations

from alembic import op

from tidegate.console.store.database import metadata
from tidegate.console.store.schema import empty_projection, projected

revision = "store_0001"
down_revision = None
branch_labels = ("store",)
depends_on = None


def upgrade() -> None:
    """Make the projected tables, empty."""
    empty_projection(op.get_bind())


def downgrade() -> None:
    """Drop them; the topics keep what was in them."""
    metadata.drop_all(op.get_bind(), projected())
