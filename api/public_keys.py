"""The public keys of a system as people have them: a JWK, a list of them, or a JWK set (RFC 7517)."""

from __future__ import annotations

import json
from typing import Any

from api.problems import Problem


def public_keys_in(text: str) -> tuple[Any, ...]:
    """Return the keys a text holds; whether each is one is for the domain to say. Raises a 422 `Problem`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise _no_keys() from None
    if isinstance(found, dict):
        found = found.get("keys", [found])
    if not isinstance(found, list) or not all(isinstance(key, dict) for key in found):
        raise _no_keys()
    return tuple(found)


def _no_keys() -> Problem:
    return Problem(
        422,
        "not-public-keys",
        es="Pega la llave pública en JSON, como la da tu sistema: un JWK, o un conjunto con «keys».",
        en="Paste the public key as JSON, as your system gives it: a JWK, or a set with 'keys'.",
    )
