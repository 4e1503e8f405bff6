"""The tables pages are read from, told again from what was published alone, and compared row by row."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from api.ceremonies.projections import projections
from api.signing import build_and_sign
from ledger.embedded import EmbeddedPostgres
from ledger.publishing import publish
from projections.digests import Digests, digests
from projections.schema import current_schema
from tests.api.test_cli import bitacora
from tests.database import fresh_database
from tests.pages.site import opened


@dataclass(frozen=True, slots=True)
class Published:
    """A log with its simulated history, published, and what its site's tables come to."""

    url: str
    folder: Path
    digests: Path

    def audit(self, *words: str) -> tuple[int, str]:
        """Replay it; return how that ended, and what was said."""
        answer = bitacora(
            "audit", "projections", str(self.folder), "--digests", str(self.digests), *words, environment={}
        )
        return answer.returncode, answer.stdout + answer.stderr


@pytest.fixture(scope="module")
def published(
    postgres_18: EmbeddedPostgres, told_calendar: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Published]:
    """The whole calendar with its history, published."""
    folder = tmp_path_factory.mktemp("audited")
    with fresh_database(postgres_18, told_calendar) as url:
        resources = opened(url)
        resources.settings = resources.settings.model_copy(update={"keys": folder / "keys"})
        build_and_sign(resources)
        publish(resources.signed_log, folder / "log")
        resources.close()
        yield Published(url, folder / "log", folder / "projections.json")


def say(published: Published) -> Digests:
    """Let the site say what its tables come to."""
    resources = opened(published.url)
    with resources.readers.connection() as connection:
        found = digests(connection)
    resources.close()
    published.digests.write_text(found.model_dump_json())
    return found


def test_a_replay_of_what_was_published_comes_to_the_same_tables(
    published: Published, tmp_path: Path
) -> None:
    said = say(published)
    code, answer = published.audit("--record", str(tmp_path / "acta"))
    record = json.loads((tmp_path / "acta/record.json").read_bytes())

    assert code == 0, answer
    assert f"All {len(said.tables)} tables are what {said.position:,} entries come to" in answer
    assert said.tables["milestones"].rows > 4_000
    assert (record["passed"], record["simulated"], record["checkpoint"]["size"]) == (
        True,
        True,
        said.position,
    )
    assert ["milestones", said.tables["milestones"].rows, said.tables["milestones"].sha256] in record[
        "listing"
    ]["rows"]
    assert (tmp_path / "acta/projections.json").read_bytes() == published.digests.read_bytes()


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("milestone_versions_now", "UPDATE {} SET status = 'completed' WHERE ctid = (SELECT min(ctid) FROM {})"),
        ("timeline", "DELETE FROM {} WHERE ctid = (SELECT max(ctid) FROM {})"),
    ],
)  # fmt: skip
def test_one_row_that_was_changed_behind_the_program_s_back_is_found(
    published: Published, tmp_path: Path, table: str, change: str
) -> None:
    name = sql.Identifier(current_schema(), table)
    with psycopg.connect(published.url) as connection:
        connection.execute(sql.SQL(change).format(name, name))
    said = say(published)
    code, answer = published.audit("--record", str(tmp_path / "acta"))
    record = json.loads((tmp_path / "acta/record.json").read_bytes())

    assert code == 1
    assert table.removesuffix("_now") in answer
    assert not record["passed"]
    assert record["findings"][0]["last_position"] == said.position


def test_another_version_of_the_program_says_that_it_is_another(published: Published) -> None:
    said = say(published)
    published.digests.write_text(said.model_copy(update={"schema_name": "projection_0"}).model_dump_json())
    code, answer = published.audit()

    assert code == 1
    assert "install the version the site runs" in answer


def test_a_published_log_that_cannot_be_replayed_is_a_ceremony_that_failed(
    published: Published, tmp_path: Path
) -> None:
    say(published)
    shutil.copytree(published.folder, tmp_path / "log")
    tile = tmp_path / "log/tile/entries/000"
    tile.write_bytes(tile.read_bytes().replace(b'"streamversion":1', b'"streamversion":x', 1))
    outcome = projections(tmp_path / "log", published.digests.read_bytes(), lambda _: None)

    assert not outcome.passed
    assert outcome.digest == ""
    assert outcome.findings[0].first_position == 1
