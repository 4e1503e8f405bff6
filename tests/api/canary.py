"""Looking for a word that says who somebody is: in every column of every table, and in every file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
from psycopg import sql

CANARY = "canario-7f3a91c4"
"""Stands in the name, the identity and the addresses of one person, and nowhere else in the world."""


def spellings(word: str) -> tuple[bytes, ...]:
    """Return a word as it may stand in a file: as it is, and as PostgreSQL writes bytes."""
    return word.encode(), word.encode().hex().encode()


def tables_with(database_url: str, word: str = CANARY) -> list[str]:
    """Return the tables, of all schemas but PostgreSQL's own, in which a word stands in any column of any row."""
    found = []
    with psycopg.connect(database_url) as connection:
        for schema, table in _tables(connection):
            everything = sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.Identifier(schema, table))
            with connection.cursor() as cursor, cursor.copy(everything) as rows:
                content = b"".join(bytes(block) for block in rows)
            if any(spelt in content for spelt in spellings(word)):
                found.append(f"{schema}.{table}")
    return found


def files_with(*folders: Path, word: str = CANARY) -> list[str]:
    """Return the files in which a word stands, or whose name has it."""
    return [
        str(file)
        for file in _files(folders)
        if word in file.name or any(spelt in _content(file) for spelt in spellings(word))
    ]


def _tables(connection: psycopg.Connection[tuple[str, str]]) -> list[tuple[str, str]]:
    return connection.execute(
        "SELECT nspname, relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
        " WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
    ).fetchall()


def _files(folders: tuple[Path, ...]) -> Iterator[Path]:
    for folder in folders:
        assert folder.exists(), folder
        yield from (folder,) if folder.is_file() else (each for each in folder.rglob("*") if each.is_file())


def _content(file: Path) -> bytes:
    # A server at work removes files of its own meanwhile.
    with suppress(FileNotFoundError):
        return file.read_bytes()
    return b""
