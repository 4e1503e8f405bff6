"""``bitacora audit empty``: a log in which nothing was reported, and everything that says it is not one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from api.ceremonies.empty import empty
from api.ceremonies.outcome import Outcome
from ledger.contents import CannotLook, contents
from ledger.database_program import database_program
from ledger.embedded import EmbeddedPostgres
from ledger.integrator import Integrator
from ledger.merkle import EMPTY_ROOT
from ledger.migrate import migrate
from ledger.postgres import PostgresLog
from ledger.signed_log import SignedLog
from tests.api.harness import ORIGIN
from tests.api.test_cli import bitacora
from tests.database import fresh_database
from tests.ledger.logs import grow, superuser


def held(url: str, documents: int = 0) -> Outcome:
    """Hold the ceremony."""
    return empty(contents(url), documents, "bitacora.example.mx/2027")


def told(outcome: Outcome) -> list[tuple[str, int | None]]:
    return [(found.en, found.first_position) for found in outcome.findings]


@contextmanager
def changed(cluster: EmbeddedPostgres, template: str, *statements: str) -> Iterator[str]:
    """Lend a database that a superuser has changed."""
    with fresh_database(cluster, template) as url:
        with superuser(url) as connection:
            for statement in statements:
                connection.execute(statement.encode())
        yield url


def test_a_database_in_which_nothing_was_recorded_is_empty(
    postgres_18: EmbeddedPostgres, migrated_template: str
) -> None:
    with fresh_database(postgres_18, migrated_template) as url:
        outcome = held(url)

    assert outcome.passed
    assert outcome.checkpoint
    assert (outcome.checkpoint.size, outcome.checkpoint.root) == (0, EMPTY_ROOT)
    assert outcome.origin == "bitacora.example.mx/2027"
    assert ["ledger.events", 0] in outcome.listing.rows
    assert ["desk.people", 0] in outcome.listing.rows


def test_the_oldest_postgresql_is_counted_alike(database_url_15: str) -> None:
    migrate(database_url_15)
    with psycopg.connect(database_url_15) as connection:
        program = database_program(connection)

    assert held(database_url_15).passed
    assert program.server_version.startswith("15.")
    assert "trigger ledger.events.append_only" in program.texts


def test_the_opening_alone_is_empty_and_its_root_is_hashed_from_the_events(
    postgres_18: EmbeddedPostgres, opened_template: str
) -> None:
    with fresh_database(postgres_18, opened_template) as url:
        Integrator(url).catch_up()
        outcome = held(url)
        size = outcome.checkpoint.size if outcome.checkpoint else 0
        log = SignedLog(url)
        root = log.root(size)
        log.close()

    assert outcome.passed, outcome.findings
    assert outcome.origin == ORIGIN
    assert outcome.checkpoint
    assert outcome.checkpoint.root == root
    assert size > 100


def test_what_was_reported_is_named_with_its_first_position(
    postgres_18: EmbeddedPostgres, opened_template: str
) -> None:
    with fresh_database(postgres_18, opened_template) as url:
        log = PostgresLog(url)
        head = log.head().position
        grow(log, 3)
        log.close()
        outcome = held(url)

    assert not outcome.passed
    assert [(words.startswith("There are 3 entries"), at) for words, at in told(outcome)] == [
        (True, head + 1)
    ]


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("INSERT INTO desk.people VALUES ('p-1', '\\x00', now())", "The table desk.people has 1 rows"),
        ("CREATE TABLE public.votes AS SELECT 1 AS vote", "The table public.votes has 1 rows"),
        ("CREATE MATERIALIZED VIEW public.seen AS SELECT 1 AS vote", "The table public.seen has 1 rows"),
        ("INSERT INTO ledger.tiles VALUES (0, 0, repeat('a', 8192)::bytea, repeat('a', 32)::bytea)", "ledger.tiles"),
        ("INSERT INTO ledger.checkpoints VALUES (7, '', '', now())", "A checkpoint of 7 entries was signed"),
        ("INSERT INTO ledger.tracking VALUES ('settler', 9)", "Something followed the log to entry 9"),
        ("INSERT INTO desk.followers VALUES ('letters', 9, now())", "Something followed the log to entry 9"),
        ("UPDATE ledger.head SET position = 4", "Entries are missing"),
        ("DELETE FROM ledger.migrations WHERE number = 4", "The table ledger.migrations has 3 rows"),
    ],
)  # fmt: skip
def test_whatever_else_there_is_is_named(
    postgres_18: EmbeddedPostgres, migrated_template: str, statement: str, words: str
) -> None:
    with changed(postgres_18, migrated_template, statement) as url:
        outcome = held(url)

    assert not outcome.passed
    assert any(words in found.en for found in outcome.findings), told(outcome)


def test_a_log_that_was_emptied_again_is_not_empty(
    postgres_18: EmbeddedPostgres, opened_template: str
) -> None:
    emptied = (
        "DELETE FROM ledger.events",
        "DELETE FROM ledger.commands",
        "UPDATE ledger.head SET position = 0",
    )
    with changed(postgres_18, opened_template, *emptied) as url:
        words = " ".join(found.en for found in held(url).findings)

    assert "Something followed the log to entry" in words
    assert ".milestones has" in words


def test_a_document_that_is_kept_is_told(postgres_18: EmbeddedPostgres, migrated_template: str) -> None:
    with fresh_database(postgres_18, migrated_template) as url:
        assert told(held(url, documents=1)) == [("1 document of evidence is kept.", None)]


def test_a_login_that_may_not_read_everything_cannot_say_that_it_is_empty(
    postgres_18: EmbeddedPostgres, migrated_template: str
) -> None:
    with fresh_database(postgres_18, migrated_template) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE ROLE sees_nothing LOGIN")
        try:
            with pytest.raises(CannotLook, match="pg_read_all_data"):
                contents(make_conninfo(url, user="sees_nothing"))
        finally:
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("DROP ROLE sees_nothing")


def test_a_database_without_a_place_for_a_log_is_told(database_url: str) -> None:
    with pytest.raises(CannotLook, match="bitacora migrate"):
        contents(database_url)


def test_the_command_ends_with_what_it_found_and_leaves_a_record_either_way(
    postgres_18: EmbeddedPostgres, migrated_template: str, tmp_path: Path
) -> None:
    with fresh_database(postgres_18, migrated_template) as url:
        environment = {"DATABASE_URL": url, "BITACORA_ORIGIN": ORIGIN, "BITACORA_HOME": str(tmp_path)}
        passed = bitacora("audit", "empty", "--record", str(tmp_path / "a"), environment=environment)
        log = PostgresLog(url)
        grow(log, 2)
        log.close()
        failed = bitacora("audit", "empty", "--record", str(tmp_path / "b"), environment=environment)

    assert (passed.returncode, failed.returncode) == (0, 1), passed.stderr + failed.stderr
    assert "NOT SIGNED" in passed.stdout
    record = json.loads((tmp_path / "b/record.json").read_bytes())
    assert (record["passed"], record["findings"][0]["first_position"]) == (False, 1)
    assert record["checkpoint"]["size"] == 2
    page = (tmp_path / "b/record.html").read_text()
    assert "No superada" in page
    assert "En el asiento n.º 1." in page
    assert "SIN FIRMA DIGITAL" in page
