"""The database roles: who may append, read, project, sign, build the tree, keep the desk, and who owns it all.

Their names are settings, because a shared server may already have its own. `prepare` makes them where it may;
where it may not, it raises `RolesMissing` with the statements an administrator has to run.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import Any

from psycopg import Connection, errors, sql


@dataclass(frozen=True, slots=True)
class RoleNames:
    """What the roles are called in this database server."""

    owner: str = "bitacora_owner"
    committer: str = "bitacora_committer"
    reader: str = "bitacora_reader"
    projector: str = "bitacora_projector"
    signer: str = "bitacora_signer"
    desk: str = "bitacora_desk"
    integrator: str = "bitacora_integrator"


class RolesMissing(Exception):
    """This user may not make the roles the log needs; ``statements`` are for an administrator to run once."""

    def __init__(self, user: str, reason: str, statements: list[str]) -> None:
        listed = "\n".join(f"    {statement};" for statement in statements)
        super().__init__(
            f"the database user {user!r} may not prepare the roles of the log ({reason}).\n"
            f"Let an administrator of the server run this once, then migrate again:\n{listed}"
        )
        self.statements = statements


def prepare(connection: Connection[Any], roles: RoleNames) -> None:
    """Make the roles that are missing and let the connecting user act as each of them.

    Idempotent, and safe beside others doing the same in another database of the server.
    Raises `RolesMissing` when this user may not.
    """
    statements = _missing(connection, roles)
    for statement in statements:
        try:
            with connection.transaction():
                connection.execute(statement)
        except (errors.DuplicateObject, errors.UniqueViolation):
            # Roles belong to the whole server: somebody made this one a moment ago from another database.
            continue
        except errors.InsufficientPrivilege as refusal:
            user = connection.info.user
            texts = [statement.as_string(connection) for statement in _missing(connection, roles)]
            raise RolesMissing(user, str(refusal).splitlines()[0], texts) from refusal


def _missing(connection: Connection[Any], roles: RoleNames) -> list[sql.Composed]:
    """Return the statements that are still needed, in the order they have to run."""
    names = astuple(roles)
    known = {
        name: (can_be_set, can_create)
        for name, can_be_set, can_create in connection.execute(
            "SELECT rolname, pg_has_role(rolname, 'MEMBER'),"
            " has_database_privilege(rolname, current_database(), 'CREATE')"
            " FROM pg_roles WHERE rolname = ANY(%s)",
            [list(names)],
        ).fetchall()
    }
    statements = [
        sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)) for name in names if name not in known
    ]
    statements += [
        sql.SQL("GRANT {} TO {}").format(sql.Identifier(name), sql.Identifier(connection.info.user))
        for name in names
        if name != connection.info.user and not known.get(name, (_is_superuser(connection), False))[0]
    ]
    # The owner makes the schema of the log, the projector those of the projections.
    statements += [
        sql.SQL("GRANT CREATE ON DATABASE {} TO {}").format(
            sql.Identifier(connection.info.dbname), sql.Identifier(name)
        )
        for name in (roles.owner, roles.projector)
        if not known.get(name, (False, False))[1]
    ]
    return statements


def _is_superuser(connection: Connection[Any]) -> bool:
    """Tell whether the user may already act as anybody."""
    return connection.info.parameter_status("is_superuser") == "on"


def act_as(connection: Connection[Any], role: str) -> None:
    """Let a connection do what this role may, and no more, from now on."""
    connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
