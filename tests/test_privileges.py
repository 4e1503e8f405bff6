"""Every role of the database × every schema, table and function × what can be done: what `privileges.toml` says."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import Connection, errors, sql

from ledger.embedded import EmbeddedPostgres
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from ledger.roles import RoleNames, act_as
from projections.runner import Runner
from projections.schema import current_schema
from tests.database import fresh_database

TABLE: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_name("privileges.toml").read_text("utf-8")
)
ROLES: dict[str, str] = asdict(RoleNames())
"""The roles of the program, by what the table calls them."""
NOBODY = "a_role_of_no_rights"
"""What it may do, anybody may."""
VERBS = {
    "database": ("CREATE", "CONNECT", "TEMPORARY"),
    "schema": ("USAGE", "CREATE"),
    "table": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER", "MAINTAIN"),
    "function": ("EXECUTE",),
}
"""Everything PostgreSQL 18 lets be granted on each kind of thing."""
OURS = sql.SQL("nspname <> 'information_schema' AND NOT starts_with(nspname, 'pg_')")
THINGS: dict[str, sql.Composed] = {
    kind: sql.SQL(find).format(ours=OURS)
    for kind, find in {
        "database": "SELECT oid, 'it', pg_get_userbyid(datdba), datacl FROM pg_database"
        " WHERE datname = current_database()",
        "schema": "SELECT oid, nspname, pg_get_userbyid(nspowner), nspacl FROM pg_namespace WHERE {ours}",
        "table": "SELECT c.oid, nspname || '.' || relname, pg_get_userbyid(relowner), relacl FROM pg_class AS c"
        " JOIN pg_namespace AS n ON n.oid = relnamespace WHERE relkind NOT IN ('i', 'I', 't', 'c') AND {ours}",
        "function": "SELECT p.oid, nspname || '.' || proname, pg_get_userbyid(proowner), proacl FROM pg_proc AS p"
        " JOIN pg_namespace AS n ON n.oid = pronamespace WHERE {ours}",
    }.items()
}
"""How everything of a kind is found: its number, its name, its owner and what was granted on it."""

Privileges = Mapping[str, Mapping[str, Mapping[str, Any]]]


@pytest.fixture(scope="module")
def database(postgres_18: EmbeddedPostgres) -> Iterator[str]:
    """A database as the program leaves it: migrated, with projections of an empty log."""
    with fresh_database(postgres_18) as url:
        migrate(url)
        log = PostgresLog(url)
        Runner(url, log).catch_up()
        log.close()
        yield url


@pytest.fixture
def connection(database: str) -> Iterator[Connection[Any]]:
    """A connection of the superuser's, whose work is not kept."""
    with psycopg.connect(database) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(NOBODY)))
        yield connection
        connection.rollback()


def privileges(connection: Connection[Any]) -> Privileges:
    """Return the table as the database has it."""
    called = {name: role for role, name in ROLES.items()} | {connection.info.user: "administrator"}
    return {
        kind: {
            named(name): {"owner_is": called.get(owner, owner), **_granted(connection, kind, number, owner)}
            for number, name, owner, _ in connection.execute(find).fetchall()
        }
        for kind, find in THINGS.items()
    }


def named(name: str) -> str:
    """Return what the table calls a thing: the schema of projections has the name of its version."""
    return name.replace(current_schema(), "projection")


def _granted(connection: Connection[Any], kind: str, number: int, owner: str) -> dict[str, list[str]]:
    """Return what each role may do with a thing that is not its own, beyond what anybody may."""
    held = {
        role: [verb for verb in VERBS[kind] if _may(connection, kind, number, name, verb)]
        for role, name in {"anybody": NOBODY, **ROLES}.items()
        if name != owner
    }
    anybody = held["anybody"]
    beyond = {role: [verb for verb in verbs if verb not in anybody] for role, verbs in held.items()}
    return {role: verbs for role, verbs in {**beyond, "anybody": anybody}.items() if verbs}


def _may(connection: Connection[Any], kind: str, number: int, role: str, verb: str) -> bool:
    question = sql.SQL("SELECT {}(%s, %s::oid, %s)").format(sql.Identifier(f"has_{kind}_privilege"))
    row = connection.execute(question, [role, number, verb]).fetchone()
    return row == (True,)


@pytest.mark.parametrize("kind", VERBS)
def test_who_may_do_what_is_what_the_table_says_and_everything_is_in_it(
    connection: Connection[Any], kind: str
) -> None:
    assert privileges(connection)[kind] == TABLE[kind]


