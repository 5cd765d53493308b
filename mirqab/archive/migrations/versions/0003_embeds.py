"""The posts of social networks that an article shows are kept beside its text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; articles stored before have none."""
    op.add_column("articles", sa.Column("embeds", sa.Text(), nullable=False, server_default="[]"))
