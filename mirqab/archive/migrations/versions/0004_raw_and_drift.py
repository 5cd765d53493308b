"""Where kept pages lie can be looked up by file; what an outlet's pages are usually like, and when they left that."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns, indexes and two tables."""
    op.add_column("outcomes", sa.Column("length", sa.Integer()))
    op.add_column("outcomes", sa.Column("quality", sa.Float()))
    op.add_column("outcomes", sa.Column("extractor", sa.Text()))
    op.add_column("outcomes", sa.Column("dated", sa.Boolean()))
    for table in ("outcomes", "articles", "versions"):
        op.create_index(f"ix_{table}_raw_file", table, ["raw_file", "raw_offset"], unique=False)
    op.create_table(
        "norms",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True)),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("norm", sa.Text()),
        sa.PrimaryKeyConstraint("outlet", name="pk_norms"),
    )
    op.create_table(
        "drifts",
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ending", sa.Text()),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("outlet", "measure", "since", name="pk_drifts"),
    )
