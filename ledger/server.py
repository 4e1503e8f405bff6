"""Which PostgreSQL server is meant, and whether it can be trusted with an acknowledgement.

A command is acknowledged once its commit is on disk. A server that answers before that is faster,
and loses what it acknowledged when the power fails: such a server is refused, not merely reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

DURABLE: Mapping[str, tuple[str, ...]] = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    # 'local' is on disk here, but does not wait for the standby an operator has asked to wait for.
    "synchronous_commit": ("on", "remote_apply", "remote_write"),
}
"""Each setting that durability rests on, with the values under which a commit survives."""

POINTS_AT_A_SERVER = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE", "PGDATABASE")
"""The variables of libpq by which an environment says that there is a server."""


class UnsafeServer(Exception):
    """The server may lose what it has acknowledged; the message names each setting and its value."""


def require_durability(connection: psycopg.Connection[Any], *, unsafe: bool = False) -> list[str]:
    """Refuse a server that may lose what it acknowledged; return warnings about it, one sentence each.

    The settings are read as this connection sees them, so that one changed for its role or database counts.
    ``unsafe`` turns the refusal into warnings. Raises `UnsafeServer`.
    """
    names = [*DURABLE, "data_checksums"]
    rows = connection.execute(
        "SELECT name, setting FROM pg_catalog.pg_settings WHERE name = ANY (%s)", [names]
    ).fetchall()
    found = {str(name): str(value) for name, value in rows}
    dangers = [
        f"{name} is '{found.get(name)}' and must be {' or '.join(repr(value) for value in accepted)}"
        for name, accepted in DURABLE.items()
        if found.get(name) not in accepted
    ]
    if dangers and not unsafe:
        raise UnsafeServer(
            f"This PostgreSQL server may lose what it has acknowledged: {'; '.join(dangers)}. "
            "Change it (ALTER SYSTEM SET …; SELECT pg_reload_conf()), or for data you can afford to lose "
            "set BITACORA_UNSAFE_DURABILITY=1, which every command takes."
        )
    warnings = [f"Acknowledged events may be lost: {danger}." for danger in dangers]
    if found.get("data_checksums") != "on":
        warnings.append("data_checksums is off: PostgreSQL will not notice a page the disk has altered.")
    return warnings


def connection_string(environment: Mapping[str, str]) -> str | None:
    """Return how to reach the server an environment names, or ``None`` where it names none.

    ``DATABASE_URL`` wins. An empty string means that libpq is to read its own ``PG*`` variables.
    ``None`` means the embedded server (`ledger.embedded`).
    """
    url = environment.get("DATABASE_URL", "").strip()
    if url:
        return url
    return "" if any(environment.get(name) for name in POINTS_AT_A_SERVER) else None


def program_arguments(dsn: str) -> tuple[list[str], dict[str, str]]:
    """Return the arguments and the variables with which a program of PostgreSQL reaches ``dsn``.

    The password goes into the environment: everyone on the machine can read a command line.
    """
    parameters = conninfo_to_dict(dsn)
    password = parameters.pop("password", None)
    arguments = [f"--dbname={make_conninfo('', **parameters)}"] if parameters else []
    return arguments, {} if password is None else {"PGPASSWORD": str(password)}
