"""Signing in with one's own institution: the code flow (OpenID Connect Core 1.0, 3.1) with PKCE (RFC 7636).

What was asked is kept at the desk until the browser comes back, once and for ten minutes; a cookie says that it is the
same browser.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from base64 import b64encode
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey, import_key
from joserfc.util import urlsafe_b64encode
from pydantic import BaseModel, ConfigDict

from api.database import Resources
from api.logs import log
from api.problems import Problem
from api.sign_in.fetching import NotToldRight, ask_for_document
from api.sign_in.id_token import Expected, Identity, identity_in
from api.sign_in.issuers import Issuer
from api.sign_in.provider import Provider
from api.sign_in.signed import OUR_ALGORITHMS, NotBelieved
from api.sign_in.site import Site
from ledger.desk.codes import keep_code, use_code

PURPOSE = "come back from an issuer"
COME_BACK_WITHIN = timedelta(minutes=10)
ASSERTION_SECONDS = 60
"""How long what we sign of ourselves is good."""


class Begun(BaseModel):
    """A sign-in under way, as it is kept until the browser comes back."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    nonce: str
    verifier: str
    browser: str
    """SHA-256 of what the browser that was sent keeps."""
    target: str
    """Where to go afterwards."""
    person: str = ""
    """Who has to prove again that it is them; empty where somebody signs in."""
    begun_at: datetime


def begin(
    resources: Resources, site: Site, provider: Provider, target: str, person: str = ""
) -> tuple[str, str]:
    """Return where to send a browser, and the secret it is to keep meanwhile. Raises a 503 `Problem`."""
    state, browser, verifier = secrets.token_hex(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    now = resources.clock()
    begun = Begun(
        issuer=provider.issuer.id, nonce=secrets.token_urlsafe(32), verifier=verifier, browser=_digest(browser),
        target=target, person=person, begun_at=now,
    )  # fmt: skip
    asked = {
        "response_type": "code", "scope": "openid", "client_id": provider.issuer.client_id,
        "redirect_uri": redirect_of(site, provider.issuer), "state": state, "nonce": begun.nonce,
        "code_challenge": _challenge(verifier), "code_challenge_method": "S256",
    }  # fmt: skip
    if person:
        # With max_age the instant is told at which they did (auth_time); 0 is a word some providers do not know.
        asked |= {"prompt": "login", "max_age": "1"}
    if provider.issuer.acr:
        asked["acr_values"] = " ".join(provider.issuer.acr)
    address = provider.addresses().authorization
    with resources.desk.connection() as connection:
        keep_code(
            connection, state, purpose=PURPOSE, about=begun.model_dump_json(),
            expires_at=now + COME_BACK_WITHIN, now=now,
        )  # fmt: skip
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}", browser


def begun_by(resources: Resources, state: str, browser: str, issuer: str) -> Begun:
    """Return the sign-in a browser comes back from, which is then used up. Raises a 401 `Problem`."""
    with resources.desk.connection() as connection:
        about = use_code(connection, state, purpose=PURPOSE, now=resources.clock())
    begun = Begun.model_validate_json(about) if about else None
    if begun is None or begun.issuer != issuer or not hmac.compare_digest(begun.browser, _digest(browser)):
        raise sign_in_refused()
    return begun


def identity_of(resources: Resources, site: Site, provider: Provider, begun: Begun, code: str) -> Identity:
    """Return who a provider's code says signed in. Raises a 401 or 503 `Problem`, the same whatever is wrong."""
    form = {
        "grant_type": "authorization_code", "code": code, "code_verifier": begun.verifier,
        "redirect_uri": redirect_of(site, provider.issuer),
    }  # fmt: skip
    address = provider.addresses().token
    try:
        proof, headers = _own_proof(provider.issuer, resources.clock())
        told = ask_for_document(address, form | proof, headers)
        since = begun.begun_at if begun.person else None
        # What is no text is no token, and is refused as one that cannot be read.
        expected = Expected(provider.issuer, begun.nonce, str(told.get("access_token", "")), since)
        return identity_in(str(told.get("id_token", "")), expected, provider.key, resources.clock())
    except (NotToldRight, NotBelieved) as wrong:
        log.warning("sign_in_refused", issuer=provider.issuer.id, why=str(wrong))
        raise sign_in_refused() from wrong


def redirect_of(site: Site, issuer: Issuer) -> str:
    """Return where a provider sends browsers back to; to be registered there."""
    return f"{site.origin}/entrar/organo/{issuer.id}/regreso"


def sign_in_refused() -> Problem:
    """Return the problem of a sign-in by a provider that proves nothing here: the same whatever is wrong with it."""
    return Problem(
        401,
        "sign-in-refused",
        es="No se pudo entrar con tu órgano: la respuesta no sirve, ya se usó o tardó más de diez minutos. Empieza "
        "otra vez en /entrar.",
        en="You could not be signed in by your body: its answer is not good, was used already or took more than ten "
        "minutes. Start again at /entrar.",
    )


def _own_proof(issuer: Issuer, now: datetime) -> tuple[dict[str, str], dict[str, str]]:
    """Return the fields and headers that prove who we are to a provider."""
    if issuer.private_key_file is not None:
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        return {"client_assertion_type": kind, "client_assertion": _assertion(issuer, now)}, {}
    secret = _content(issuer.client_secret_file).strip()
    pair = f"{quote(issuer.client_id, safe='')}:{quote(secret, safe='')}"
    return {}, {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def _assertion(issuer: Issuer, now: datetime) -> str:
    """Return our own statement that it is us who ask (RFC 7523, 3), for the provider alone."""
    key = import_key(json.loads(_content(issuer.private_key_file)))
    algorithm = {ECKey: "ES256", RSAKey: "PS256", OKPKey: "EdDSA"}.get(type(key), "")
    issued = int(now.timestamp())
    claims: dict[str, Any] = {
        "iss": issuer.client_id, "sub": issuer.client_id, "aud": issuer.issuer, "jti": secrets.token_hex(16),
        "iat": issued, "exp": issued + ASSERTION_SECONDS,
    }  # fmt: skip
    header = {"alg": algorithm, **({"kid": key.kid} if key.kid else {})}
    return jwt.encode(header, claims, key, registry=OUR_ALGORITHMS)


def _content(path: Path | None) -> str:
    try:
        return path.read_text() if path else ""
    except OSError as error:
        raise NotToldRight(f"{path} cannot be read: {error}") from error


def _challenge(verifier: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode()


def _digest(browser: str) -> str:
    return hashlib.sha256(browser.encode()).hexdigest()
