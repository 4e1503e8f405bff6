"""The keys of people: what they seal opens under them alone, and nothing brings back who was erased."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.desk.person_keys import PersonKeys, UnusablePersonKeys, WasErased
from ledger.durable_file import keep_once

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
ANA, BETO = "p-00000000000a", "p-00000000000b"
ISSUER = "https://id.iepc.example"


@pytest.fixture
def keys(tmp_path: Path) -> PersonKeys:
    """A folder in which nobody is known yet."""
    return PersonKeys(tmp_path / "people")


def contents(folder: Path) -> bytes:
    """Return all that a folder's files say, and what they are called."""
    files = sorted(each for each in folder.rglob("*") if each.is_file())
    return b"\n".join(str(each.relative_to(folder)).encode() + b"\n" + each.read_bytes() for each in files)


def test_what_is_sealed_opens_for_its_own_person_and_place_alone(keys: PersonKeys) -> None:
    sealed = keys.seal(ANA, "Ana Ruiz", "people.known")
    keys.seal(BETO, "Beto", "people.known")

    assert b"Ana" not in sealed
    assert keys.unseal(ANA, sealed, "people.known") == b"Ana Ruiz"
    assert keys.unseal(ANA, sealed, "letters.address") is None
    assert keys.unseal(BETO, sealed, "people.known") is None
    assert keys.unseal("p-00000000000c", sealed, "people.known") is None, "nobody's key"
    assert keys.unseal(ANA, sealed[:-1], "people.known") is None
    assert keys.unseal(ANA, b"", "people.known") is None
    assert keys.seal(ANA, "Ana Ruiz", "people.known") != sealed, (
        "the same name twice tells nobody that it is the same"
    )


def test_an_identity_is_one_person_s_and_stands_nowhere(keys: PersonKeys) -> None:
    assert keys.claim(ISSUER, "17", ANA) == ANA
    assert keys.claim(ISSUER, "17", BETO) == ANA
    # The same subject of another issuer is another person, wherever one ends and the other begins.
    assert keys.claim("https://id.ine.example", "17", BETO) == BETO
    assert keys.claim(f"{ISSUER} 1", "7", "p-00000000000c") == "p-00000000000c"
    assert b"iepc" not in contents(keys.folder)


def test_of_many_who_come_with_one_identity_at_once_one_makes_it(keys: PersonKeys) -> None:
    keys.refuse_lost()
    persons = [f"p-{number:012x}" for number in range(40)]
    with ThreadPoolExecutor(20) as crowd:
        got = set(crowd.map(lambda person: keys.claim(ISSUER, "17", person), persons))
        sealed = list(crowd.map(lambda _: keys.seal(ANA, "Ana", "people.known"), persons))

    assert len(got) == 1
    assert {keys.unseal(ANA, each, "people.known") for each in sealed} == {b"Ana"}, (
        "one key was made, not many"
    )


def test_who_is_erased_opens_no_more_for_any_process_and_gets_no_key_again(keys: PersonKeys) -> None:
    another = PersonKeys(keys.folder)
    sealed = keys.seal(ANA, "Ana Ruiz", "people.known")
    kept = keys.seal(BETO, "Beto", "people.known")
    keys.claim(ISSUER, "17", ANA)
    assert another.unseal(ANA, sealed, "people.known") == b"Ana Ruiz"

    keys.destroy(ANA, NOW)

    assert another.unseal(ANA, sealed, "people.known") is None
    assert another.unseal(BETO, kept, "people.known") == b"Beto"
    assert another.erased() == {ANA: NOW}
    assert another.held() == {BETO}
    assert another.claim(ISSUER, "17", "p-00000000000c") == "p-00000000000c", "who comes back is somebody new"
    with pytest.raises(WasErased):
        another.seal(ANA, "Ana Ruiz", "people.known")


def test_erasing_twice_keeps_when_it_was_and_who_was_never_known_is_noted_too(keys: PersonKeys) -> None:
    keys.destroy(ANA, NOW)
    keys.destroy(ANA, NOW.replace(year=2027))

    assert keys.erased() == {ANA: NOW}


def test_what_a_crash_left_of_a_key_goes_with_it(keys: PersonKeys) -> None:
    keys.seal(ANA, "Ana", "people.known")
    key = keys.folder / "keys" / ANA
    # Between the link and the removal there are two names of one file.
    left = key.with_name(f".{ANA}.0a1b2c3d")
    left.hardlink_to(key)
    secret = key.read_bytes()
    before = key.open("rb")
    keys.destroy(ANA, NOW)

    assert not left.exists()
    assert secret not in contents(keys.folder)
    assert before.read() != secret, "what the disk had of it was written over"
    before.close()


def test_a_folder_that_is_lost_is_not_begun_anew_where_people_are_known(tmp_path: Path) -> None:
    known: list[str] = []
    keys = PersonKeys(tmp_path / "people", lambda: bool(known))
    sealed = keys.seal(ANA, "Ana", "people.known")
    known.append(ANA)
    shutil.move(keys.folder, tmp_path / "elsewhere")

    for ask in (
        keys.refuse_lost,
        lambda: keys.claim(ISSUER, "17", BETO),
        lambda: keys.seal(BETO, "Beto", "people.known"),
        lambda: keys.destroy(ANA, NOW),
        lambda: keys.unseal(ANA, sealed, "people.known"),
    ):
        with pytest.raises(UnusablePersonKeys, match="BITACORA_PEOPLE"):
            ask()
    assert not keys.folder.exists()
    shutil.move(tmp_path / "elsewhere", keys.folder)
    assert keys.unseal(ANA, sealed, "people.known") == b"Ana"


def test_folder_and_files_are_for_their_user_alone(keys: PersonKeys) -> None:
    sealed = keys.seal(ANA, "Ana", "people.known")
    keys.claim(ISSUER, "17", ANA)
    modes = {each.stat().st_mode & 0o077 for each in [keys.folder, *keys.folder.rglob("*")]}
    (keys.folder / "keys" / ANA).chmod(0o640)

    assert modes == {0}
    with pytest.raises(UnusablePersonKeys, match="open to others"):
        keys.unseal(ANA, sealed, "people.known")


@pytest.mark.parametrize("person", ["../secret", "p/1", "", ".hidden", "a" * 101])
def test_what_is_no_id_names_no_file(keys: PersonKeys, person: str) -> None:
    with pytest.raises(ValueError, match="is no id"):
        keys.seal(person, "Ana", "people.known")


def test_of_two_who_keep_a_file_the_first_is_believed(tmp_path: Path) -> None:
    assert keep_once(tmp_path / "one", b"first") == b"first"
    assert keep_once(tmp_path / "one", b"second") == b"first"
    assert [each.name for each in tmp_path.iterdir()] == ["one"], "nothing half made"
