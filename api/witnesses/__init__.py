"""Witnesses: being one, and asking those the log has."""
