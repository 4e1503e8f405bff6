"""A signed statement (JWS, RFC 7515) by a key we chose: whatever it says of its own keys is not listened to.

The algorithm is one of a short list and fits the key, so no public key is ever taken for a shared secret, and "none"
never for a signature (RFC 8725, 3.1 and 3.2).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.util import urlsafe_b64decode

ALGORITHMS = {"ES256": "P-256", "Ed25519": "Ed25519", "EdDSA": "Ed25519", "PS256": "RSA", "RS256": "RSA"}
"""What may be signed with, and the curve or the kind of key it needs. Ed25519 is also called EdDSA (RFC 9864)."""
MOST_CHARACTERS = 16_384
SMALLEST_RSA_BITS = 2048

PublicKey = RSAKey | ECKey | OKPKey


class _OurAlgorithms(jws.JWSRegistry):
    """Those of our list, without a warning that one of them has two names."""

    def get_alg(self, name: str) -> Any:
        """Return an algorithm of our list. Raises ``joserfc.errors.UnsupportedAlgorithmError``."""
        # The library keeps the class of what this returns to itself.
        if name not in ALGORITHMS:
            raise UnsupportedAlgorithmError(f"{name} is not one of ours")
        return self.algorithms[name]


OUR_ALGORITHMS = _OurAlgorithms()
"""What the library is let sign and verify with."""


class NotBelieved(Exception):
    """A statement that proves nothing; the message says why, for the service's own log alone."""


def header_of(text: str) -> dict[str, Any]:
    """Return what a statement says of itself. Raises `NotBelieved` where it brings or names keys of its own."""
    if len(text) > MOST_CHARACTERS or text.count(".") != 2 or not text.isascii():
        raise NotBelieved("not three parts of bounded length")
    try:
        header = json.loads(urlsafe_b64decode(text.partition(".")[0].encode()))
    except (ValueError, RecursionError) as error:
        raise NotBelieved("its header cannot be read") from error
    if not isinstance(header, dict):
        raise NotBelieved("its header is no object")
    if brought := {"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "enc"} & header.keys():
        raise NotBelieved(f"its header brings {', '.join(sorted(brought))}")
    if str(header.get("alg")) not in ALGORITHMS:
        raise NotBelieved("its algorithm is not one of ours")
    if not isinstance(header.get("kid", ""), str):
        raise NotBelieved("its key's id is no text")
    return header


def believed(
    text: str, key_by_id: Callable[[str], PublicKey | None], types: frozenset[str]
) -> dict[str, Any]:
    """Return what a statement claims, once a key of ours says it was signed. Raises `NotBelieved`.

    ``types`` are the words its header may call it by (``typ``, RFC 8725 3.11), in lower case; "" lets it say none.
    """
    header = header_of(text)
    if str(header.get("typ", "")).lower() not in types:
        raise NotBelieved("it is another type of statement")
    key = key_by_id(header.get("kid", ""))
    if key is None:
        raise NotBelieved("no key has its id")
    if not fits(key, header["alg"]):
        raise NotBelieved("its algorithm is not its key's")
    try:
        claims = json.loads(jws.deserialize_compact(text, key, registry=OUR_ALGORITHMS).payload)
    except (JoseError, ValueError, TypeError, RecursionError) as error:
        raise NotBelieved(f"its signature or its content is not right: {type(error).__name__}") from error
    if not isinstance(claims, dict):
        raise NotBelieved("it claims nothing")
    return claims


def fits(key: PublicKey, algorithm: str) -> bool:
    """Tell whether a key is of the kind an algorithm needs, long enough, and not for another algorithm."""
    needs = ALGORITHMS[algorithm]
    given = key.as_dict(private=False)
    if given.get("alg", algorithm) != algorithm:
        return False
    if isinstance(key, RSAKey):
        return needs == "RSA" and key.public_key.key_size >= SMALLEST_RSA_BITS
    return given.get("crv") == needs


def instant(claims: dict[str, Any], name: str) -> float:
    """Return a claim that is an instant, in seconds since 1970. Raises `NotBelieved`."""
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 2**40:
        raise NotBelieved(f"{name} is no instant")
    return float(value)
