"""The folder is the list: every file of this room asks a question or says what it is for."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import TrackingRecorder
from eventsourcing.tests.persistence import TrackingRecorderTestCase

import projections as room
from ledger.tracking import PostgresTracking
from projections import projections
from projections.schema import current_schema

FOLDER = Path(room.__file__).parent


def test_every_file_with_tables_is_found() -> None:
    with_tables = {
        path.stem
        for path in FOLDER.glob("*.py")
        if 'TABLES = """' in path.read_text() or "PROJECTION =" in path.read_text()
    }

    assert {projection.name for projection in projections()} == with_tables != set()


def test_a_question_ends_in_a_question_mark() -> None:
    questions = [
        "milestones", "milestone_versions", "order", "activities", "processes", "process_versions", "entities",
        "timeline", "tally",
        "outlines", "elections", "docket", "case_versions", "case_figures", "cases", "systems", "notices",
        "indicators", "throughput", "waiting", "work_items", "worklist", "late_reports",
        "tally_sheets", "single_sheets", "extent",
    ]  # fmt: skip
    for name in questions:
        docstring = ast.get_docstring(ast.parse((FOLDER / f"{name}.py").read_text())) or ""
        assert docstring.splitlines()[0].endswith("?"), name


def test_the_schema_is_named_after_the_code() -> None:
    assert current_schema().startswith("projection_")
    assert len(current_schema()) == len("projection_") + 8


@pytest.fixture
def tracked(url: str, request: pytest.FixtureRequest) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA followed; SET search_path = followed")
        tracking = PostgresTracking(connection)
        tracking.create_table()
        request.instance.tracking = tracking
        yield


@pytest.mark.usefixtures("tracked")
class TestTracking(TrackingRecorderTestCase):
    """The library's own test of a tracking recorder, on ours."""

    tracking: TrackingRecorder

    def create_recorder(self) -> TrackingRecorder:
        return self.tracking
