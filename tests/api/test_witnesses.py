"""The log asks its witnesses over HTTP, publishes what they sign, and is held up by none of them."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx2
import pytest
import uvicorn

from api.witnesses.app import witness_app
from api.witnesses.asking import Witnessing
from bitacora_verifier.log import Question, verify_log
from bitacora_verifier.note import parse_vkey as their_vkey
from bitacora_verifier.policy import parse_policy as their_policy
from bitacora_verifier.refusal import Refused
from ledger.checkpoint import Checkpoint
from ledger.connect import connect
from ledger.cosigning import cosigned
from ledger.embedded import EmbeddedPostgres
from ledger.integrator import Integrator
from ledger.key_folder import KeyFolder
from ledger.merkle import EMPTY_ROOT
from ledger.note import parse_note, signed
from ledger.postgres import PostgresLog
from ledger.publishing import publish
from ledger.roles import RoleNames
from ledger.signed_log import SignedLog
from ledger.signer import Signer
from ledger.tree import SignedTree, latest_checkpoint, witnessed_checkpoint
from ledger.witness import WitnessFolder
from ledger.witness_policy import WitnessPolicy, parse_policy
from tests.database import fresh_database
from tests.ledger.logs import ORIGIN, grow, started_log
from tests.receiver import receiving

ROLES = RoleNames()
NAMES = ("uni", "diario", "tribunal")


@dataclass
class Clock:
    """An hour that passes when a test says so."""

    at: datetime = datetime(2027, 6, 6, 18, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@contextmanager
def serving(witness: WitnessFolder) -> Iterator[str]:
    """Run a witness, and lend its address."""
    server = uvicorn.Server(uvicorn.Config(witness_app(witness), port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


class Witnessed:
    """A signed log with three witnesses, of whom two are needed."""

    def __init__(
        self, url: str, keys: KeyFolder, witnesses: Sequence[WitnessFolder], policy: WitnessPolicy
    ) -> None:
        self.url, self.keys, self.witnesses, self.policy = url, keys, witnesses, policy
        self.clock = Clock()
        self.asking = Witnessing(url, ORIGIN, policy, ROLES, self.clock)

    def sign(self) -> None:
        """Build the tree and sign it."""
        Integrator(self.url).catch_up()
        with connect(self.url, ROLES.signer, "test") as connection:
            Signer(connection, self.keys).sign()

    def ask(self) -> bool:
        """Ask those whose time has come; tell whether enough signed."""
        with connect(self.url, ROLES.signer, "test") as connection, ThreadPoolExecutor(3) as pool:
            return self.asking.ask_all(connection, pool)

    def latest(self) -> tuple[SignedTree, set[str]]:
        """Return the last checkpoint, and who signed it."""
        with connect(self.url, ROLES.reader, "test") as connection:
            found = latest_checkpoint(connection)
        assert found is not None
        return found, set(cosigned(parse_note(found.note), self.policy.witnesses))

    def witnessed_size(self) -> int:
        """Return the size of the last tree that enough witnesses signed."""
        with connect(self.url, ROLES.reader, "test") as connection:
            found = witnessed_checkpoint(connection)
        return found.size if found else 0


@pytest.fixture
def witnesses(tmp_path: Path) -> list[WitnessFolder]:
    """Three witnesses, each with a key."""
    found = [WitnessFolder(tmp_path / name) for name in NAMES]
    for name, witness in zip(NAMES, found, strict=True):
        witness.create(f"{name}.example.mx")
    return found


@pytest.fixture
def log(
    postgres_18: EmbeddedPostgres, migrated_template: str, tmp_path: Path, witnesses: list[WitnessFolder]
) -> Iterator[Witnessed]:
    """A log of 300 events that was just signed, with its witnesses running."""
    keys = KeyFolder(tmp_path / "keys", ORIGIN)
    vkey = keys.create().public.vkey
    with ExitStack() as running:
        url = running.enter_context(fresh_database(postgres_18, migrated_template))
        running.enter_context(started_log(url, 300))
        lines = []
        for name, witness in zip(NAMES, witnesses, strict=True):
            witness.follow(vkey)
            address = running.enter_context(serving(witness))
            lines.append(f"witness {name} {witness.key().public.vkey} {address}")
        policy = parse_policy("\n".join([*lines, f"group todos 2 {' '.join(NAMES)}", "quorum todos"]))
        log = Witnessed(url, keys, witnesses, policy)
        log.sign()
        yield log


def grown(log: Witnessed, events: int) -> None:
    """Record more events, and sign them."""
    growing = PostgresLog(log.url)
    grow(growing, events)
    growing.close()
    log.sign()


def test_every_checkpoint_is_cosigned_by_all_that_answer(log: Witnessed) -> None:
    assert log.witnessed_size() == 0
    for size in (300, 301, 600):
        if size > 300:
            grown(log, size - log.latest()[0].size)
            assert log.witnessed_size() < size
        assert log.ask()
        row, signed_by = log.latest()
        assert (row.size, signed_by, row.witnessed_at) == (size, set(NAMES), log.clock())
        assert [witness.seen(ORIGIN).size for witness in log.witnesses] == [size] * 3
        assert log.witnessed_size() == size
    assert not log.ask(), "nobody is asked again at once"


def test_a_minute_later_they_say_again_that_they_look_though_the_log_does_not_grow(log: Witnessed) -> None:
    log.ask()
    first = log.latest()[0]
    log.clock.at += timedelta(seconds=59)
    assert not log.ask()
    log.clock.at += timedelta(seconds=1)
    assert log.ask()
    again = log.latest()[0]

    assert again.size == first.size
    assert again.note.count(b"\xe2\x80\x94") == 4, "a line a witness, its last, and the log's own"
    assert again.witnessed_at == log.clock()


def test_a_log_that_forgot_what_they_saw_asks_them(log: Witnessed) -> None:
    log.ask()
    grown(log, 50)
    started_again = Witnessed(log.url, log.keys, log.witnesses, log.policy)

    assert started_again.ask()
    assert started_again.latest()[1] == set(NAMES)


def test_who_does_not_answer_holds_up_nobody_and_is_asked_again_ever_later(log: Witnessed) -> None:
    with receiving() as silent:
        silent.answer = lambda _came: 500
        witnesses = [
            one if one.name != "uni" else one.__class__(one.name, one.key, silent.address)
            for one in log.policy.witnesses
        ]
        policy = WitnessPolicy(witnesses, log.policy.groups, log.policy.quorum)
        asking = Witnessed(log.url, log.keys, log.witnesses, policy)
        assert asking.ask(), "two of three are enough"
        assert asking.latest()[1] == {"diario", "tribunal"}
        grown(asking, 5)
        assert asking.ask()
        assert len(silent.received) == 1, "it is not asked again at once, though the log grew"
        asking.clock.at += timedelta(seconds=3)
        asking.ask()
        assert len(silent.received) == 2


def test_too_few_are_published_and_do_not_count_as_witnessed(log: Witnessed) -> None:
    for witness in log.witnesses[:2]:
        (witness.folder / "logs").write_text("")
    assert not log.ask()

    row, signed_by = log.latest()
    assert (signed_by, row.witnessed_at, log.witnessed_size()) == ({"tribunal"}, None, 0)


def test_who_has_seen_more_than_there_is_here_signs_nothing(
    log: Witnessed, postgres_18: EmbeddedPostgres, migrated_template: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """The whole machine was put back, also what it signed last: only others can know."""
    heard: list[str] = []
    said = SimpleNamespace(warning=lambda _event, **more: heard.append(more["warning"]))
    monkeypatch.setattr("api.witnesses.asking.log", said)
    shutil.copytree(tmp_path / "keys", tmp_path / "backup")
    grown(log, 50)
    log.ask()
    with fresh_database(postgres_18, migrated_template) as url, started_log(url, 310):
        keys = KeyFolder(tmp_path / "new", ORIGIN)
        keys.folder.parent.mkdir()
        shutil.copytree(tmp_path / "backup" / keys.folder.name, keys.folder)
        (keys.folder / "last-signed").write_bytes(empty_tree(keys))
        restored = Witnessed(url, keys, log.witnesses, log.policy)
        restored.sign()
        assert not restored.ask()
        assert restored.latest()[1] == set()

    assert [why.split(":")[0] for why in heard] == [
        "it has cosigned 350 entries, and here 310 are signed"
    ] * 3


def empty_tree(keys: KeyFolder) -> bytes:
    """Return what a signer that has signed nothing keeps."""
    return signed(Checkpoint(ORIGIN, 0, EMPTY_ROOT).text, keys.signing_keys()).file


def test_what_is_published_is_verified_under_the_policy_though_the_log_has_grown_since(
    log: Witnessed, tmp_path: Path
) -> None:
    names = dict(zip(NAMES, log.witnesses, strict=True))
    lines = [f"witness {name} {one.key().public.vkey}" for name, one in names.items()]
    policy = their_policy("\n".join([*lines, f"group todos 2 {' '.join(NAMES)}", "quorum todos"]))
    keys = [their_vkey(key.public.vkey) for key in log.keys.signing_keys()]
    question = Question(str(tmp_path / "log"), keys, policy=policy, fresh_minutes=5)
    signed_log = SignedLog(log.url)
    try:
        publish(signed_log, tmp_path / "log")
        with pytest.raises(Refused, match="Too few witnesses"):
            verify_log(question)
        for events in (0, 50):
            log.ask()
            grown(log, events + 1)
            publish(signed_log, tmp_path / "log")
            seen = verify_log(question).witnessed
            assert seen is not None
            assert (seen.checkpoint.size, set(seen.seen_at)) == (log.witnessed_size(), set(NAMES))
            assert seen.checkpoint.size == log.latest()[0].size - events - 1
    finally:
        signed_log.close()


def test_over_http_it_says_who_it_is_what_it_saw_and_refuses_in_words(log: Witnessed) -> None:
    log.ask()
    address = log.policy.witnesses[0].address
    with httpx2.Client(base_url=address) as client:
        who = client.get("/").text
        other = client.post("/add-checkpoint", content=b"old 3\n\n" + parse_note(log.latest()[0].note).file)
        nonsense = client.post("/add-checkpoint", content=b"old 300\n\nnothing\n")
        large = client.post("/add-checkpoint", content=bytes(200_000))
        get = client.get("/add-checkpoint")

    assert who == f"witness {log.witnesses[0].key().public.vkey}\nlog {ORIGIN} 300\n"
    assert (other.status_code, other.headers["content-type"], other.text) == (
        409,
        "text/x.tlog.size",
        "300\n",
    )
    assert (nonsense.status_code, large.status_code, get.status_code) == (400, 413, 405)
    assert "a note is a text" in nonsense.text
