"""Steps from one state of the tables to the next, run by alembic at the start of the service."""
