"""``bitacora audit URL|FOLDER``: the log is verified, its tables are told again from it; what is missing is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from api.signing import build_and_sign
from ledger.embedded import EmbeddedPostgres
from projections.schema import current_schema
from tests.api.test_cli import bitacora
from tests.database import fresh_database
from tests.pages.site import Site, running_site


@pytest.fixture(scope="module")
def site(
    postgres_18: EmbeddedPostgres, told_calendar: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The site over the whole calendar with its history, signed."""
    keys = tmp_path_factory.mktemp("audited") / "keys"
    with (
        fresh_database(postgres_18, told_calendar) as url,
        running_site(
            url,
            before=lambda resources: setattr(
                resources, "settings", resources.settings.model_copy(update={"keys": keys})
            ),
        ) as site,
    ):
        build_and_sign(site.resources)
        yield site


def publish(site: Site, folder: Path) -> Path:
    """Write it to a folder, with what its tables come to."""
    answer = bitacora(
        "log", "publish", str(folder), "--digests",
        environment={"DATABASE_URL": site.resources.database_url, "BITACORA_UNSAFE_DURABILITY": "1"},
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    return folder


@pytest.fixture(scope="module")
def folder(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as files."""
    return publish(site, tmp_path_factory.mktemp("published") / "log")


def audited(place: object, state: Path, *options: str) -> tuple[int, str]:
    """Audit it all; return how that ended, and what was said."""
    answer = bitacora("audit", str(place), *options, "--state", str(state), environment={"LC_ALL": "C"})
    assert "Traceback" not in answer.stderr
    return answer.returncode, answer.stdout + answer.stderr


def test_what_a_site_serves_is_verified_replayed_and_compared_in_one_go(site: Site, tmp_path: Path) -> None:
    vkey = site.client.get(f"{site.address}/log/vkey").text.strip()
    said = site.client.get(f"{site.address}/log/digests.json").json()
    state = site.data("/checkpoint")
    code, answer = audited(f"{site.address}/log", tmp_path, "--vkey", vkey)

    assert code == 0, answer
    assert f"entries:      {state['size']:,}" in answer
    assert f"All {len(said['tables'])} tables are what {said['position']:,} entries come to" in answer
    assert (said["origin"], said["position"], said["root"]) == (state["origin"], state["size"], state["root"])


def test_the_log_comes_first_and_what_is_missing_is_never_passed_over(folder: Path, tmp_path: Path) -> None:
    vkey = (folder / "vkey").read_text().strip()
    kept = (folder / "digests.json").read_bytes()
    assert audited(folder, tmp_path)[0] == 2, "no key was pinned"
    try:
        (folder / "digests.json").unlink()
        code, answer = audited(folder, tmp_path, "--vkey", vkey)
        assert (code, "digests.json is missing" in answer) == (3, True)
        (folder / "digests.json").write_text("{}")
        code, answer = audited(folder, tmp_path)
        assert (code, "schema_name is wrong" in answer) == (1, True)
    finally:
        (folder / "digests.json").write_bytes(kept)
    (folder / "tile/0/000").rename(folder / "away")
    try:
        assert audited(folder, tmp_path)[0] == 3
    finally:
        (folder / "away").rename(folder / "tile/0/000")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("root", "AAAA", "another history of the first"),
        ("origin", "otra.example/1", "tell of the log 'otra.example/1'"),
        ("position", 10**9, "tell of 1,000,000,000 entries"),
    ],
)  # fmt: skip
def test_digests_of_another_history_are_told_apart(
    folder: Path, tmp_path: Path, name: str, value: object, says: str
) -> None:
    vkey = (folder / "vkey").read_text().strip()
    kept = (folder / "digests.json").read_bytes()
    try:
        (folder / "digests.json").write_text(json.dumps({**json.loads(kept), name: value}))
        code, answer = audited(folder, tmp_path, "--vkey", vkey)
    finally:
        (folder / "digests.json").write_bytes(kept)

    assert code == 1
    assert says in answer


def test_a_row_that_was_changed_behind_the_program_s_back_is_named_by_its_table(
    site: Site, tmp_path: Path
) -> None:
    name = sql.Identifier(current_schema(), "timeline")
    with psycopg.connect(site.resources.database_url) as connection:
        connection.execute(
            sql.SQL("DELETE FROM {} WHERE ctid = (SELECT max(ctid) FROM {})").format(name, name)
        )
    folder = publish(site, tmp_path / "log")
    code, answer = audited(folder, tmp_path, "--vkey", (folder / "vkey").read_text().strip())

    assert code == 11
    assert "timeline: " in answer
