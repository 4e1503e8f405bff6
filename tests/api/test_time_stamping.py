"""The log has its checkpoints time-stamped (RFC 3161) by a local authority, and is held up by no bad one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

import api.time_stamping
from api.settings import Settings
from api.time_stamping import NotConfigured, TimeStamping
from ledger.checkpoint import Checkpoint
from ledger.connect import connect
from ledger.embedded import EmbeddedPostgres
from ledger.integrator import Integrator
from ledger.key_folder import KeyFolder
from ledger.note import parse_note
from ledger.postgres import PostgresLog
from ledger.roles import RoleNames
from ledger.signed_log import SignedLog
from ledger.signer import Signer
from ledger.time_stamp import LARGEST_ANSWER, TimeStampQuery
from ledger.time_stamps import TimeStamp
from tests.authority import Answer, Authority, authority, stamped, verified
from tests.database import fresh_database
from tests.ledger.logs import ORIGIN, grow, started_log
from tests.waiting import eventually

ROLES = RoleNames()


@dataclass
class Clock:
    """An hour that passes when a test says so."""

    at: datetime = datetime(2027, 6, 6, 18, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


class Stamped:
    """A signed log, and who has it time-stamped."""

    def __init__(self, url: str, keys: KeyFolder, settings: Settings) -> None:
        self.url, self.keys, self.settings = url, keys, settings
        self.clock = Clock()
        self.stamping = TimeStamping(url, settings, self.clock)
        self.log = SignedLog(url)

    def grow(self, events: int) -> Checkpoint:
        """Record some more, and sign it."""
        log = PostgresLog(self.url)
        grow(log, events)
        log.close()
        Integrator(self.url).catch_up()
        with connect(self.url, ROLES.signer, "test") as connection:
            return Signer(connection, self.keys).sign()

    def ask(self) -> TimeStamp | None:
        """Ask for a time stamp if its time has come."""
        with connect(self.url, ROLES.signer, "test") as connection:
            return self.stamping.ask(connection)


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """A good authority; each test leaves it as it was."""
    with authority(tmp_path_factory.mktemp("authority") / "tsa") as running:
        yield running


@pytest.fixture
def log(
    postgres_18: EmbeddedPostgres, migrated_template: str, tmp_path: Path, tsa: Authority
) -> Iterator[Stamped]:
    """A log of 10 signed events."""
    keys = KeyFolder(tmp_path / "keys", ORIGIN)
    keys.create()
    tsa.answer, tsa.seconds_between = stamped, 0.0
    tsa.asked.clear()
    with ExitStack() as open_:
        url = open_.enter_context(fresh_database(postgres_18, migrated_template))
        open_.enter_context(started_log(url, 5))
        log = Stamped(url, keys, Settings(timestamps=tsa.address, timestamp_roots=tsa.root))
        open_.callback(log.log.close)
        log.grow(5)
        yield log


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said in the service's log."""
    said: list[str] = []
    talking = SimpleNamespace(warning=lambda _event, **more: said.append(more["warning"]))
    monkeypatch.setattr(api.time_stamping, "log", talking)
    return said


def test_a_checkpoint_is_stamped_and_openssl_verifies_it(
    log: Stamped, tsa: Authority, tmp_path: Path
) -> None:
    stamp = log.ask()
    assert stamp is not None
    signed = log.log.checkpoint()
    assert signed is not None
    (tmp_path / "a.tsr").write_bytes(stamp.answer)

    assert log.log.time_stamp(10) == stamp
    assert stamp.size == signed.size == 10
    assert verified(parse_note(signed.note).text.encode(), tmp_path / "a.tsr", tsa.root)
    assert not verified(b"bitacora.example.mx/2027\n11\n", tmp_path / "a.tsr", tsa.root)
    assert abs(datetime.now(UTC) - stamp.stamped_at) < timedelta(minutes=1)


def test_it_is_asked_for_again_only_when_the_log_has_grown_and_the_minutes_are_over(
    log: Stamped, tsa: Authority
) -> None:
    log.ask()
    log.clock.at += timedelta(hours=2)
    assert log.ask() is None, "nothing new"
    log.clock.at -= timedelta(hours=2)
    log.grow(3)
    assert log.ask() is None, "too early"
    log.clock.at += timedelta(minutes=59)
    assert log.ask() is None
    log.clock.at += timedelta(minutes=1)
    again = log.ask()

    assert again is not None
    assert again.size == 13
    assert len(tsa.asked) == 2
    assert [size for size, _ in log.log.stamped_sizes()] == [10, 13]
    first = log.log.time_stamp_covering(4)
    assert first is not None
    assert first.size == 10
    assert log.log.time_stamp_covering(14) is None


def test_who_begins_anew_asks_for_nothing_that_was_stamped_already(log: Stamped, tsa: Authority) -> None:
    log.ask()
    log.grow(1)
    log.stamping = TimeStamping(log.url, log.settings, log.clock)

    assert log.ask() is None
    assert len(tsa.asked) == 1


def of_another_text(tsa: Authority, _query: bytes) -> bytes:
    return tsa.reply(TimeStampQuery("another\n").file)


def with_another_nonce(tsa: Authority, _query: bytes) -> bytes:
    text = f"{ORIGIN}\n10\n"
    return tsa.reply(TimeStampQuery(text).file)


