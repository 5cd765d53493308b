"""What became of each page that carried an article's text: gone, or with another text since."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two columns to the sightings; what was known of the article's own page goes there.

    Only archives that were made while 0007 had a column for it know that. Dropping one writes every article anew.
    """
    op.add_column("sightings", sa.Column("gone_at", sa.DateTime(timezone=True)))
    op.add_column("sightings", sa.Column("changed_at", sa.DateTime(timezone=True)))
    if "gone_at" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("articles")}:
        return
    op.execute(
        "UPDATE sightings SET gone_at = (SELECT gone_at FROM articles WHERE id = sightings.article)"
        " WHERE EXISTS (SELECT 1 FROM articles WHERE id = sightings.article AND entry = sightings.entry"
        " AND gone_at IS NOT NULL)"
    )
    op.drop_column("articles", "gone_at")
