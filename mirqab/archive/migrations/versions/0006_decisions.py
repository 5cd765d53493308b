"""What persons decided, with its history; what raised a flag, and whether its topic still flags the story.

By which topics an article was judged takes one row an article, however many topics there are.
"""

from __future__ import annotations

import hashlib
import itertools
import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and two columns; a flag that was withdrawn is not earned."""
    op.add_column("flags", sa.Column("raised_by", sa.Text(), nullable=False, server_default="crawl"))
    op.add_column("flags", sa.Column("earned", sa.Boolean(), nullable=False, server_default=sa.true()))
    flags = sa.table("flags", sa.column("state", sa.Text()), sa.column("earned", sa.Boolean()))
    op.execute(sa.update(flags).where(flags.c.state == "withdrawn").values(earned=False))
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("topic_version", sa.Text(), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["story"], ["stories.id"], name="fk_decisions_story"),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_decisions_article"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
    )
    op.create_index("ix_decisions_story_topic", "decisions", ["story", "topic"], unique=False)
    _gather_topics()


def _gather_topics() -> None:
    """Put what judged an article into one row of it, and the topics into a row of a table of their own."""
    conn = op.get_bind()
    rows = conn.execute(sa.text("SELECT article, topic, version FROM judged ORDER BY article, topic")).all()
    op.drop_table("judged")
    sets = op.create_table(
        "topic_sets",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_topic_sets"),
    )
    judged = op.create_table(
        "judged",
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article"], ["articles.id"], name="fk_judged_article"),
        sa.ForeignKeyConstraint(["topics"], ["topic_sets.id"], name="fk_judged_topics"),
        sa.PrimaryKeyConstraint("article", name="pk_judged"),
        sqlite_with_rowid=False,
    )
    known: dict[str, str] = {}
    marks = []
    for article, group in itertools.groupby(rows, key=lambda row: row.article):
        pairs = [[row.topic, row.version] for row in group]
        text = json.dumps(pairs, ensure_ascii=False, separators=(",", ":"))
        identity = known.setdefault(text, hashlib.blake2b(text.encode(), digest_size=8).hexdigest())
        marks.append({"article": article, "topics": identity})
    if marks:
        conn.execute(sa.insert(sets), [{"id": identity, "topics": text} for text, identity in known.items()])
        conn.execute(sa.insert(judged), marks)
