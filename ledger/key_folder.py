"""The keys a log is signed with and what was signed last: one folder a log, outside the database and its backups.

=============== =====================================================================================================
``key``         a line a key that signs, as Go's ``sumdb/note`` writes a signer's; the oldest first. For its user alone
``last-signed`` the checkpoint that was signed last: nothing that does not continue it is ever signed again
``lock``        held while that is exchanged
=============== =====================================================================================================

**Never restore ``last-signed`` from a backup, and never let two machines have the folder**: both would let a second
history be signed, which no log recovers from. Where it is lost the log goes on under another name and key.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from ledger.checkpoint import Checkpoint, open_checkpoint
from ledger.durable_file import OpenToOthers, locked, read_private, replace, sync_folder, write_new
from ledger.merkle import EMPTY_ROOT
from ledger.note import BadNote, SigningKey, parse_secret, signed

KEY = "key"
NEXT_KEY = "next-key"
"""A key that is about to be announced in the log: kept first, so that one that is announced is never lost."""
LAST_SIGNED = "last-signed"
MOST_KEYS = 4


class UnusableKeys(Exception):
    """The keys of a log cannot be used: missing, open to others, or not of this log. The message says what to do."""


class SignedMeanwhile(Exception):
    """Another process has signed since: what is signed next has to continue that."""


class KeyFolder:
    """The keys of the log of one name, and what they signed last, in a folder below ``keys``."""

    def __init__(self, keys: Path, origin: str) -> None:
        self.origin = origin
        self.folder = keys / origin.replace("/", "_")

    def exists(self) -> bool:
        """Tell whether keys were made for this log here."""
        return self.folder.exists()

    def create(self) -> SigningKey:
        """Make a first key, and note that nothing was signed with it. Raises `UnusableKeys` where there is one."""
        if self.exists():
            raise UnusableKeys(
                f"{self.folder} exists: a log's key is made once. To change it: bitacora key rotate."
            )
        key = new_key(self.origin)
        empty = signed(Checkpoint(self.origin, 0, EMPTY_ROOT).text, [key])
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = self.folder.with_name(f".{self.folder.name}.{secrets.token_hex(4)}")
        made.mkdir(mode=0o700)
        try:
            write_new(made / KEY, f"{key.secret}\n".encode())
            write_new(made / LAST_SIGNED, empty.file)
            # Both or none: a key without what it signed last could be made to sign a second history.
            made.rename(self.folder)
            sync_folder(self.folder.parent)
        except OSError:
            shutil.rmtree(made, ignore_errors=True)
            raise
        return key

    def signing_keys(self) -> list[SigningKey]:
        """Return the keys that sign, the oldest first. Raises `UnusableKeys`."""
        self._refuse_none()
        lines = read_secret(self.folder / KEY).splitlines()
        try:
            found = [parse_secret(line) for line in lines]
        except BadNote as error:
            raise UnusableKeys(f"{self.folder / KEY}: {error}.") from error
        if not 0 < len(found) <= MOST_KEYS or any(key.name != self.origin for key in found):
            raise UnusableKeys(f"{self.folder / KEY} holds no key of the log '{self.origin}'.")
        return found

    def last_signed(self) -> Checkpoint:
        """Return what was signed last. Raises `UnusableKeys` where that is not known: then nothing may be signed."""
        self._refuse_none()
        kept = self.folder / LAST_SIGNED
        try:
            file = kept.read_bytes()
            checkpoint, _ = open_checkpoint(file, self.origin, [key.public for key in self.signing_keys()])
        except OSError as error:
            raise UnusableKeys(
                f"{kept} cannot be read ({error.strerror}): what was signed last is not known, and nothing is signed. "
                "Where it is lost for good, the log goes on under another name and key."
            ) from error
        except BadNote as error:
            raise UnusableKeys(
                f"{kept} is not as it was written: {error}. Nothing is signed until it is."
            ) from error
        return checkpoint

    def exchange(self, last: Checkpoint, note: bytes) -> None:
        """Note what is signed now, on disk before anybody sees it; ``last`` is what it continues.

        Raises `SignedMeanwhile` where that is not the last any more, and as `last_signed` does.
        """
        with locked(self.folder):
            if self.last_signed() != last:
                raise SignedMeanwhile(SignedMeanwhile.__doc__)
            replace(self.folder / LAST_SIGNED, note)

    def next_key(self) -> SigningKey:
        """Return the key that signs beside the others once `adopt_next` is called; make it where there is none."""
        self._refuse_none()
        with locked(self.folder):
            kept = self.folder / NEXT_KEY
            if not kept.exists():
                replace(kept, f"{new_key(self.origin).secret}\n".encode())
            return parse_secret(read_secret(kept).strip())

    def adopt_next(self) -> None:
        """Let the next key sign from now on, too."""
        with locked(self.folder):
            key = parse_secret(read_secret(self.folder / NEXT_KEY).strip())
            self._keep(dict.fromkeys([*self.signing_keys(), key]))
            (self.folder / NEXT_KEY).unlink()

    def retire(self, vkey: str) -> None:
        """Let a key sign no more. Raises `UnusableKeys` where it is the last one."""
        with locked(self.folder):
            left = [key for key in self.signing_keys() if key.public.vkey != vkey]
            if not left:
                raise UnusableKeys("The last key is not retired: the log would be signed by none.")
            # What was signed last has to be readable by the keys that stay: they sign it, too.
            replace(self.folder / LAST_SIGNED, signed(self.last_signed().text, left).file)
            self._keep(left)

    def _keep(self, keys: Iterable[SigningKey]) -> None:
        replace(self.folder / KEY, "".join(f"{key.secret}\n" for key in keys).encode())

    def _refuse_none(self) -> None:
        if not self.exists():
            raise UnusableKeys(
                f"There is no key of the log '{self.origin}' in {self.folder}: bitacora key create."
            )


def new_key(origin: str) -> SigningKey:
    """Return a key nobody knows."""
    return SigningKey(origin, secrets.token_bytes(32))


def read_secret(file: Path) -> str:
    """Return what a file of keys says. Raises `UnusableKeys`."""
    try:
        return read_private(file).decode("ascii")
    except OpenToOthers as error:
        raise UnusableKeys(str(error)) from error
    except OSError as error:
        raise UnusableKeys(f"{file} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise UnusableKeys(f"{file} is no file of keys.") from error
