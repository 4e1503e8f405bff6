"""What the database itself promises, whoever calls it: its clock, its sizes, its powers."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest
from psycopg import errors

from ledger.log import Committed
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from tests.ledger.samples import commit, new

ROLES = (
    "bitacora_committer",
    "bitacora_reader",
    "bitacora_projector",
    "bitacora_signer",
    "bitacora_integrator",
)


def test_a_clock_that_was_set_back_does_not_set_back_the_log(ledger_url: str) -> None:
    log = PostgresLog(ledger_url)
    log.append([commit(new("a"))])
    with psycopg.connect(ledger_url) as administrator:
        administrator.execute("UPDATE ledger.head SET recorded_at = recorded_at + interval '1 hour'")
    ahead = log.head().recorded_at

    (outcome,) = log.append([commit(new("b"))])

    assert isinstance(outcome, Committed)
    assert outcome.recorded_at == log.head().recorded_at == ahead
    first, second = log.read(0, 2)
    assert second.recorded_at - first.recorded_at > timedelta(minutes=59)
    log.close()


def test_a_body_too_large_to_be_published_is_refused_by_the_table_too(ledger_url: str) -> None:
    insert = (
        "INSERT INTO ledger.events VALUES"
        " (1, now(), now(), gen_random_uuid(), 1, 's', 't', 'a', 'p', 'b', 'g', NULL, %s)"
    )
    with psycopg.connect(ledger_url) as administrator:
        with pytest.raises(errors.CheckViolation), administrator.transaction():
            administrator.execute(insert, [bytes(65_536)])
        administrator.execute(insert, [bytes(65_535)])


def test_a_function_with_its_owner_s_power_looks_up_names_by_itself(ledger_url: str) -> None:
    """Or whoever calls it could put a function of theirs in the place of one it means."""
    with psycopg.connect(ledger_url) as connection:
        powerful = connection.execute(
            "SELECT proname, proconfig FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace AND prosecdef"
        ).fetchall()

    assert [name for name, _ in powerful] == ["append"]
    assert all("search_path=pg_catalog, pg_temp" in settings for _, settings in powerful)


def test_whatever_was_granted_beside_the_rules_is_taken_back_by_the_next_migration(ledger_url: str) -> None:
    with psycopg.connect(ledger_url) as administrator:
        administrator.execute("GRANT ALL ON SCHEMA ledger TO PUBLIC")
        administrator.execute("GRANT ALL ON ALL TABLES IN SCHEMA ledger TO PUBLIC")
        administrator.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA ledger TO {', '.join(ROLES)}")
        administrator.execute(f"GRANT ALL ON ALL FUNCTIONS IN SCHEMA ledger TO PUBLIC, {', '.join(ROLES)}")

    migrate(ledger_url)

    with psycopg.connect(ledger_url) as connection:
        granted = connection.execute(
            "SELECT kind, coalesce(rolname, 'PUBLIC'), privilege_type FROM ("
            "    SELECT CASE WHEN relname IN ('tracking', 'tiles', 'checkpoints', 'time_stamps') THEN relname"
            "           ELSE relkind::text END AS kind,"
            "           (aclexplode(relacl)).* FROM pg_class"
            "    WHERE relnamespace = 'ledger'::regnamespace"
            "    UNION ALL SELECT proname::text, (aclexplode(proacl)).* FROM pg_proc"
            "    WHERE pronamespace = 'ledger'::regnamespace"
            "    UNION ALL SELECT 'schema', (aclexplode(nspacl)).* FROM pg_namespace WHERE nspname = 'ledger'"
            ") AS every LEFT JOIN pg_roles ON pg_roles.oid = grantee"
            " WHERE coalesce(rolname, '') <> 'bitacora_owner'"
        ).fetchall()
    readers = set(ROLES) - {"bitacora_committer"}
    tables = ("r", "tracking", "tiles", "checkpoints", "time_stamps")
    assert set(granted) == (
        {(table, role, "SELECT") for table in tables for role in readers}
        # How far followers have come is kept beside the log, by who follows it.
        | {("tracking", "bitacora_projector", power) for power in ("INSERT", "UPDATE")}
        | {("tiles", "bitacora_integrator", "INSERT")}
        | {("checkpoints", "bitacora_signer", power) for power in ("INSERT", "UPDATE")}
        | {("time_stamps", "bitacora_signer", "INSERT")}
        | {("schema", role, "USAGE") for role in ROLES}
        | {("append", "bitacora_committer", "EXECUTE")}
    )