def by_another_authority(tsa: Authority, query: bytes) -> bytes:
    folder = tsa.folder.parent / "other"
    other = Authority(folder)
    if not folder.exists():
        other.prepare()
    return other.reply(query)


def refused(tsa: Authority, query: bytes) -> bytes:
    folder = tsa.folder.parent / "narrow"
    narrow = Authority(folder)
    if not folder.exists():
        narrow.prepare(digests="sha512")
    return narrow.reply(query)


def a_bit_off(tsa: Authority, query: bytes) -> bytes:
    answer = bytearray(tsa.reply(query))
    answer[-20] ^= 1
    return bytes(answer)


BAD: dict[str, tuple[Answer, str]] = {
    "of another text": (of_another_text, "does not verify"),
    "with another nonce": (with_another_nonce, "Nonce mismatch"),
    "of an authority that was not chosen": (by_another_authority, "does not verify"),
    "refused": (refused, "refused it (rejection)"),
    "a bit off": (a_bit_off, "does not verify"),
    "garbage": (lambda _tsa, _query: b"<html>no</html>", "no time stamp"),
    "nothing": (lambda _tsa, _query: b"", "no time stamp"),
    "with something behind it": (lambda tsa, query: tsa.reply(query) + b"\0", "no time stamp"),
    "huge": (lambda _tsa, _query: bytes(LARGEST_ANSWER + 1), "more than an answer can have"),
    "an error": (lambda _tsa, _query: (500, b"no"), "status 500"),
    "a way elsewhere": (lambda _tsa, _query: (302, b""), "status 302"),
}


@pytest.mark.parametrize(("answer", "why"), BAD.values(), ids=BAD.keys())
def test_a_bad_answer_is_not_kept_is_said_and_stops_nobody(
    log: Stamped, tsa: Authority, heard: list[str], answer: Answer, why: str
) -> None:
    tsa.answer = answer
    assert log.ask() is None
    assert why in heard[-1]
    assert log.log.latest_time_stamp() is None

    assert log.grow(1).size == 11, "signing goes on"
    assert log.ask() is None
    assert len(tsa.asked) == 1, "and it is not asked again at once"
    tsa.answer = stamped
    log.clock.at += timedelta(seconds=30)
    again = log.ask()
    assert again is not None
    assert again.size == 11


def test_it_is_asked_ever_later_while_it_fails(log: Stamped, tsa: Authority, heard: list[str]) -> None:
    tsa.answer = lambda _tsa, _query: b""
    for _ in range(60):
        log.ask()
        log.clock.at += timedelta(minutes=1)

    # After 30 seconds, then 1, 2, 4, 8, 16 and 32 minutes, each as it is looked at once a minute.
    assert len(tsa.asked) == len(heard) == 7


def test_a_slow_authority_is_left_after_its_time(
    log: Stamped, tsa: Authority, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte comes in time, and the whole never would."""
    monkeypatch.setattr(api.time_stamping, "ANSWER_SECONDS", 0.5)
    tsa.seconds_between = 0.05
    assert log.ask() is None

    assert "took more than" in heard[-1]
    assert log.grow(1).size == 11


def test_an_authority_that_is_not_there_is_as_one_that_answers_badly(
    log: Stamped, tsa: Authority, heard: list[str]
) -> None:
    nowhere = log.settings.model_copy(update={"timestamps": "http://127.0.0.1:9"})
    log.stamping = TimeStamping(log.url, nowhere, log.clock)

    assert log.ask() is None
    assert len(heard) == 1


def test_it_goes_on_by_itself_until_it_is_told_to_stop(log: Stamped, tsa: Authority) -> None:
    stop = threading.Event()
    running = threading.Thread(target=log.stamping.run, args=[stop])
    running.start()
    try:
        eventually(lambda: log.log.latest_time_stamp() is not None)
    finally:
        stop.set()
        running.join()
    assert len(tsa.asked) == 1


def test_without_an_authority_or_its_certificates_it_says_what_to_set(tsa: Authority, tmp_path: Path) -> None:
    def why(**settings: object) -> str:
        with pytest.raises(NotConfigured) as found:
            TimeStamping("postgresql:///nowhere", Settings(**settings))  # type: ignore[arg-type]  # each is a setting
        return str(found.value)

    (tmp_path / "empty.pem").write_text("")

    assert "BITACORA_TIMESTAMPS is its address" in why()
    assert "BITACORA_TIMESTAMP_ROOTS is not set" in why(timestamps=tsa.address)
    assert "holds no certificates" in why(timestamps=tsa.address, timestamp_roots=tmp_path / "empty.pem")
    assert "holds no certificates" in why(timestamps=tsa.address, timestamp_roots=tmp_path / "none.pem")


def test_what_was_stamped_cannot_be_changed_or_taken_away(log: Stamped) -> None:
    log.ask()
    for statement in (
        "UPDATE ledger.time_stamps SET stamped_at = now()",
        "DELETE FROM ledger.time_stamps",
        "TRUNCATE ledger.time_stamps",
    ):
        with psycopg.connect(log.url) as connection, pytest.raises(psycopg.Error):
            connection.execute(statement)
