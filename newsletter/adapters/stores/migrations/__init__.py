"""The history of the schema, run by Alembic on first use."""
