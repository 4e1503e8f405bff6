"""The desk: who an id is, how they sign in, who is signed in; and that it is apart from the log."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from ledger.desk import Desk
from ledger.desk.codes import about_code, keep_code, readable_code, use_code
from ledger.desk.passkeys import Passkey, add_passkey, passkey_of, passkey_used, passkeys_of
from ledger.desk.people import (
    KnownPerson,
    erase_person,
    known_ids,
    names_of,
    person_by_id,
    remember_person,
)
from ledger.desk.sessions import (
    LONGEST,
    LONGEST_IDLE,
    begin_session,
    end_session,
    end_sessions_of,
    renew_session,
    session_of,
)
from ledger.desk.uploads import keep_upload, upload_of

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ANA = KnownPerson("p-00000000000a", "Ana", "https://id.iepc.example", "17", NOW)
BETO = KnownPerson("p-00000000000b", "Beto", None, None, NOW)


@pytest.fixture
def desk(ledger_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk at which two people are known."""
    desk = Desk(ledger_url, tmp_path / "people")
    with desk.connection() as connection:
        remember_person(connection, ANA)
        remember_person(connection, BETO)
    yield desk
    desk.close()


def test_a_person_is_known_by_id(desk: Desk) -> None:
    with desk.connection() as connection:
        assert person_by_id(connection, ANA.person) == ANA
        assert person_by_id(connection, "p-unknown") is None
        assert names_of(connection, [BETO.person, "p-unknown"]) == {BETO.person: "Beto"}


def test_an_id_is_one_person_s(desk: Desk) -> None:
    with desk.connection() as connection, pytest.raises(errors.UniqueViolation):
        remember_person(connection, KnownPerson(ANA.person, "Otra", None, None, NOW))


def test_who_is_erased_leaves_nothing_at_the_desk(desk: Desk) -> None:
    with desk.connection() as connection:
        add_passkey(connection, Passkey(b"key", ANA.person, b"cose", 0), NOW)
        secret = begin_session(connection, ANA.person, NOW)

        assert erase_person(connection, ANA.person)
        assert not erase_person(connection, ANA.person)
        assert person_by_id(connection, ANA.person) is None
        assert passkey_of(connection, b"key") is None
        assert session_of(connection, secret, NOW) is None


def test_a_passkey_is_one_person_s_and_its_device_counts(desk: Desk) -> None:
    with desk.connection() as connection:
        add_passkey(connection, Passkey(b"key", ANA.person, b"cose", 3), NOW)
        with pytest.raises(errors.UniqueViolation):
            add_passkey(connection, Passkey(b"key", BETO.person, b"cose", 0), NOW)
        passkey_used(connection, b"key", 4, NOW)

        assert passkey_of(connection, b"key") == Passkey(b"key", ANA.person, b"cose", 4)
        assert passkeys_of(connection, ANA.person) == [b"key"]
        assert passkeys_of(connection, BETO.person) == []


def test_a_code_can_be_read_out_and_is_never_the_same() -> None:
    codes = {readable_code() for _ in range(100)}

    assert len(codes) == 100
    assert all(re.fullmatch(r"([A-HJ-NP-Z2-9]{5}-){4}[A-HJ-NP-Z2-9]{5}", code) for code in codes)


def test_a_code_is_used_once_for_its_own_purpose_and_in_time(desk: Desk) -> None:
    with desk.connection() as connection:
        keep_code(connection, "7KQ2M", purpose="enrolment", about="x", expires_at=NOW + MINUTE, now=NOW)

        assert use_code(connection, "7KQ2M", purpose="challenge", now=NOW) is None
        assert about_code(connection, "7KQ2M", purpose="enrolment", now=NOW) == "x"
        # As a person types it.
        assert use_code(connection, " 7kq2m ", purpose="enrolment", now=NOW) == "x"
        assert use_code(connection, "7KQ2M", purpose="enrolment", now=NOW) is None


def test_a_code_that_is_over_is_good_for_nothing(desk: Desk) -> None:
    with desk.connection() as connection:
        keep_code(connection, "7KQ2M", purpose="enrolment", about="x", expires_at=NOW + MINUTE, now=NOW)

        assert about_code(connection, "7KQ2M", purpose="enrolment", now=NOW + MINUTE) is None
        assert use_code(connection, "7KQ2M", purpose="enrolment", now=NOW + MINUTE) is None


def test_of_many_who_use_a_code_at_once_one_gets_it(desk: Desk) -> None:
    with desk.connection() as connection:
        keep_code(connection, "7KQ2M", purpose="enrolment", about="x", expires_at=NOW + MINUTE, now=NOW)
    got: list[str | None] = []
    barrier = threading.Barrier(4)

    def use() -> None:
        with desk.connection() as connection:
            barrier.wait()
            got.append(use_code(connection, "7KQ2M", purpose="enrolment", now=NOW))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(got, key=str) == [None, None, None, "x"]


