"""The folder of documents: whole or not at all, once, and still what they were."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger import documents
from ledger.documents import (
    PART_LASTS_SECONDS,
    DocumentError,
    DocumentFolder,
    Kept,
    NoRoom,
    PartBusy,
    verified,
)


@pytest.fixture
def folder(tmp_path: Path) -> DocumentFolder:
    return DocumentFolder(tmp_path / "documents")


def kept(folder: DocumentFolder, content: bytes) -> Kept:
    """Keep a document that came in one piece."""
    with folder.new_part() as part:
        part.append(content)
        return folder.keep(part)


def parts(folder: DocumentFolder) -> list[str]:
    """Return what is under way or was left lying."""
    return sorted(path.name for path in (folder.folder / "parts").iterdir())


def test_a_document_is_found_by_the_digest_of_its_bytes(folder: DocumentFolder) -> None:
    document = kept(folder, b"acta")

    assert document.sha256 == hashlib.sha256(b"acta").hexdigest()
    assert document.path.parent.parent.name == document.sha256[:2]
    assert folder.find(document.sha256) == document._replace(is_new=False)
    assert b"".join(verified(document)) == b"acta"
    assert parts(folder) == []


def test_the_same_document_is_kept_once(folder: DocumentFolder) -> None:
    first, second = kept(folder, b"acta"), kept(folder, b"acta")

    assert (first.is_new, second.is_new) == (True, False)
    assert len(list(folder.all())) == 1


@pytest.mark.parametrize("sha256", ["", "../../etc/passwd", "AB" * 32, "ab" * 31, "a" * 65, "/" * 64])
def test_what_is_no_digest_finds_nothing(folder: DocumentFolder, sha256: str) -> None:
    assert folder.find(sha256) is None


def test_what_is_not_kept_leaves_nothing(folder: DocumentFolder) -> None:
    def break_off() -> None:
        with folder.new_part() as part:
            part.append(b"half of it")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()

    assert parts(folder) == []
    assert list(folder.all()) == []


def test_a_document_that_was_changed_breaks_off_before_its_last_piece(folder: DocumentFolder) -> None:
    document = kept(folder, b"a" * (documents.PIECE_BYTES + 10))
    document.path.chmod(0o600)
    document.path.write_bytes(b"b" * (documents.PIECE_BYTES + 10))
    given = verified(document)

    assert len(next(given)) == documents.PIECE_BYTES
    with pytest.raises(DocumentError, match="no longer what it was"):
        next(given)


def test_a_damaged_document_is_mended_by_sending_it_again(folder: DocumentFolder) -> None:
    document = kept(folder, b"acta")
    document.path.chmod(0o600)
    document.path.write_bytes(b"atca")

    assert b"".join(verified(kept(folder, b"acta"))) == b"acta"


def test_a_part_is_resumed_where_it_ended(folder: DocumentFolder) -> None:
    id_ = folder.begin("whose it is")
    for piece in (b"ac", b"ta"):
        with folder.resume(id_) as part:
            part.append(piece)
    assert (folder.about(id_), folder.received(id_)) == ("whose it is", 4)

    with folder.resume(id_) as part:
        document = folder.keep(part)

    assert document.path.read_bytes() == b"acta"
    assert folder.about(id_) is None
    assert parts(folder) == []


def test_two_do_not_write_to_the_same_part(folder: DocumentFolder) -> None:
    id_ = folder.begin("")

    with folder.resume(id_), pytest.raises(PartBusy), folder.resume(id_):
        pass


def test_a_part_nobody_came_back_to_is_removed_and_a_young_one_is_not(folder: DocumentFolder) -> None:
    old, young = folder.begin("old"), folder.begin("young")
    then = time.time() - PART_LASTS_SECONDS - 60
    for name in (f"{old}.resumable", f"{old}.about"):
        os.utime(folder.folder / "parts" / name, (then, then))

    assert folder.clean() == 2
    assert folder.about(old) is None
    assert folder.about(young) == "young"


WRITER = """
import sys, time
from pathlib import Path
from ledger.documents import DocumentFolder
with DocumentFolder(Path(sys.argv[1])).new_part() as part:
    part.append(b"half of it")
    print("written", flush=True)
    time.sleep(60)
"""


def test_what_a_killed_writer_left_is_removed_and_what_one_is_at_is_not(folder: DocumentFolder) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder.folder)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "written\n"
        assert folder.clean() == 0
        writer.kill()
        writer.wait()

    assert len(parts(folder)) == 1
    assert folder.clean() == 1
    assert parts(folder) == []
    assert list(folder.all()) == []


def test_nothing_is_taken_when_the_disk_is_nearly_full(
    folder: DocumentFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "KEPT_FREE_BYTES", 2**62)

    with pytest.raises(NoRoom), folder.new_part():
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with (
        pytest.raises(DocumentError, match="cannot be kept in"),
        DocumentFolder(tmp_path / "file").new_part(),
    ):
        pass
