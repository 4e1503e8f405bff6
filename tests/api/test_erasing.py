"""Erasing again: what broke off, what a backup brought back, and what cannot begin because keys are lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.database import Resources
from api.erasing import erase_again, forget
from domain.person import NameErased, PersonRemoved, person_stream
from ledger.backup import backup
from ledger.desk.people import KnownPerson, known_ids, names_of, remember_person
from ledger.embedded import EmbeddedPostgres
from tests.api.harness import NOW, ORIGIN, opened
from tests.api.test_cli import bitacora
from tests.database import fresh_database
from tests.pages.site import Site
from tests.pages.staff import enrolled, record
from tests.resources import people_folder

REASON = "Solicitud de cancelación 12/2026"


@pytest.fixture
def site(postgres_18: EmbeddedPostgres, opened_template: str) -> Iterator[Site]:
    """What the program works with, over a database of the test's own; nothing is served."""
    with fresh_database(postgres_18, opened_template) as url:
        resources = opened(url)
        yield Site("", resources, cast("Any", None))
        resources.close()


def environment(site: Site, **more: str) -> dict[str, str]:
    """Return the settings of a program over the same database and folders."""
    url = site.resources.database_url
    return {
        "DATABASE_URL": url, "BITACORA_UNSAFE_DURABILITY": "1", "BITACORA_ORIGIN": ORIGIN,
        "BITACORA_PEOPLE": str(people_folder(url)), **more,
    }  # fmt: skip


def known(resources: Resources) -> frozenset[str]:
    with resources.desk.connection() as connection:
        return known_ids(connection)


def types_of(resources: Resources, person: str) -> list[str]:
    """Return what the log says happened to a person."""
    return [each.type for each in resources.ledger.log.read_family(person_stream(person), 0, 100)]


def erase(site: Site, person: str) -> None:
    record(site, person, PersonRemoved(reason="Baja."), NameErased(reason=REASON))
    forget(site.resources, person)


def test_an_erasure_that_broke_off_after_the_log_said_it_is_done_at_the_next_start(site: Site) -> None:
    person, other = enrolled(site, "Gabriel Secreto"), enrolled(site, "Ana")
    record(site, person, PersonRemoved(reason="Baja."), NameErased(reason=REASON))
    head = site.resources.ledger.log.head()
    assert person in known(site.resources)

    erase_again(site.resources)

    assert known(site.resources) == {other}
    assert site.resources.desk.keys.held() == {other}
    assert set(site.resources.desk.keys.erased()) == {person}
    assert site.resources.ledger.log.head() == head


def test_where_the_keys_came_back_from_an_older_copy_the_log_says_whom_to_erase(site: Site) -> None:
    person, other = enrolled(site, "Gabriel Secreto"), enrolled(site, "Ana")
    keys = site.resources.desk.keys
    copy = keys.folder.with_name(f"{keys.folder.name}-copy")
    shutil.copytree(keys.folder, copy)
    with site.resources.desk.connection() as connection:
        row = connection.execute("SELECT * FROM desk.people WHERE person = %s", [person]).fetchone()
        erase(site, person)
        connection.execute("INSERT INTO desk.people VALUES (%s, %s, %s)", row)
    shutil.rmtree(keys.folder)
    copy.rename(keys.folder)
    with site.resources.desk.connection() as connection:
        assert names_of(connection, [person]) == {person: "Gabriel Secreto"}, "both came back"

    erase_again(site.resources)

    assert known(site.resources) == keys.held() == {other}
    assert set(keys.erased()) == {person}


def test_who_is_not_in_the_log_any_more_is_not_invented(site: Site) -> None:
    site.resources.desk.keys.destroy("p-0123456789ab", NOW)
    head = site.resources.ledger.log.head()

    erase_again(site.resources)

    assert site.resources.ledger.log.head() == head


def test_a_log_of_before_the_erasure_is_told_of_it_once_whatever_it_knew(site: Site) -> None:
    active, removed = enrolled(site, "Gabriel"), enrolled(site, "Hugo")
    record(site, removed, PersonRemoved(reason="Baja."))
    for person in (active, removed):
        forget(site.resources, person)

    erase_again(site.resources)
    erase_again(site.resources)

    assert types_of(site.resources, active) == ["PersonEnrolled.v1", "PersonRemoved.v1", "NameErased.v1"]
    assert types_of(site.resources, removed) == ["PersonEnrolled.v1", "PersonRemoved.v1", "NameErased.v1"]
    last = site.resources.ledger.log.read_family(person_stream(active), 0, 100)[-1]
    assert (last.author_actor, last.occurred_at) == ("console", NOW)
    assert b"2026-11-21" in last.body


def test_the_command_that_restores_erases_who_was_erased_since(
    site: Site, postgres_18: EmbeddedPostgres, tmp_path: Path
) -> None:
    person, other = enrolled(site, "Gabriel Secreto"), enrolled(site, "Ana")
    file = tmp_path / "backup"
    backup(site.resources.database_url, file, binaries=postgres_18.binaries, progress=lambda _: None)
    erase(site, person)
    with fresh_database(postgres_18) as url:
        there = environment(site, DATABASE_URL=url)
        restored = bitacora("db", "restore", str(file), environment=there)
        assert restored.returncode == 0, restored.stderr
        assert "Erased again who was erased since: 1 of 1" in restored.stdout
        assert bitacora("migrate", environment=there).returncode == 0
        resources = opened(url)
        assert known(resources) == {other}
        assert types_of(resources, person) == ["PersonEnrolled.v1"], "until a start says it"
        resources.close()
        assert bitacora("notify", "--dry-run", environment=there).returncode == 0
        resources = opened(url)
        assert types_of(resources, person)[1:] == ["PersonRemoved.v1", "NameErased.v1"]
        resources.close()


@pytest.mark.parametrize("command", [["serve", "--port", "0"], ["notify", "--dry-run"]])
def test_nothing_starts_where_people_are_known_and_their_keys_are_lost(
    site: Site, tmp_path: Path, command: list[str]
) -> None:
    enrolled(site, "Ana")
    refused = bitacora(*command, environment=environment(site, BITACORA_PEOPLE=str(tmp_path / "empty")))

    assert refused.returncode == 1
    assert "BITACORA_PEOPLE" in refused.stderr
    assert not (tmp_path / "empty").exists(), "no new folder is begun in the place of the lost one"


def test_who_is_known_without_a_key_is_counted_and_not_named(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = enrolled(site, "Ana")
    enrolled(site, "Beto")
    (site.resources.desk.keys.folder / "keys" / lost).unlink()
    said: list[tuple[str, dict[str, Any]]] = []
    hears = SimpleNamespace(warning=lambda event, **more: said.append((event, more)))
    monkeypatch.setattr("api.erasing.log", hears)

    erase_again(site.resources)

    assert said == [
        ("person_keys_missing", {"warning": "1 people are known and their keys are not in the folder"})
    ]
    assert lost in known(site.resources), "nothing is erased that nobody asked for"


def test_who_was_erased_is_kept_no_more_of_even_where_a_request_was_under_way(site: Site) -> None:
    person = enrolled(site, "Gabriel Secreto")
    erase(site, person)

    with (
        site.resources.desk.connection() as connection,
        pytest.raises(Exception, match="Nothing is kept any more of who was erased"),
    ):
        remember_person(connection, KnownPerson(person, "Gabriel Secreto", None, None, NOW))
    assert known(site.resources) == frozenset()
