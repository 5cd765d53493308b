"""What tells copies and stories: signatures, agencies, persons' regroupings, when a flagged page is looked at again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add tables and columns; the signatures of what is stored are made by the first crawl after."""
    op.create_table(
        "signatures",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_signatures_article"),
        sa.PrimaryKeyConstraint("number", name="pk_signatures"),
        sa.UniqueConstraint("article", name="uq_signatures_article"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_signatures_day", "signatures", ["day"], unique=False)
    op.create_table(
        "weights",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("weights", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_weights"),
    )
    op.create_table(
        "regroupings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("other", sa.Text(), nullable=False),
        sa.Column("articles", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("undone_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["story"], ["stories.id"], name="fk_regroupings_story"),
        sa.ForeignKeyConstraint(["other"], ["stories.id"], name="fk_regroupings_other"),
        sa.PrimaryKeyConstraint("id", name="pk_regroupings"),
    )
    op.create_index("ix_regroupings_story", "regroupings", ["story"], unique=False)
    op.create_index("ix_regroupings_other", "regroupings", ["other"], unique=False)
    op.add_column("articles", sa.Column("agencies", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("articles", sa.Column("placed_by", sa.Text()))
    op.add_column("entries", sa.Column("check_at", sa.DateTime(timezone=True)))
    op.add_column("entries", sa.Column("checks", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_entries_check_at", "entries", ["check_at"], unique=False)
    op.add_column("flags", sa.Column("developed_at", sa.DateTime(timezone=True)))
    op.add_column("flags", sa.Column("development", sa.Text(), nullable=False, server_default="[]"))
