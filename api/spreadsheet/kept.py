"""The file a person sent, kept at the desk until they confirm it: what is recorded is exactly what was looked at."""

from __future__ import annotations

from api.database import Resources
from api.problems import Problem
from api.sign_in.session import Staff
from ledger.desk.uploads import keep_upload, upload_of


def keep_file(resources: Resources, staff: Staff, sha256: str, raw: bytes) -> None:
    """Keep a file for whoever sent it."""
    with resources.desk.connection() as connection:
        keep_upload(connection, staff.caller.actor, bytes.fromhex(sha256), raw, resources.clock())


def kept_file(resources: Resources, staff: Staff, sha256: str) -> bytes:
    """Return the file that was looked at. Raises a 404 `Problem`."""
    with resources.desk.connection() as connection:
        raw = upload_of(connection, staff.caller.actor, bytes.fromhex(sha256), resources.clock())
    if raw is None:
        raise Problem(
            404,
            "upload-gone",
            es="El archivo que revisaste ya no está aquí: envíalo otra vez.",
            en="The file you looked at is no longer here: send it again.",
        )
    return raw
