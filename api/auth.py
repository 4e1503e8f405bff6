"""Who asks: bearer tokens, looked up in the log.

A token reads ``bit_<id>_<secret>``. The id names its stream; of the secret, 256 random bits, the log knows only the
SHA-256. ``bia_<secret>`` is a client's, for ten minutes (`api.oauth`). What either may do is not decided here
(`domain.access.authorise`).
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass

import structlog
from starlette.requests import Request

from api.database import Resources
from api.oauth import ACCESS_TOKEN, caller_with
from api.problems import Problem
from domain.access import Caller
from domain.token import TOKEN, Token, token_stream

KEPT_SECONDS = 2.0
"""How long a token is believed without looking again: the longest a revocation takes to have effect here."""
KEPT_TOKENS = 10_000

_TOKEN = re.compile(r"bit_(?P<id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token as it is given to its owner, once; the log gets the digest."""

    id: str
    secret: str

    @property
    def text(self) -> str:
        """What its owner sends."""
        return f"bit_{self.id}_{self.secret}"

    @property
    def digest(self) -> str:
        """SHA-256 of the secret."""
        return digest_of(self.secret)


def new_token() -> NewToken:
    """Return a token nobody has."""
    return NewToken(secrets.token_hex(6), secrets.token_urlsafe(32))


def digest_of(secret: str) -> str:
    """Return what the log keeps of a secret. It has 256 random bits, so one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


class KnownTokens:
    """The tokens looked up in the last moments, so that a busy one is not looked up for each request."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Token, float]] = OrderedDict()

    async def state_of(self, token_id: str, resources: Resources) -> Token:
        """Return a token as the log has it, at most `KEPT_SECONDS` old."""
        kept = self._kept.get(token_id)
        if kept is not None and time.monotonic() - kept[1] < KEPT_SECONDS:
            return kept[0]
        asked_at = time.monotonic()
        token = (await resources.ledger.load(TOKEN, token_stream(token_id))).state
        if token.given is not None:
            self._kept[token_id] = (token, asked_at)
            self._kept.move_to_end(token_id)
            if len(self._kept) > KEPT_TOKENS:
                self._kept.popitem(last=False)
        return token


async def authenticate(request: Request) -> Caller:
    """Return who a request's token speaks for. Raises a 401 `Problem`, the same whatever was wrong with it."""
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and ACCESS_TOKEN.fullmatch(credentials.strip()):
        caller = await caller_with(request.app.state.resources, credentials.strip())
        if caller is None:
            raise _unauthorised(missing=False)
        structlog.contextvars.bind_contextvars(actor=caller.actor)
        return caller
    given = _TOKEN.fullmatch(credentials.strip())
    if scheme.lower() != "bearer" or given is None:
        raise _unauthorised(missing=not credentials)
    resources: Resources = request.app.state.resources
    known: KnownTokens = request.app.state.known_tokens
    token = await known.state_of(given["id"], resources)
    digest = token.given.digest if token.given else "0" * 64
    # Compared in any case, and in the same time whatever differs.
    matches = hmac.compare_digest(digest_of(given["secret"]), digest)
    if not matches or not token.is_good(resources.clock()):
        raise _unauthorised(missing=False)
    structlog.contextvars.bind_contextvars(actor=token.id)
    return token.caller()


def _unauthorised(*, missing: bool) -> Problem:
    if missing:
        return Problem(
            401,
            "token-missing",
            es="Para esto hace falta un token: «Authorization: Bearer bit_…».",
            en="This needs a token: 'Authorization: Bearer bit_…'.",
            headers={"WWW-Authenticate": 'Bearer realm="bitacora"'},
        )
    return Problem(
        401,
        "token-not-good",
        es="El token no es válido, venció o fue revocado.",
        en="The token is not valid, has expired or was revoked.",
        headers={"WWW-Authenticate": 'Bearer realm="bitacora", error="invalid_token"'},
    )
