"""The keys under which the desk keeps who people are: one folder, outside the database and its backups.

================ ====================================================================================================
``secret``       what the names in ``identities`` are made with; that it is there says that this is the folder
``keys/``        a file a person: the key that opens what the desk keeps of them
``identities/``  a file an issuer's subject, named by HMAC-SHA-256: whose it is
``erased/``      a file a person who was erased: when. No key is made for them again
================ ====================================================================================================

To erase somebody is to destroy their key: what any copy of the database holds of them is then random bytes. Nothing
of the folder is kept in memory, so it is so at once for every process that shares it. Folders and files are for their
user alone.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from ledger.durable_file import OpenToOthers, keep_once, read_private, sync_folder
from ledger.sealing import new_key, seal, unseal

SECRET, KEYS, IDENTITIES, ERASED = "secret", "keys", "identities", "erased"

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


class UnusablePersonKeys(Exception):
    """The keys of those the desk knows are missing or open to others. The message says what to do."""


class WasErased(Exception):
    """Nothing is kept any more of who was erased: who comes back is somebody new."""


def nobody_known() -> bool:
    """Say that nobody is known yet, so that a folder may be begun."""
    return False


class PersonKeys:
    """One folder. ``has_people`` tells whether the desk knows anybody: then the folder is never begun anew."""

    def __init__(self, folder: Path, has_people: Callable[[], bool] = nobody_known) -> None:
        self.folder = folder
        self._has_people = has_people

    def seal(self, person: str, content: str | bytes, place: str) -> bytes:
        """Return content as only this person's key opens it, which is made when first needed.

        Raises `WasErased`, `UnusablePersonKeys` and ``OSError``.
        """
        raw = content.encode() if isinstance(content, str) else content
        return seal(self._key(person), raw, f"{place} of {person}")

    def unseal(self, person: str, sealed: bytes, place: str) -> bytes | None:
        """Return what was sealed for a person; None where their key is gone. Raises `UnusablePersonKeys`."""
        try:
            key = _read(self._file(KEYS, person))
        except FileNotFoundError:
            if not (self.folder / SECRET).exists():
                raise self._lost() from None
            return None
        return unseal(key, sealed, f"{place} of {person}")

    def claim(self, issuer: str, subject: str, person: str) -> str:
        """Return whose an issuer's subject is: from now on this person's, where it was nobody's.

        Raises `UnusablePersonKeys` and ``OSError``.
        """
        secret = self._secret()
        file = self.folder / IDENTITIES / hmac.digest(secret, _identity(issuer, subject), "sha256").hex()
        return (_read(file) if file.exists() else keep_once(file, person.encode())).decode()

    def destroy(self, person: str, at: datetime) -> None:
        """Note that a person was erased, and destroy their key and identity; on disk when this returns.

        Raises `UnusablePersonKeys` and ``OSError``.
        """
        self._secret()
        keep_once(self._file(ERASED, person), at.isoformat().encode())
        file = self._file(KEYS, person)
        # With what a crash may have left beside it.
        for each in (file, *file.parent.glob(f".{file.name}.*")):
            _overwrite(each)
        for identity in (self.folder / IDENTITIES).iterdir():
            # One that is being made is gone a moment later, under this name.
            with suppress(FileNotFoundError):
                if _read(identity) == person.encode():
                    identity.unlink()
        sync_folder(file.parent)
        sync_folder(self.folder / IDENTITIES)

    def erased(self) -> Mapping[str, datetime]:
        """Return who was erased, and when. Raises `UnusablePersonKeys`."""
        return {each.name: datetime.fromisoformat(_read(each).decode()) for each in self._files(ERASED)}

    def held(self) -> frozenset[str]:
        """Return whose keys there are."""
        return frozenset(each.name for each in self._files(KEYS))

    def refuse_lost(self) -> None:
        """Begin the folder where nobody is known yet. Raises `UnusablePersonKeys` where somebody is, and it is gone."""
        self._secret()

    def _key(self, person: str) -> bytes:
        file = self._file(KEYS, person)
        if file.exists():
            return _read(file)
        self._secret()
        if self._file(ERASED, person).exists():
            raise WasErased(WasErased.__doc__)
        return keep_once(file, new_key())

    def _secret(self) -> bytes:
        file = self.folder / SECRET
        if file.exists():
            return _read(file)
        if self._has_people():
            raise self._lost()
        for part in (KEYS, IDENTITIES, ERASED):
            (self.folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        return keep_once(file, new_key())

    def _lost(self) -> UnusablePersonKeys:
        return UnusablePersonKeys(
            f"The desk knows people, and their keys are not in {self.folder}: set BITACORA_PEOPLE to the folder that "
            "has them, or bring it back from its copy. Nothing begins without them."
        )

    def _file(self, part: str, person: str) -> Path:
        if not _ID.fullmatch(person):
            raise ValueError(f"{person!r} is no id")
        return self.folder / part / person

    def _files(self, part: str) -> list[Path]:
        folder = self.folder / part
        return [each for each in folder.iterdir() if _ID.fullmatch(each.name)] if folder.exists() else []


def _identity(issuer: str, subject: str) -> bytes:
    """Return an identity so that no two are the same (OpenID Connect Core 1.0, 5.7: issuer and subject together)."""
    return f"{len(issuer)} {issuer} {subject}".encode()


def _read(file: Path) -> bytes:
    try:
        return read_private(file)
    except OpenToOthers as error:
        raise UnusablePersonKeys(str(error)) from error


def _overwrite(file: Path) -> None:
    """Write over a file before it goes, for what a disk still has of it; nothing where there is none."""
    try:
        with file.open("r+b") as opened:
            opened.write(secrets.token_bytes(os.fstat(opened.fileno()).st_size))
            opened.flush()
            os.fsync(opened.fileno())
        file.unlink()
    except FileNotFoundError:
        return
