"""The schema of the log: applied once, by whoever comes first, and never changed behind anybody's back."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from ledger.log import Committed
from ledger.migrate import DatabaseIsNewer, Migration, MigrationChanged, migrate, migrations
from ledger.postgres import PostgresLog
from ledger.roles import RoleNames, RolesMissing, act_as
from tests.database import fresh_database
from tests.ledger.samples import commit, new

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.embedded import EmbeddedPostgres

ROLES = RoleNames()


@pytest.fixture(params=["15", "18"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, on each major."""
    url: str = request.getfixturevalue("database_url_15" if request.param == "15" else "database_url")
    return url


def test_migrating_applies_every_file_once_and_says_which(empty_url: str) -> None:
    heard: list[str] = []
    applied = migrate(empty_url, progress=heard.append)
    assert (
        [migration.name for migration in applied] == heard == [migration.name for migration in migrations()]
    )
    assert migrate(empty_url) == []


def test_eight_processes_may_migrate_at_once(empty_url: str) -> None:
    program = "import sys; from ledger.migrate import migrate; print(len(migrate(sys.argv[1])))"
    running = [
        subprocess.Popen([sys.executable, "-c", program, empty_url], stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    answers = [int(process.communicate(timeout=60)[0]) for process in running]
    assert [process.returncode for process in running] == [0] * 8
    assert sorted(answers) == [0] * 7 + [len(list(migrations()))]


def test_a_role_that_another_database_makes_meanwhile_is_taken_as_made(empty_url: str) -> None:
    """Roles are the server's: its databases share them, and the lock of one database holds nobody else up."""
    name = psycopg.conninfo.conninfo_to_dict(empty_url)["dbname"]
    roles = RoleNames(
        *(f"{name}_{role}" for role in ("owner", "committer", "reader", "projector", "signer", "desk"))
    )
    migrating = threading.Thread(target=migrate, args=[empty_url, roles])
    with psycopg.connect(empty_url) as other, psycopg.connect(empty_url, autocommit=True) as onlooker:
        other.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(roles.owner)))
        migrating.start()
        until = time.monotonic() + 20
        waiting = "SELECT FROM pg_locks WHERE NOT granted"
        while onlooker.execute(waiting).rowcount == 0:
            assert time.monotonic() < until, "nobody waits"
            time.sleep(0.02)
        other.commit()
        migrating.join(20)
        assert onlooker.execute("SELECT to_regclass('ledger.events')::text").fetchone() == ("ledger.events",)


def test_a_migration_that_fails_leaves_nothing_behind(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = list(migrations())
    broken = Migration(len(known) + 1, "9999_broken.sql", "SELECT 1 / 0")
    monkeypatch.setattr("ledger.migrate.migrations", lambda: iter([*known, broken]))

    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_url)

    with psycopg.connect(empty_url) as connection:
        assert connection.execute("SELECT to_regnamespace('ledger')").fetchone() == (None,)


