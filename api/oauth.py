"""Tokens of ten minutes for systems that prove who they are with their key (RFC 6749, 4.4; RFC 7523).

What a system signs is good here alone (``aud`` is our address and nothing else), for two minutes, once.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import import_key
from joserfc.util import urlsafe_b64decode
from psycopg import errors
from pydantic import BaseModel, ConfigDict

from api.database import Resources
from api.logs import log
from api.problems import Problem
from api.sign_in.signed import MOST_CHARACTERS, NotBelieved, PublicKey, believed, instant
from domain.access import Caller
from domain.client import CLIENT, Client, client_stream
from ledger.desk.codes import about_code, keep_code

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
TYPES = frozenset({"", "jwt", "client-authentication+jwt"})
LONGEST_ASSERTION_SECONDS = 120.0
CLOCKS_DIFFER_SECONDS = 60.0
ACCESS_LASTS = timedelta(minutes=10)
ACCESS, USED = "access token", "assertion"
"""What is kept at the desk, and for what."""
ACCESS_TOKEN = re.compile(r"bia_[0-9a-f]{64}")
_CLIENT = re.compile(r"c-[0-9a-f]{12}")


class AccessToken(BaseModel):
    """A token for some minutes, as it is given (RFC 6749, 5.1)."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    access_token: str
    """What the system sends as `Authorization: Bearer bia_…`."""
    token_type: str = "Bearer"  # noqa: S105 - the word of the RFC
    """`Bearer` (RFC 6750)."""
    expires_in: int
    """How many seconds it is good."""


def new_client_id() -> str:
    """Return an id no client has."""
    return f"c-{secrets.token_hex(6)}"


async def access_for(resources: Resources, assertion: str, audience: str) -> AccessToken:
    """Return a token for the system that signed an assertion. Raises a 401 `Problem`, the same whatever is wrong."""
    now = resources.clock()
    try:
        client = (await resources.ledger.load(CLIENT, client_stream(claimed_client(assertion)))).state
        _refuse_revoked(client, now)
        claims = believed(assertion, _keys_of(client), TYPES)
        _refuse_wrong(claims, client.id, audience, now)
        # After all else, so that what is wrong anyhow uses nothing up.
        await asyncio.to_thread(_use_up, resources, client.id, str(claims["jti"]), now)
    except NotBelieved as wrong:
        log.warning("client_refused", why=str(wrong))
        raise client_refused() from wrong
    token = f"bia_{secrets.token_hex(32)}"
    with resources.desk.connection() as connection:
        keep_code(connection, token, purpose=ACCESS, about=client.id, expires_at=now + ACCESS_LASTS, now=now)
    return AccessToken(access_token=token, expires_in=int(ACCESS_LASTS.total_seconds()))


async def caller_with(resources: Resources, token: str) -> Caller | None:
    """Return who speaks with an access token; None where it is not good, or its client no longer is."""
    now = resources.clock()

    def at_the_desk() -> str | None:
        with resources.desk.connection() as connection:
            return about_code(connection, token, purpose=ACCESS, now=now)

    id_ = await asyncio.to_thread(at_the_desk)
    if id_ is None:
        return None
    # Asked for each time: a client that was revoked is let in no more, whatever it holds.
    client = (await resources.ledger.load(CLIENT, client_stream(id_))).state
    return client.caller() if client.is_good(now) else None


def client_refused() -> Problem:
    """Return the problem of a system that did not prove who it is: the same whatever is wrong (RFC 6749, 5.2)."""
    return Problem(
        401,
        "client-not-good",
        es="El sistema no probó quién es: firma una aserción nueva con su llave, para esta dirección, de a lo más dos "
        "minutos y con un «jti» nuevo.",
        en="The system did not prove who it is: sign a new assertion with its key, for this address, of two minutes at "
        "most and with a new 'jti'.",
        error="invalid_client",
    )


def claimed_client(assertion: str) -> str:
    """Return which client an assertion says it is of: only its keys are then asked. Raises `NotBelieved`."""
    try:
        if len(assertion) > MOST_CHARACTERS or not assertion.isascii():
            raise NotBelieved("too long, or no text of ours")
        claims = json.loads(urlsafe_b64decode(assertion.split(".")[1].encode()))
        subject = claims["sub"]
    except (ValueError, IndexError, KeyError, TypeError, RecursionError) as error:
        raise NotBelieved("it cannot be read") from error
    if not isinstance(subject, str) or not _CLIENT.fullmatch(subject):
        raise NotBelieved("it names no client")
    return subject


def _refuse_revoked(client: Client, now: datetime) -> None:
    if not client.is_good(now):
        raise NotBelieved("there is no such client, or no longer")


def _keys_of(client: Client) -> Any:
    """Return how a client's keys are found by id; one that has only one need not name it."""
    listed = client.given.public_keys if client.given else ()

    def key(id_: str) -> PublicKey | None:
        named = [one for one in listed if one.kid == id_ or (id_ == "" and len(listed) == 1)]
        found = import_key(named[0].model_dump(exclude_none=True)) if named else None
        return found if isinstance(found, PublicKey) else None

    return key


def _refuse_wrong(claims: dict[str, Any], client: str, audience: str, now: datetime) -> None:
    at = now.timestamp()
    if claims.get("iss") != client or claims.get("sub") != client:
        raise NotBelieved("its issuer is not its subject")
    if claims.get("aud") not in (audience, [audience]):
        raise NotBelieved("it is for somebody else, or not for us alone")
    issued, ends = instant(claims, "iat"), instant(claims, "exp")
    if abs(at - issued) > CLOCKS_DIFFER_SECONDS or not at < ends <= issued + LONGEST_ASSERTION_SECONDS:
        raise NotBelieved("it was not made just now, is over, or is good for too long")
    if "nbf" in claims and instant(claims, "nbf") > at + CLOCKS_DIFFER_SECONDS:
        raise NotBelieved("it is not good yet")
    number = claims.get("jti")
    if not isinstance(number, str) or not number.isprintable() or not 8 <= len(number) <= 200:
        raise NotBelieved("its jti is no text of 8 to 200 characters")


def _use_up(resources: Resources, client: str, jti: str, now: datetime) -> None:
    """Remember an assertion until it is over: the same is not good twice, whichever process it is sent to."""
    until = now + timedelta(seconds=LONGEST_ASSERTION_SECONDS + CLOCKS_DIFFER_SECONDS)
    # In our own letters, so that two that differ are never the same.
    number = hashlib.sha256(f"{client}\0{jti}".encode()).hexdigest()
    try:
        with resources.desk.connection() as connection:
            keep_code(connection, number, purpose=USED, about=client, expires_at=until, now=now)
    except errors.UniqueViolation:
        raise NotBelieved("it was used already") from None
