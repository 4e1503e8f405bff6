"""A witness (C2SP tlog-witness): it cosigns a log's checkpoint only where that continues the last it cosigned.

It keeps one checkpoint a log, so any machine does. What it cosigned is on disk before it answers. A witness is of use
where it belongs to somebody else than the log: a party, a university, a tribunal, a newspaper.

============ ========================================================================================================
``key``      its key, for its user alone
``logs``     the keys of the logs it follows, a vkey a line; the name in it is the log's
``seen``     a folder: the last checkpoint of each that it cosigned. **Never restored from a backup**
``forks``    a folder: of each log that was caught, the first two checkpoints that cannot both be true
============ ========================================================================================================
"""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from ledger.checkpoint import Checkpoint, parse_checkpoint
from ledger.cosignature import cosign
from ledger.durable_file import OpenToOthers, locked, read_private, replace, write_new
from ledger.merkle import EMPTY_ROOT, BadProof, verify_consistency
from ledger.note import (
    COSIGNATURE,
    ED25519,
    BadNote,
    PublicKey,
    Signature,
    SigningKey,
    parse_note,
    parse_secret,
    parse_vkey,
    verify_note,
)
from ledger.witness_request import Addition, parse_addition


class UnusableWitness(Exception):
    """The witness's folder cannot be used. The message says what to do."""


_BETWEEN = b"\0"
"""What stands between the two checkpoints of a fork's file: no note has it."""


class Fork(NamedTuple):
    """Two trees of one size that a log has signed: the one that was cosigned here, and the one shown afterwards."""

    seen: bytes
    """The checkpoint's file that was cosigned."""
    shown: bytes
    """The file of the other. Both carry the log's signature, so together they prove it to anybody."""


class NotCosigned(Exception):
    """A checkpoint was not cosigned: the ``status`` of the protocol, and why."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class OtherSize(NotCosigned):
    """The proof is from another tree than the last that was cosigned, which had ``size`` entries."""

    def __init__(self, size: int) -> None:
        super().__init__(HTTPStatus.CONFLICT, f"the last tree cosigned here has {size} entries")
        self.size = size


class WitnessFolder:
    """A witness, kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self, name: str) -> SigningKey:
        """Make its key. Raises `UnusableWitness` where there is one."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = SigningKey(name, secrets.token_bytes(32), COSIGNATURE)
        try:
            parse_vkey(key.public.vkey)
            write_new(self.folder / "key", f"{key.secret}\n".encode())
        except FileExistsError as error:
            raise UnusableWitness(f"{self.folder} has a key: a witness keeps its own for good.") from error
        except BadNote as error:
            raise UnusableWitness(f"'{name}' is no name for a witness: no spaces, no '+'.") from error
        return key

    def key(self) -> SigningKey:
        """Return its key. Raises `UnusableWitness`."""
        try:
            return parse_secret(read_private(self.folder / "key").decode().strip(), COSIGNATURE)
        except (OpenToOthers, BadNote, UnicodeDecodeError) as error:
            raise UnusableWitness(str(error)) from error
        except OSError as error:
            raise UnusableWitness(f"{self.folder} has no key: bitacora witness create.") from error

    def follow(self, vkey: str) -> PublicKey:
        """Cosign a log from now on that is signed with this key, beside its other keys. Raises `UnusableWitness`."""
        key = _log_key(vkey)
        with locked(self.folder):
            lines = [each.vkey for keys in self.logs().values() for each in keys]
            replace(self.folder / "logs", "".join(f"{line}\n" for line in [*lines, key.vkey]).encode())
        return key

    def logs(self) -> Mapping[str, Sequence[PublicKey]]:
        """Return the logs it follows, and their keys. Raises `UnusableWitness`."""
        file, found = self.folder / "logs", defaultdict[str, list[PublicKey]](list)
        lines = file.read_text().splitlines() if file.exists() else []
        for key in map(_log_key, dict.fromkeys(lines)):
            found[key.name].append(key)
        return found

    def seen(self, origin: str) -> Checkpoint:
        """Return the last checkpoint of a log that it cosigned; of none, the empty tree. Raises `UnusableWitness`."""
        file = self._seen(origin)
        if not file.exists():
            return Checkpoint(origin, 0, EMPTY_ROOT)
        try:
            return parse_checkpoint(parse_note(file.read_bytes()).text)
        except BadNote as error:
            raise UnusableWitness(
                f"{file} is not as it was written: {error}. Nothing is cosigned."
            ) from error

    def fork(self, origin: str) -> Fork | None:
        """Return the two histories of a log that were shown here; None where that was never seen."""
        file = self._file("forks", origin)
        if not file.exists():
            return None
        seen, shown = file.read_bytes().split(_BETWEEN)
        return Fork(seen, shown)

    def add_checkpoint(self, request: bytes, at: datetime) -> Signature:
        """Cosign what a log asks for, where it continues what was cosigned of it. Raises `NotCosigned`."""
        key = self.key()
        try:
            addition = parse_addition(request)
        except BadNote as error:
            raise NotCosigned(HTTPStatus.BAD_REQUEST, str(error)) from error
        checkpoint = addition.checkpoint
        keys = self.logs().get(checkpoint.origin)
        if keys is None:
            raise NotCosigned(HTTPStatus.NOT_FOUND, f"'{checkpoint.origin}' is no log that is followed here")
        try:
            verify_note(addition.note, keys)
        except BadNote as error:
            raise NotCosigned(HTTPStatus.FORBIDDEN, str(error)) from error
        with locked(self.folder):
            seen = self.seen(checkpoint.origin)
            if checkpoint.size == seen.size and checkpoint.root != seen.root:
                self._keep_fork(checkpoint.origin, addition)
            _refuse_discontinuous(seen, addition)
            (self.folder / "seen").mkdir(mode=0o700, exist_ok=True)
            # On disk before anybody can hear of it: what is cosigned next has to continue it.
            replace(self._seen(checkpoint.origin), addition.note.file)
        return cosign(key, addition.note.text, at)

    def _keep_fork(self, origin: str, addition: Addition) -> None:
        """Keep the proof that a log has two histories: the first there is, whatever is shown later."""
        file = self._file("forks", origin)
        if not file.exists() and self._seen(origin).exists():
            file.parent.mkdir(mode=0o700, exist_ok=True)
            replace(file, self._seen(origin).read_bytes() + _BETWEEN + addition.note.file)

    def _seen(self, origin: str) -> Path:
        return self._file("seen", origin)

    def _file(self, folder: str, origin: str) -> Path:
        # A log may be called anything: its name is not made a file's.
        return self.folder / folder / hashlib.sha256(origin.encode()).hexdigest()[:32]


def _refuse_discontinuous(seen: Checkpoint, addition: Addition) -> None:
    """Refuse a tree that does not continue the one that was seen."""
    checkpoint = addition.checkpoint
    if addition.old_size != seen.size:
        raise OtherSize(seen.size)
    if checkpoint.size == seen.size and checkpoint.root != seen.root:
        # The same size with another root: two histories. Whoever asks hears what was seen.
        raise OtherSize(seen.size)
    try:
        verify_consistency(seen.size, seen.root, checkpoint.size, checkpoint.root, addition.path)
    except BadProof as error:
        raise NotCosigned(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error


def _log_key(vkey: str) -> PublicKey:
    try:
        key = parse_vkey(vkey.strip())
    except BadNote as error:
        raise UnusableWitness(str(error)) from error
    if key.kind != ED25519:
        raise UnusableWitness(f"{key.name} is the key of a witness, not of a log: /log/vkey has the log's.")
    return key
