"""How the database's schema came about, step by step, for Alembic. No queries.

Each room has a line of its own (`store`, and others beside it), so that two can grow at once. A
change of projected tables is one step that empties them: the topics fill them again.
"""