def test_a_privilege_that_is_granted_beside_the_table_is_found(connection: Connection[Any]) -> None:
    """The control: of one more verb, of one more function and of one more table."""
    connection.execute("GRANT INSERT ON ledger.events TO bitacora_reader")
    connection.execute("GRANT EXECUTE ON FUNCTION ledger.append TO PUBLIC")
    connection.execute("CREATE TABLE desk.more (n integer)")
    found = privileges(connection)

    assert found["table"]["ledger.events"]["reader"] == ["SELECT", "INSERT"]
    assert found["function"]["ledger.append"]["anybody"] == ["EXECUTE"]
    assert set(found["table"]) - set(TABLE["table"]) == {"desk.more"}


def test_nothing_was_granted_to_a_role_that_the_table_does_not_name(connection: Connection[Any]) -> None:
    named_here = {*ROLES.values(), connection.info.user, "pg_database_owner", "PUBLIC"}
    assert _grantees(connection) <= named_here

    connection.execute(sql.SQL("GRANT SELECT (type) ON ledger.events TO {}").format(sql.Identifier(NOBODY)))
    assert _grantees(connection) - named_here == {NOBODY}, "the control: a single column"


def _grantees(connection: Connection[Any]) -> set[str]:
    """Return every role to whom anything of ours was granted, columns and what is yet to be made included."""
    of_columns = sql.SQL(
        "SELECT attacl FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid"
        " JOIN pg_namespace AS n ON n.oid = relnamespace WHERE {ours}"
    ).format(ours=OURS)
    lists = [
        sql.SQL("SELECT acl FROM ({}) AS of_them (oid, name, owner, acl)").format(each)
        for each in THINGS.values()
    ]
    lists += [of_columns, sql.Composed([sql.SQL("SELECT defaclacl FROM pg_default_acl")])]
    query = sql.SQL(
        "SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(grantee) END"
        " FROM ({}) AS lists (acl), aclexplode(acl)"
    ).format(sql.SQL(" UNION ALL ").join(lists))
    return {name for (name,) in connection.execute(query).fetchall()}


def test_no_role_of_the_program_is_more_than_what_was_granted_to_it(connection: Connection[Any]) -> None:
    powerful = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND (rolsuper OR rolcreaterole OR rolcreatedb"
        " OR rolcanlogin OR rolreplication OR rolbypassrls)",
        [list(ROLES.values())],
    ).fetchall()
    memberships = connection.execute(
        "SELECT member::regrole::text, roleid::regrole::text FROM pg_auth_members"
        " WHERE member::regrole::text = ANY(%s)",
        [list(ROLES.values())],
    ).fetchall()

    assert (powerful, memberships) == ([], [])


TRIED: dict[str, LiteralString] = {
    "SELECT": "SELECT FROM {}",
    "INSERT": "INSERT INTO {} DEFAULT VALUES",
    "DELETE": "DELETE FROM {} WHERE false",
    "TRUNCATE": "TRUNCATE {}",
}


@pytest.mark.parametrize("role", ROLES)
def test_in_earnest_a_role_is_let_do_what_the_table_says_and_nothing_else(
    connection: Connection[Any], role: str
) -> None:
    for table, row in TABLE["table"].items():
        schema, name = table.split(".")
        thing = sql.Identifier(current_schema() if schema == "projection" else schema, name)
        for verb, statement in TRIED.items():
            may = row["owner_is"] == role or verb in row.get(role, [])
            assert _is_let(connection, role, sql.SQL(statement).format(thing)) == may, (table, verb)
    for function, row in TABLE["function"].items():
        arguments = [sql.NULL] * (17 if function == "ledger.append" else 0)
        call = sql.SQL("SELECT {}({})").format(
            sql.Identifier(*function.split(".")), sql.SQL(", ").join(arguments)
        )
        assert _is_let(connection, role, call) == (row["owner_is"] == role or role in row), function


def _is_let(connection: Connection[Any], role: str, statement: sql.Composed) -> bool:
    """Tell whether a statement is let try; that it then fails for what it says is another matter."""
    try:
        with connection.transaction(force_rollback=True):
            act_as(connection, ROLES[role])
            connection.execute(statement)
    except errors.InsufficientPrivilege:
        return False
    except psycopg.Error:
        return True
    return True
