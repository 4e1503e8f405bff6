"""The part of the program that is in the database: its functions and triggers, as PostgreSQL has them.

An append is a function there, and what keeps the past from being changed is a trigger: who looks at what runs has to
look at these, too. They come to the same in two databases of the same version, whatever their roles are called.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

SCHEMAS = ("ledger", "desk")
"""Where our functions and triggers are. Those of projections have none."""


@dataclass(frozen=True, slots=True)
class DatabaseProgram:
    """A PostgreSQL, and what runs in a database of it."""

    server_version: str
    """As the server says: 18.1."""
    texts: Mapping[str, str]
    """Each function and trigger by what it is, as PostgreSQL writes it; none where there is no log."""


def database_program(connection: Connection[Any]) -> DatabaseProgram:
    """Return what runs in a database. Any login may ask."""
    version = connection.info.parameter_status("server_version") or ""
    rows = connection.execute(_TEXTS, [list(SCHEMAS), list(SCHEMAS)]).fetchall()
    return DatabaseProgram(version.partition(" ")[0], dict(rows))


_TEXTS = """
    SELECT 'function ' || oid::regprocedure, pg_get_functiondef(oid) FROM pg_proc
    WHERE pronamespace::regnamespace::text = ANY(%s) AND prokind IN ('f', 'p')
    UNION ALL
    -- A trigger that was switched off is still there: whether it fires is part of what it is.
    SELECT 'trigger ' || tgrelid::regclass || '.' || tgname, pg_get_triggerdef(trigger.oid) || ' ' || tgenabled::text
    FROM pg_trigger AS trigger JOIN pg_class AS class ON class.oid = tgrelid
    WHERE relnamespace::regnamespace::text = ANY(%s) AND NOT tgisinternal
"""
