"""OCEL 2.0 as an SQLite file: a table for each type of event and of object, to be asked in SQL.

It is made as a file, because SQLite writes all over it. The same events give the same bytes wherever the version of
SQLite is the same: it is written in the file's head.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from api.exports import Format
from api.extract import Extract
from api.object_events import Found, Happening, happenings, survey

PIECE_BYTES = 1 << 20

# Nobody needs half of it: what is interrupted is thrown away. The keys are texts that come in no order: with the 2 MB
# of SQLite's own, their indices would be read and written again and again.
SETTINGS = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32768;"

KINDS = {"string": "TEXT", "integer": "INTEGER", "boolean": "BOOLEAN"}

TABLES = """
    CREATE TABLE event_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT NOT NULL);
    CREATE TABLE object_map_type (ocel_type TEXT PRIMARY KEY, ocel_type_map TEXT NOT NULL);
    CREATE TABLE event (ocel_id TEXT PRIMARY KEY, ocel_type TEXT NOT NULL REFERENCES event_map_type (ocel_type));
    CREATE TABLE object (ocel_id TEXT PRIMARY KEY, ocel_type TEXT NOT NULL REFERENCES object_map_type (ocel_type));
    CREATE TABLE event_object (
        ocel_event_id TEXT REFERENCES event (ocel_id), ocel_object_id TEXT REFERENCES object (ocel_id),
        ocel_qualifier TEXT, PRIMARY KEY (ocel_event_id, ocel_object_id, ocel_qualifier));
    CREATE TABLE object_object (
        ocel_source_id TEXT REFERENCES object (ocel_id), ocel_target_id TEXT REFERENCES object (ocel_id),
        ocel_qualifier TEXT, PRIMARY KEY (ocel_source_id, ocel_target_id, ocel_qualifier));
"""


def _pieces(extract: Extract) -> Iterator[bytes]:
    with TemporaryDirectory(prefix="bitacora-export-") as folder:
        path = Path(folder, "log.sqlite")
        database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            database.executescript(SETTINGS + "BEGIN;" + TABLES)
            found = survey(extract)
            _write_objects(database, found)
            for page in happenings(extract):
                _write_events(database, found, page)
            database.execute("COMMIT")
        finally:
            database.close()
        with path.open("rb") as file:
            while piece := file.read(PIECE_BYTES):
                yield piece


def _make_tables(
    database: sqlite3.Connection, what: str, types: Mapping[str, Mapping[str, str]], columns: str
) -> None:
    """Make a table for each type of event, or of object."""
    for name, kinds in types.items():
        _insert(database, f"{what}_map_type", {"ocel_type": name, "ocel_type_map": _mapped(name)})
        own = "".join(f", {_named(one)} {KINDS[kind]}" for one, kind in kinds.items())
        database.execute(f"CREATE TABLE {_named(f'{what}_{_mapped(name)}')} ({columns}{own})")


def _write_objects(database: sqlite3.Connection, found: Found) -> None:
    _make_tables(
        database,
        "event",
        found.happening_types,
        "ocel_id TEXT PRIMARY KEY REFERENCES event (ocel_id), ocel_time TIMESTAMP",
    )
    _make_tables(
        database,
        "object",
        found.thing_types,
        "ocel_id TEXT REFERENCES object (ocel_id), ocel_time TIMESTAMP, ocel_changed_field TEXT",
    )
    things = found.things.values()
    database.executemany("INSERT INTO object VALUES (?, ?)", [(one.id, one.type) for one in things])
    for thing in things:
        _insert(database, f"object_{_mapped(thing.type)}",
                {"ocel_id": thing.id, "ocel_time": thing.at, **thing.attributes})  # fmt: skip
    links = [(one.id, id_, qualifier) for one in things for qualifier, id_ in one.links]
    database.executemany("INSERT OR IGNORE INTO object_object VALUES (?, ?, ?)", links)


def _write_events(database: sqlite3.Connection, found: Found, page: Sequence[Happening]) -> None:
    database.executemany("INSERT INTO event VALUES (?, ?)", [(one.id, one.type) for one in page])
    links = [(one.id, id_, qualifier) for one in page for qualifier, id_ in one.links]
    database.executemany("INSERT INTO event_object VALUES (?, ?, ?)", links)
    by_type: dict[str, list[tuple[Any, ...]]] = {}
    for one in page:
        values = (one.attributes.get(name) for name in found.happenings[one.type])
        by_type.setdefault(one.type, []).append((one.id, one.at, *values))
    for name, rows in by_type.items():
        columns = ", ".join(map(_named, ("ocel_id", "ocel_time", *found.happenings[name])))
        marks = ", ".join("?" * len(rows[0]))
        table = _named(f"event_{_mapped(name)}")
        database.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608 - quoted names


def _insert(database: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    columns, marks = ", ".join(map(_named, row)), ", ".join("?" * len(row))
    database.execute(f"INSERT INTO {_named(table)} ({columns}) VALUES ({marks})", list(row.values()))  # noqa: S608 - quoted names


def _mapped(name: str) -> str:
    """Return a type as it stands in the name of its table."""
    return name.replace("-", "_")


def _named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


FORMAT = Format("ocel-sqlite", "application/vnd.sqlite3", "ocel.sqlite", 2, _pieces)
"""Object-centric event data as a database."""
