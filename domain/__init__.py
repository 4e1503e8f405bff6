"""What is true: the election as pure data and rules.

This room holds no clock, no network and no database.
It reads one thing, its own data files, through ``importlib.resources``.
"""
