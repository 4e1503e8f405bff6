"""The tables pages are read from, told again from what was published alone, and compared row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

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

    def audit(self) -> tuple[int, str]:
        """Replay it; return how that ended, and what was said."""
        answer = bitacora(
            "audit", "projections", str(self.folder), "--digests", str(self.digests), environment={}
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


def test_a_replay_of_what_was_published_comes_to_the_same_tables(published: Published) -> None:
    said = say(published)
    code, answer = published.audit()

    assert code == 0, answer
    assert f"All {len(said.tables)} tables are what {said.position:,} entries come to" in answer
    assert said.tables["milestones"].rows > 4_000


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("milestone_versions_now", "UPDATE {} SET status = 'completed' WHERE ctid = (SELECT min(ctid) FROM {})"),
        ("timeline", "DELETE FROM {} WHERE ctid = (SELECT max(ctid) FROM {})"),
    ],
)  # fmt: skip
def test_one_row_that_was_changed_behind_the_program_s_back_is_found(
    published: Published, table: str, change: str
) -> None:
    name = sql.Identifier(current_schema(), table)
    with psycopg.connect(published.url) as connection:
        connection.execute(sql.SQL(change).format(name, name))
    say(published)
    code, answer = published.audit()

    assert code == 1
    assert table.removesuffix("_now") in answer


def test_another_version_of_the_program_says_that_it_is_another(published: Published) -> None:
    said = say(published)
    published.digests.write_text(said.model_copy(update={"schema_name": "projection_0"}).model_dump_json())
    code, answer = published.audit()

    assert code == 1
    assert "install the version the site runs" in answer
