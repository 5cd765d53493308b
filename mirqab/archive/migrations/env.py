"""Alembic's way in: the connection is given by `mirqab.archive.opening`, inside its transaction."""

from __future__ import annotations

from alembic import context

from mirqab.archive.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
