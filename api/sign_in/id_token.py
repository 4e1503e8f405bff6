"""An ID token: what a provider says of who signed in (OpenID Connect Core 1.0, 3.1.3.7), checked claim by claim."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc.util import urlsafe_b64encode

from api.sign_in.issuers import Issuer
from api.sign_in.signed import NotBelieved, PublicKey, believed, header_of, instant

TYPES = frozenset({"", "jwt"})
CLOCKS_DIFFER_SECONDS = 60.0
OLDEST_SECONDS = 600.0
"""How long ago it may have been made: it comes at once."""
LONGEST_SUBJECT = 255
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""When somebody proved who they are, where nobody says."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the token has to answer: the very request this browser was sent with."""

    issuer: Issuer
    nonce: str
    access_token: str
    proved_since: datetime | None = None
    """Where the person had to prove again who they are: not before this instant."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in, to their own institution: ``subject`` means something with its issuer alone."""

    issuer: str
    subject: str
    name: str
    """What the institution calls them; empty where it does not say."""
    proved_at: datetime
    """When they proved to it who they are; long ago where it does not say."""


def identity_in(
    token: str, expected: Expected, key_by_id: Callable[[str], PublicKey | None], now: datetime
) -> Identity:
    """Return who an ID token says signed in. Raises `NotBelieved`."""
    claims = believed(token, key_by_id, TYPES)
    issuer = expected.issuer
    if claims.get("iss") != issuer.issuer:
        raise NotBelieved("another issuer made it")
    if claims.get("aud") not in (issuer.client_id, [issuer.client_id]):
        raise NotBelieved("it is for somebody else, or not for us alone")
    if claims.get("azp", issuer.client_id) != issuer.client_id:
        raise NotBelieved("somebody else asked for it")
    _refuse_untimely(claims, now.timestamp())
    if claims.get("nonce") != expected.nonce:
        raise NotBelieved("it answers another request")
    if "at_hash" in claims and claims["at_hash"] != _half_hash(
        expected.access_token, header_of(token)["alg"]
    ):
        raise NotBelieved("its access token is another")
    _refuse_weak(claims, expected)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not _is_plain(subject):
        raise NotBelieved("it names nobody")
    name = claims.get("name")
    called = name.strip()[:300] if isinstance(name, str) and name.isprintable() else ""
    return Identity(issuer.issuer, subject, called, _proved_at(claims, now))


def _proved_at(claims: dict[str, Any], now: datetime) -> datetime:
    """Return when somebody proved it: who was signed in there since the morning has not proved it just now."""
    if "auth_time" not in claims or claims["auth_time"] == 0:
        return LONG_AGO
    proved = instant(claims, "auth_time")
    if proved > now.timestamp() + CLOCKS_DIFFER_SECONDS:
        raise NotBelieved("they proved it in the future")
    return datetime.fromtimestamp(min(now.timestamp(), proved), UTC)


def _is_plain(subject: str) -> bool:
    """Tell whether a subject is written as the standard says: 255 characters of ASCII at most (2, ``sub``)."""
    return subject.isascii() and subject.isprintable()


def _refuse_untimely(claims: dict[str, Any], now: float) -> None:
    if instant(claims, "exp") <= now - CLOCKS_DIFFER_SECONDS:
        raise NotBelieved("it is over")
    if not now - OLDEST_SECONDS <= instant(claims, "iat") <= now + CLOCKS_DIFFER_SECONDS:
        raise NotBelieved("it was not made just now")
    if "nbf" in claims and instant(claims, "nbf") > now + CLOCKS_DIFFER_SECONDS:
        raise NotBelieved("it is not good yet")


def _refuse_weak(claims: dict[str, Any], expected: Expected) -> None:
    """Refuse who did not prove who they are in the way, or as lately, as was asked."""
    issuer = expected.issuer
    if issuer.acr and claims.get("acr") not in issuer.acr:
        raise NotBelieved("its acr is not enough")
    methods = claims.get("amr")
    if issuer.amr and not (isinstance(methods, list) and any(method in issuer.amr for method in methods)):
        raise NotBelieved("its amr is not enough")
    if expected.proved_since is not None:
        earliest = expected.proved_since.timestamp() - CLOCKS_DIFFER_SECONDS
        if instant(claims, "auth_time") < earliest:
            raise NotBelieved("they did not prove again who they are")


def _half_hash(access_token: str, algorithm: str) -> str:
    """Return the left half of a token's hash (OpenID Connect Core 1.0, 3.1.3.6)."""
    # Ed25519 signs with SHA-512; the other three of ours with SHA-256.
    hash_ = hashlib.sha512 if algorithm in {"EdDSA", "Ed25519"} else hashlib.sha256
    digest = hash_(access_token.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).decode()
