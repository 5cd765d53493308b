"""What is remembered of feeds and hosts between polls, gaps, and the brake on entries told anew for ever."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add columns in place: a table that others point at cannot be made anew inside a transaction."""
    op.add_column("polls", sa.Column("role", sa.Text(), nullable=False, server_default="feed"))
    op.add_column("polls", sa.Column("gap", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("polls", sa.Column("left_out", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("polls", sa.Column("robots", sa.Text()))
    op.add_column("polls", sa.Column("next_poll_at", sa.DateTime(timezone=True)))
    op.add_column("outcomes", sa.Column("robots", sa.Text()))

    op.execute("ALTER TABLE feeds RENAME COLUMN streak TO failures")
    op.add_column("feeds", sa.Column("failure_weight", sa.Float(), nullable=False, server_default="0"))
    op.add_column("feeds", sa.Column("last_full_at", sa.DateTime(timezone=True)))
    op.add_column("feeds", sa.Column("interval_s", sa.Float()))
    op.add_column("feeds", sa.Column("next_poll_at", sa.DateTime(timezone=True)))
    op.add_column("feeds", sa.Column("rhythm", sa.Text()))
    op.add_column("feeds", sa.Column("pace", sa.Text()))
    op.add_column("feeds", sa.Column("window", sa.Integer()))
    op.add_column("feeds", sa.Column("moved_to", sa.Text()))
    op.add_column("feeds", sa.Column("moved_times", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("feeds", sa.Column("gone_at", sa.DateTime(timezone=True)))
    op.add_column("feeds", sa.Column("trusts_304", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("feeds", sa.Column("distrusted_at", sa.DateTime(timezone=True)))
    op.add_column("feeds", sa.Column("last_gap_at", sa.DateTime(timezone=True)))
    op.add_column("feeds", sa.Column("gap_since", sa.DateTime(timezone=True)))
    op.add_column("feeds", sa.Column("gaps", sa.Integer(), nullable=False, server_default="0"))

    op.add_column("entries", sa.Column("after_gap", sa.DateTime(timezone=True)))
    op.add_column("entries", sa.Column("reopened_at", sa.DateTime(timezone=True)))
    op.add_column("entries", sa.Column("reopenings", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("carried", sa.Column("words", sa.Text()))

    op.create_table(
        "item_hashes",
        sa.Column("feed", sa.Integer(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["feed"], ["feeds.id"], name="fk_item_hashes_feed"),
        sa.PrimaryKeyConstraint("feed", name="pk_item_hashes"),
    )
    op.create_table(
        "hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True)),
        sa.Column("because", sa.Text()),
        sa.Column("robots_status", sa.Integer()),
        sa.Column("robots_at", sa.DateTime(timezone=True)),
        sa.Column("robots", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("host", name="pk_hosts"),
    )
