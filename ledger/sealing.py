"""What is kept so that only who has the key reads it: ChaCha20-Poly1305 (RFC 8439), bound to what it is of.

A sealed text is 12 random bytes and what they and the key made of it. It opens under its own key and for the same
place alone: moved to another row it is nothing.
"""

from __future__ import annotations

import secrets

KEY_BYTES = 32
NONCE_BYTES = 12


def new_key() -> bytes:
    """Return a key nobody knows."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, content: bytes, place: str) -> bytes:
    """Return content as only who has the key reads it; ``place`` is what it belongs to, and is not kept with it."""
    from cryptography.hazmat.primitives.ciphers.aead import (  # noqa: PLC0415 - most processes never need it
        ChaCha20Poly1305,
    )

    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, content, place.encode())


def unseal(key: bytes, sealed: bytes, place: str) -> bytes | None:
    """Return what was sealed; None where it is of another key or another place, or was changed."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305  # noqa: PLC0415 - as above

    try:
        return ChaCha20Poly1305(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError):
        return None