def test_a_session_lasts_a_working_night_of_somebody_who_is_there(desk: Desk) -> None:
    with desk.connection() as connection:
        secret = begin_session(connection, ANA.person, NOW)
        at = NOW
        while at + LONGEST_IDLE / 2 < NOW + LONGEST:
            at += LONGEST_IDLE / 2
            session = session_of(connection, secret, at)
            assert session is not None
            assert (session.person, session.name) == (ANA.person, ANA.name)
            assert session.proved_at == NOW

        assert session_of(connection, secret, NOW + LONGEST) is None


def test_a_session_of_somebody_who_left_ends(desk: Desk) -> None:
    with desk.connection() as connection:
        secret = begin_session(connection, ANA.person, NOW)

        assert session_of(connection, secret, NOW + LONGEST_IDLE - MINUTE) is not None
        secret = begin_session(connection, ANA.person, NOW)
        assert session_of(connection, secret, NOW + LONGEST_IDLE) is None


def test_who_proves_who_they_are_again_gets_another_secret(desk: Desk) -> None:
    with desk.connection() as connection:
        secret = begin_session(connection, ANA.person, NOW)
        renewed = renew_session(connection, secret, NOW + MINUTE)

        assert renewed is not None
        assert session_of(connection, secret, NOW + MINUTE) is None
        session = session_of(connection, renewed, NOW + MINUTE)
        assert session is not None
        assert (session.began_at, session.proved_at) == (NOW, NOW + MINUTE)
        assert renew_session(connection, "nobody's", NOW) is None


def test_a_session_is_ended_by_its_browser_and_all_of_a_person_s_at_once(desk: Desk) -> None:
    with desk.connection() as connection:
        first, second, other = (begin_session(connection, who.person, NOW) for who in (ANA, ANA, BETO))
        end_session(connection, first)

        assert session_of(connection, first, NOW) is None
        assert end_sessions_of(connection, ANA.person) == 1
        assert session_of(connection, second, NOW) is None
        assert session_of(connection, other, NOW) is not None


def test_neither_a_session_nor_a_code_can_be_read_out_of_the_database(desk: Desk, ledger_url: str) -> None:
    with desk.connection() as connection:
        secret = begin_session(connection, ANA.person, NOW)
        keep_code(connection, "7KQ2M", purpose="enrolment", about="x", expires_at=NOW + MINUTE, now=NOW)
    with psycopg.connect(ledger_url) as administrator:
        rows = administrator.execute(
            "SELECT s::text FROM desk.sessions s UNION SELECT c::text FROM desk.codes c"
        )
        everything = " ".join(row for (row,) in rows.fetchall())

    assert secret not in everything
    assert "7KQ2M" not in everything


def test_nobody_s_name_can_be_read_out_of_the_database(desk: Desk, ledger_url: str) -> None:
    about = '{"name": "Quien Viene"}'
    with desk.connection() as connection:
        keep_code(connection, "7KQ2M", purpose="enrolment", about=about, expires_at=NOW + MINUTE, now=NOW)
        keep_upload(connection, ANA.person, b"digest", b"Lo que Ana escribe", NOW)
        assert upload_of(connection, ANA.person, b"digest", NOW) == b"Lo que Ana escribe"
    with psycopg.connect(ledger_url) as administrator:
        rows = administrator.execute(
            "SELECT known FROM desk.people UNION SELECT about FROM desk.codes UNION SELECT content FROM desk.uploads"
        ).fetchall()

    assert len(rows) == 4
    for row in rows:
        assert not any(word in row[0] for word in (b"Ana", b"Beto", b"iepc", b"Quien", b"name"))


def test_a_row_that_came_back_without_its_key_is_nobody(desk: Desk) -> None:
    with desk.connection() as connection:
        secret = begin_session(connection, ANA.person, NOW)
        desk.keys.destroy(ANA.person, NOW)

        assert person_by_id(connection, ANA.person) is None
        assert names_of(connection, [ANA.person, BETO.person]) == {BETO.person: "Beto"}
        assert session_of(connection, secret, NOW) is None
        assert known_ids(connection) == {ANA.person, BETO.person}


def test_the_desk_cannot_touch_the_log(desk: Desk) -> None:
    with desk.connection() as connection:
        for statement in ("SELECT FROM ledger.events", "SELECT ledger.append()", "CREATE TABLE desk.mine ()"):
            with pytest.raises((errors.InsufficientPrivilege, errors.UndefinedFunction)):
                connection.execute(statement)


@pytest.mark.parametrize(
    "role",
    ["bitacora_committer", "bitacora_reader", "bitacora_projector", "bitacora_signer", "bitacora_integrator"],
)
def test_nobody_else_reads_the_desk(desk: Desk, ledger_url: str, role: str) -> None:
    with psycopg.connect(ledger_url, autocommit=True) as connection:
        connection.execute(f"SET ROLE {role}")
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("SELECT FROM desk.people")
