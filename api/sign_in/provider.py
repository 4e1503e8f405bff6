"""What an identity provider says of itself: its addresses (OpenID Connect Discovery 1.0) and its keys (RFC 7517)."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key

from api.logs import log
from api.problems import Problem
from api.sign_in.fetching import NotToldRight, ask_for_document, issuer_unavailable
from api.sign_in.issuers import Issuer, is_safe
from api.sign_in.signed import PublicKey

KEPT_SECONDS = 3600.0
"""How long what it said is believed."""
AGAIN_SECONDS = 60.0
"""How soon it is asked again for a key nobody knows, whoever sends one."""

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where it is asked what."""

    authorization: str
    token: str
    keys: str
    tells_issuer: bool
    """Whether its answers name it (RFC 9207)."""


class Provider:
    """One identity provider, as it was asked last. Used by many requests at a time."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self._lock = threading.Lock()
        self._addresses: tuple[Addresses, float] | None = None
        self._keys: tuple[Mapping[str, PublicKey], float] | None = None
        self._asked_at = 0.0

    def addresses(self) -> Addresses:
        """Return where it is asked what. Raises a 503 `Problem`."""
        with self._lock:
            return self._addresses_kept()

    def key(self, id_: str) -> PublicKey | None:
        """Return one of its keys by id; one nobody knows is asked for once a minute. Raises a 503 `Problem`."""
        with self._lock:
            found = self._keys_kept(id_)
        # A provider with one key need not name it (OpenID Connect Core 1.0, 10.1).
        return next(iter(found.values())) if id_ == "" and len(found) == 1 else found.get(id_)

    def _keys_kept(self, needed: str) -> Mapping[str, PublicKey]:
        now = time.monotonic()
        if self._keys is not None and now - self._keys[1] <= KEPT_SECONDS:
            if needed in self._keys[0] or now - self._asked_at <= AGAIN_SECONDS:
                return self._keys[0]
            self._asked_at = now
            with suppress(Problem):
                self._keys = (self._ask_for_keys(), now)
            return self._keys[0]
        self._asked_at = now
        self._keys = (self._ask_for_keys(), now)
        return self._keys[0]

    def _addresses_kept(self) -> Addresses:
        now = time.monotonic()
        if self._addresses is None or now - self._addresses[1] > KEPT_SECONDS:
            try:
                self._addresses = (self._discovered(), now)
            except NotToldRight as wrong:
                raise self._unavailable(wrong) from wrong
        return self._addresses[0]

    def _discovered(self) -> Addresses:
        issuer = self.issuer.issuer
        told = ask_for_document(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if told.get("issuer") != issuer:
            raise NotToldRight(f"{issuer} calls itself otherwise")
        for name in ENDPOINTS:
            if not isinstance(told.get(name), str) or not is_safe(told[name]):
                raise NotToldRight(f"{issuer} has no safe {name}")
        tells = told.get("authorization_response_iss_parameter_supported") is True
        return Addresses(told["authorization_endpoint"], told["token_endpoint"], told["jwks_uri"], tells)

    def _ask_for_keys(self) -> Mapping[str, PublicKey]:
        try:
            told = ask_for_document(self._addresses_kept().keys)
            return _public_keys(told)
        except NotToldRight as wrong:
            raise self._unavailable(wrong) from wrong

    def _unavailable(self, wrong: NotToldRight) -> Problem:
        log.warning("issuer_unavailable", issuer=self.issuer.id, why=str(wrong))
        return issuer_unavailable()


def _public_keys(told: dict[str, Any]) -> Mapping[str, PublicKey]:
    """Return the keys that verify signatures, by id; kinds we do not know are passed over."""
    listed = told.get("keys")
    if not isinstance(listed, list):
        raise NotToldRight("the keys are no list")
    found: dict[str, PublicKey] = {}
    for given in listed[:100]:
        if not isinstance(given, dict) or given.get("use", "sig") != "sig":
            continue
        try:
            key = import_key(given)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        if isinstance(key, (RSAKey, ECKey, OKPKey)):
            found[str(given.get("kid", ""))] = key
    return found
