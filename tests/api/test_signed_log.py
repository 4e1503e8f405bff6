"""The signed log at /log, as a folder of files, and the proof of one event: each verified from its bytes alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from ledger.checkpoint import Checkpoint, open_checkpoint, parse_proof
from ledger.connect import connect
from ledger.integrator import Integrator
from ledger.key_folder import KeyFolder
from ledger.merkle import Frontier, leaf_hash, root, verify_inclusion
from ledger.note import PublicKey, parse_vkey, signed
from ledger.publishing import NotPublished, publish
from ledger.signer import Signer
from ledger.tiles import WIDTH, Tile, entries_of, hashes_from, tiles_of
from tests.api.harness import ACT, JALISCO, ORIGIN, Api, milestone
from tests.ledger.logs import grow


@dataclass(frozen=True, slots=True)
class Signing:
    """An application whose log can be signed."""

    api: Api
    keys: KeyFolder

    def sign(self) -> Checkpoint:
        """Sign all there is."""
        url = self.api.resources.database_url
        Integrator(url).catch_up()
        with connect(url, self.api.resources.settings.roles.signer, "test") as connection:
            return Signer(connection, self.keys).sign()

    def get(self, path: str) -> bytes:
        """Return a file of the signed log."""
        answer = self.api.client.get(f"/log/{path}")
        assert answer.status_code == 200, (path, answer.text)
        return answer.content

    def report(self) -> int:
        """Record something, and return where."""
        answer = self.api.write(f"{milestone('L012')}/progress", {"done": 1, "note": str(uuid4())})
        assert answer.status_code == 200, answer.text
        return self.api.head()

    @property
    def pinned(self) -> list[PublicKey]:
        """The keys as whoever verifies has them."""
        return [key.public for key in self.keys.signing_keys()]


@pytest.fixture(scope="module")
def unsigned(api: Api, tmp_path_factory: pytest.TempPathFactory) -> Signing:
    """A log that nobody has signed, and a key for it."""
    keys = KeyFolder(tmp_path_factory.mktemp("keys"), ORIGIN)
    keys.create()
    return Signing(api, keys)


@pytest.fixture(scope="module")
def signing(unsigned: Signing) -> Signing:
    """The same log, signed."""
    asked = [
        unsigned.api.client.get(path) for path in ("/log/checkpoint", "/log/vkey", "/api/v1/events/1/receipt")
    ]
    assert [answer.json()["rule"] for answer in asked] == ["not-signed", "not-signed", "not-signed-yet"]
    assert unsigned.api.client.get("/log/tile/0/000").status_code == 404
    with pytest.raises(NotPublished, match="Nothing was signed"):
        publish(unsigned.api.resources.signed_log, Path("never-made"))
    unsigned.sign()
    return unsigned


def verified(get: Callable[[str], bytes], keys: list[PublicKey]) -> Checkpoint:
    """Check a whole signed log by its files: signature, every entry and tile, and the root; return its checkpoint."""
    checkpoint, _ = open_checkpoint(get("checkpoint"), ORIGIN, keys)
    grown = Frontier(0, [])
    for tile in tiles_of(checkpoint.size):
        content = get(f"tile/{tile.path}")
        if tile.kind == "entries":
            leaves = [leaf_hash(entry) for entry in entries_of(content)]
            assert get(f"tile/{tile._replace(kind=0).path}") == b"".join(leaves)
            for leaf in leaves:
                grown.append(leaf)
        assert tile.kind == "entries" or len(content) == tile.width * 32

    def widest(tile: Tile) -> bytes:
        hashes = checkpoint.size >> (8 * tile.level)
        return get(f"tile/{tile._replace(width=min(WIDTH, hashes - tile.number * WIDTH)).path}")

    assert grown.root() == checkpoint.root == root(checkpoint.size, hashes_from(widest))
    return checkpoint


def test_the_whole_log_verifies_from_what_is_served(signing: Signing) -> None:
    signing.sign()
    assert verified(signing.get, signing.pinned).size == signing.api.head() > WIDTH
    served = signing.get("vkey").decode().splitlines()
    assert [parse_vkey(line) for line in served] == signing.pinned


def test_the_metrics_say_how_much_is_signed_and_when(signing: Signing) -> None:
    size = signing.sign().size
    figures = dict(
        line.split(" ", 1) for line in signing.api.client.get("/metrics").text.splitlines() if line[0] != "#"
    )

    assert float(figures["bitacora_checkpoint_size"]) == size
    assert 0 <= float(figures["bitacora_checkpoint_age_seconds"]) < 60


def test_an_entry_in_a_bundle_is_the_event_the_api_gives(signing: Signing) -> None:
    entries = entries_of(signing.get("tile/entries/000"))

    for position in (1, 200, 256):
        assert entries[position - 1] == signing.api.client.get(f"/api/v1/events/{position}").content


def test_what_never_changes_may_be_kept_for_ever_and_the_checkpoint_for_a_second(signing: Signing) -> None:
    headers = {
        path: signing.api.client.get(f"/log/{path}").headers
        for path in ("checkpoint", "tile/0/000", "tile/entries/000", "tile/0/000.p/7")
    }

    assert headers["checkpoint"]["Cache-Control"] == "public, max-age=1"
    assert headers["checkpoint"]["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["checkpoint"]["Last-Modified"].endswith("GMT")
    for path in ("tile/0/000", "tile/entries/000", "tile/0/000.p/7"):
        assert "immutable" in headers[path]["Cache-Control"]
        assert headers[path]["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "path",
    ["0/999", "0/000.p/256", "0/0", "entries/x999/000", "7/000", "1/000.p/255", ""],
)
def test_where_there_is_no_tile_the_answer_says_so_in_words(signing: Signing, path: str) -> None:
    answer = signing.api.client.get(f"/log/tile/{path}")

    assert answer.status_code == 404
    assert answer.json()["rule"] in {"unknown-tile", "not-found"}


def test_what_is_recorded_and_not_signed_is_not_in_the_signed_log_yet(signing: Signing) -> None:
    before = signing.sign()
    position = signing.report()
    answer = signing.api.client.get(f"/api/v1/events/{position}/receipt", headers={"Accept-Language": "es"})

    assert (answer.status_code, answer.json()["rule"]) == (404, "not-signed-yet")
    assert answer.headers["Retry-After"] == "1"
    beyond = Tile("entries", before.size // WIDTH, before.size % WIDTH + 1)
    assert signing.api.client.get(f"/log/tile/{beyond.path}").status_code == 404
    signing.sign()
    assert signing.api.client.get(f"/api/v1/events/{position}/receipt").status_code == 200


def test_the_proof_of_an_event_verifies_with_its_bytes_and_the_key_alone(signing: Signing) -> None:
    position = signing.report()
    signing.sign()

    for of in (1, 256, 257, position):
        answer = signing.api.client.get(f"/api/v1/events/{of}/receipt")
        proof = parse_proof(answer.content)
        checkpoint, _ = open_checkpoint(proof.checkpoint, ORIGIN, signing.pinned)
        entry = signing.api.client.get(f"/api/v1/events/{of}").content
        assert proof.index == of - 1
        verify_inclusion(proof.index, checkpoint.size, leaf_hash(entry), checkpoint.root, proof.path)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="asiento-{of}.tlog-proof"'


def test_there_is_no_proof_of_what_is_not_there(signing: Signing) -> None:
    answer = signing.api.client.get("/api/v1/events/99999999/receipt")

    assert (answer.status_code, answer.json()["rule"]) == (404, "unknown-position")


def test_the_receipt_of_a_report_leads_to_its_proof(signing: Signing) -> None:
    key = str(uuid4())
    signing.api.write(f"{milestone('L013')}/start", key=key)
    signing.sign()
    receipt = signing.api.client.get(f"/api/v1/receipts/{key}").json()
    page = signing.api.client.get(f"/acuses/{key}", headers={"Accept": "text/html"}).text

    assert signing.api.client.get(receipt["proof"]).content.startswith(b"c2sp.org/tlog-proof@v1\n")
    assert f'href="{receipt["proof"]}"' in page


def test_the_published_folder_verifies_and_is_what_is_served(signing: Signing, tmp_path: Path) -> None:
    signing.sign()
    done = publish(signing.api.resources.signed_log, tmp_path / "log")
    folder = tmp_path / "log"

    assert verified(lambda path: (folder / path).read_bytes(), signing.pinned).size == done.size
    assert (folder / "vkey").read_bytes() == signing.get("vkey")
    for file in folder.rglob("*"):
        if file.is_file():
            assert file.read_bytes() == signing.get(str(file.relative_to(folder)))


def test_publishing_goes_on_where_it_was_and_mends_what_was_cut_short(
    signing: Signing, tmp_path: Path
) -> None:
    log = signing.api.resources.signed_log
    signing.sign()
    publish(log, tmp_path)
    known = (tmp_path / "tile/entries/000").stat().st_mtime_ns
    (tmp_path / "checkpoint").unlink()
    (tmp_path / "tile/entries/001").write_bytes(b"\0\x07cut")
    told: list[int] = []
    signing.report()
    signing.sign()

    done = publish(log, tmp_path, told.append)
    assert verified(lambda path: (tmp_path / path).read_bytes(), signing.pinned).size == done.size == told[-1]
    assert (tmp_path / "tile/entries/000").stat().st_mtime_ns == known, "what is whole is not written again"
    assert not [file for file in tmp_path.rglob("*.unfinished")]  # noqa: C416 - names, if any
    publish(log, tmp_path)


def test_a_folder_that_holds_another_history_is_left_as_it_is(signing: Signing, tmp_path: Path) -> None:
    now, log = signing.sign(), signing.api.resources.signed_log
    keys = signing.keys.signing_keys()
    for other, words in (
        (Checkpoint(ORIGIN, now.size + 1, bytes(32)), "it was restored"),
        (Checkpoint(ORIGIN, 300, bytes(32)), "another history of the first 300"),
        (Checkpoint("another.example/log", 3, bytes(32)), "holds the log 'another.example/log'"),
    ):
        held = signed(other.text, keys).file
        (tmp_path / "checkpoint").write_bytes(held)
        with pytest.raises(NotPublished, match=words):
            publish(log, tmp_path)
        assert [file.name for file in tmp_path.iterdir()] == ["checkpoint"]
        assert (tmp_path / "checkpoint").read_bytes() == held
    (tmp_path / "checkpoint").write_bytes(b"words")
    with pytest.raises(NotPublished, match="is no checkpoint"):
        publish(log, tmp_path)


def test_partial_tiles_are_removed_once_the_full_one_is_published(signing: Signing, tmp_path: Path) -> None:
    log = signing.api.resources.signed_log
    size = signing.sign().size
    publish(log, tmp_path)
    number = size // WIDTH
    partial = tmp_path / "tile" / f"{Tile(0, number).path}.p"
    assert partial.exists() == bool(size % WIDTH)
    grow(signing.api.resources.ledger.log, (number + 1) * WIDTH - size)
    signing.sign()
    publish(log, tmp_path)

    assert not partial.exists()
    assert (tmp_path / "tile" / Tile(0, number).path).stat().st_size == WIDTH * 32


def test_the_answer_to_a_write_leads_to_its_proof(signing: Signing) -> None:
    api = signing.api
    fields = {"done": 2, "note": str(uuid4())}
    report = {
        "process": JALISCO,
        "milestone": "L012",
        "report": "progress",
        "occurred_at": ACT,
        "fields": fields,
    }
    one = api.write(f"{milestone('L012')}/progress", {"done": 1, "note": str(uuid4())}).json()
    headers = {"Authorization": f"Bearer {api.token()}", "Idempotency-Key": str(uuid4())}
    many = api.client.post("/api/v1/batches", json={"items": [report]}, headers=headers).json()
    (row,) = many["rows"]
    assert row["outcome"] == "recorded", row
    proposed = api.write(f"/api/v1/processes/{JALISCO}/closing", {"instrument": "x"}, by_two=False).json()
    signing.sign()

    for position, address in (
        (one["first_position"], one["proof"]),
        (row["position"], row["proof"]),
        (proposed["position"], proposed["proof"]),
    ):
        assert parse_proof(api.client.get(address).content).index == position - 1
