"""What was recorded: an append-only log in PostgreSQL, and everything that reads or writes it.

The only room that imports ``eventsourcing``. It imports ``domain`` and nothing to its left.
"""