def test_a_file_that_changed_after_it_was_applied_is_refused_by_name(database_url: str) -> None:
    migrate(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE ledger.migrations SET checksum = 'another' WHERE number = 1")
    with pytest.raises(MigrationChanged, match="0001_ledger"):
        migrate(database_url)


def test_a_database_of_a_newer_program_is_left_alone(database_url: str) -> None:
    migrate(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO ledger.migrations VALUES (99, '0099_later.sql', 'x')")
    with pytest.raises(DatabaseIsNewer, match="0099"):
        migrate(database_url)


def test_owners_and_grants_that_a_restored_dump_lost_are_stated_again(empty_url: str) -> None:
    migrate(empty_url)
    with psycopg.connect(empty_url) as connection:
        connection.execute("REVOKE ALL ON ALL TABLES IN SCHEMA ledger FROM bitacora_reader")
        connection.execute("REVOKE ALL ON SCHEMA ledger FROM bitacora_committer, bitacora_reader")
        connection.execute("ALTER TABLE ledger.events OWNER TO CURRENT_USER")
        connection.execute("ALTER FUNCTION ledger.append OWNER TO CURRENT_USER")
        connection.execute("ALTER SCHEMA ledger OWNER TO CURRENT_USER")
        connection.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA ledger TO PUBLIC")
    migrate(empty_url)
    log = PostgresLog(empty_url)
    assert isinstance(log.append([commit(new("a"))])[0], Committed)
    assert log.head().position == 1
    log.close()
    with psycopg.connect(empty_url) as connection:
        owners = connection.execute(
            "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'ledger'::regnamespace"
            " UNION SELECT pg_get_userbyid(proowner) FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace"
        ).fetchall()
        assert owners == [(ROLES.owner,)]
        act_as(connection, ROLES.reader)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT ledger.append(" + ", ".join(["NULL"] * 17) + ")")


@pytest.fixture
def plain_login(database_url: str) -> Iterator[tuple[str, str]]:
    """A login that may do nothing, and the address of the database for it."""
    name = "plain_" + psycopg.conninfo.conninfo_to_dict(database_url)["dbname"].__str__()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(name)))
    yield name, psycopg.conninfo.make_conninfo(database_url, user=name)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP OWNED BY {} CASCADE").format(sql.Identifier(name)))
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def test_a_login_that_may_not_make_roles_is_told_what_an_administrator_has_to_run(
    database_url: str, plain_login: tuple[str, str]
) -> None:
    name, plain_url = plain_login
    with pytest.raises(RolesMissing, match=f"'{name}' may not prepare") as raised:
        migrate(plain_url)
    with psycopg.connect(database_url, autocommit=True) as administrator:
        assert not administrator.execute("SELECT to_regclass('ledger.events')").fetchall()[0][0]
        for statement in raised.value.statements:
            administrator.execute(statement.encode())
    migrate(plain_url)
    log = PostgresLog(plain_url)
    assert isinstance(log.append([commit(new("a"))])[0], Committed)
    log.close()


def test_roles_may_have_other_names(database_url: str) -> None:
    name = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    roles = RoleNames(
        *(f"{name}_{role}" for role in ("owner", "committer", "reader", "projector", "signer", "desk"))
    )
    migrate(database_url, roles)
    log = PostgresLog(database_url, roles=roles)
    assert isinstance(log.append([commit(new("a"))])[0], Committed)
    log.close()


@pytest.fixture(scope="module")
def guarded_url(postgres_18: EmbeddedPostgres) -> Iterator[str]:
    """A migrated database for tests that cannot change it."""
    with fresh_database(postgres_18) as url:
        migrate(url)
        yield url


DENIED = [
    "INSERT INTO ledger.head (position, recorded_at) VALUES (9, now())",
    "INSERT INTO ledger.events SELECT * FROM ledger.events",
    "INSERT INTO ledger.commands VALUES (gen_random_uuid(), 1, 1, '')",
    "UPDATE ledger.events SET type = 'x'",
    "UPDATE ledger.head SET position = 0",
    "DELETE FROM ledger.events",
    "DELETE FROM ledger.commands",
    "TRUNCATE ledger.events",
    "LOCK TABLE ledger.events IN EXCLUSIVE MODE",
    "LOCK TABLE ledger.head IN ACCESS EXCLUSIVE MODE",
    "SELECT * FROM ledger.head FOR UPDATE",
    "ALTER TABLE ledger.events DISABLE TRIGGER ALL",
    "DROP TABLE ledger.events",
    "DROP FUNCTION ledger.append",
    "CREATE TABLE ledger.mine (n integer)",
    "CREATE FUNCTION ledger.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
]


@pytest.mark.parametrize("role", [ROLES.committer, ROLES.reader, ROLES.projector, ROLES.signer])
@pytest.mark.parametrize("statement", DENIED)
def test_no_role_of_the_program_can_change_what_was_recorded(
    guarded_url: str, role: str, statement: str
) -> None:
    with psycopg.connect(guarded_url, autocommit=True) as connection:
        act_as(connection, role)
        with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
            connection.execute(statement.encode())


def test_the_committer_cannot_even_read(guarded_url: str) -> None:
    with psycopg.connect(guarded_url, autocommit=True) as connection:
        act_as(connection, ROLES.committer)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM ledger.events")


@pytest.mark.parametrize("statement", ["UPDATE ledger.events SET type = 'x'", "DELETE FROM ledger.commands",
                                       "TRUNCATE ledger.events"])  # fmt: skip
def test_not_even_the_owner_changes_the_past_by_mistake(empty_url: str, statement: str) -> None:
    migrate(empty_url)
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        with pytest.raises(psycopg.errors.RaiseException, match="what was recorded is not changed"):
            connection.execute(statement.encode())
