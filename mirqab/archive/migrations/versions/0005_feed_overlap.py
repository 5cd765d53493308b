"""What a feed told last, by which a rollover is seen, and when an address was asked for what others may have lost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; when was looked elsewhere stands in the polls that are still known."""
    op.add_column("item_hashes", sa.Column("newest", sa.LargeBinary()))
    op.add_column("feeds", sa.Column("looked_at", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE feeds SET looked_at = (SELECT max(polled_at) FROM polls WHERE polls.outlet = feeds.outlet"
        " AND polls.url = feeds.url AND polls.role = 'backfill' AND polls.outcome <> 'put_off')"
    )
