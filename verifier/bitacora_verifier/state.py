"""What was verified last time, a file a log: its keys, its checkpoint, and the hash over each full bundle.

The checkpoint is what a log cannot go behind. The hashes are only there to say *where* a past was changed.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bitacora_verifier.checkpoint import Checkpoint, open_checkpoint
from bitacora_verifier.merkle import HASH_BYTES
from bitacora_verifier.note import Key, parse_vkey
from bitacora_verifier.refusal import Kind, Refused
from bitacora_verifier.tiles import WIDTH


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is known of a log since it was last verified."""

    keys: Sequence[Key]
    """The keys its next checkpoint may be signed with."""
    signed_with: Sequence[Key]
    """The keys the note was verified with."""
    note: bytes
    roots: Sequence[bytes]

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint as it was. Raises `Refused` where the note is not good."""
        return open_checkpoint(self.note, self.signed_with)


def default_folder() -> Path:
    """Return where it is remembered if nobody says where."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "bitacora-verifier"


def file_of(folder: Path, origin: str) -> Path:
    """Return the file of a log."""
    return folder / f"{quote(origin, safe='')}.json"


def recall(folder: Path, origin: str) -> Remembered | None:
    """Return what is remembered of a log; None where it was never verified. Raises `Refused` where that is damaged."""
    file = file_of(folder, origin)
    damaged = Refused(
        Kind.ASKED_WRONGLY,
        f"{file} cannot be read: what was verified last time is not known. Bring it back from a copy, or, to begin "
        "anew with keys that you pin again, move it away.",
        f"No se puede leer {file}: no se sabe qué se verificó la última vez. Recupéralo de una copia o, para empezar "
        "de nuevo con claves que vuelvas a fijar, quítalo de ahí.",
    )
    try:
        kept = json.loads(file.read_bytes())
        packed = base64.b64decode(kept["bundles"], validate=True)
        found = Remembered(
            keys=tuple(map(parse_vkey, kept["keys"])),
            signed_with=tuple(map(parse_vkey, kept["signed_with"])),
            note=kept["checkpoint"].encode(),
            roots=[packed[n : n + HASH_BYTES] for n in range(0, len(packed), HASH_BYTES)],
        )
        checkpoint = found.checkpoint
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, Refused) as error:
        raise damaged from error
    if checkpoint.origin != origin or len(packed) != checkpoint.size // WIDTH * HASH_BYTES:
        raise damaged
    return found


def remember(folder: Path, origin: str, what: Remembered) -> None:
    """Keep what was verified, whole or not at all. Raises ``OSError``."""
    kept = {
        "keys": [key.vkey for key in what.keys],
        "signed_with": [key.vkey for key in what.signed_with],
        "checkpoint": what.note.decode(),
        "bundles": base64.b64encode(b"".join(what.roots)).decode(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    file = file_of(folder, origin)
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    with unfinished.open("w") as opened:
        json.dump(kept, opened, indent=1)
        opened.write("\n")
        opened.flush()
        os.fsync(opened.fileno())
    unfinished.replace(file)
