"""The key an auditor signs records with: a file of their own, never the log's and never on the server."""

from __future__ import annotations

import secrets
from pathlib import Path

from ledger.durable_file import write_new
from ledger.key_folder import UnusableKeys, read_secret
from ledger.note import BadNote, SigningKey, parse_secret, parse_vkey


def create_key(file: Path, name: str) -> SigningKey:
    """Make a key in a file for its user alone. Raises `UnusableKeys`, and ``FileExistsError`` where there is one."""
    key = SigningKey(name, secrets.token_bytes(32))
    try:
        parse_vkey(key.public.vkey)
    except BadNote as error:
        raise UnusableKeys(f"'{name}' is no name for a key: no spaces, no '+'.") from error
    write_new(file, f"{key.secret}\n".encode())
    return key


def read_key(file: Path) -> SigningKey:
    """Return the key in a file. Raises `UnusableKeys`."""
    try:
        return parse_secret(read_secret(file).strip())
    except BadNote as error:
        raise UnusableKeys(f"{file}: {error}. 'bitacora audit key' makes one.") from error
