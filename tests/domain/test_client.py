"""Systems that prove who they are with a key of their own: which keys, until when, and that it can be taken away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from domain.access import Authority, Caller
from domain.client import (
    CLIENT,
    Client,
    ClientRevoked,
    PublicKey,
    RegisterClient,
    RevokeClient,
    client_stream,
)
from domain.event import Author, Envelope, Event, Refused
from domain.token import IssueToken

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
CHIEF = Caller("t", (Authority("token/t", "administrator", "MX-JAL", "SE", "IEPC"),))
KEY = PublicKey(kid="a", kty="OKP", crv="Ed25519", x="A" * 43)


def asking(**changes: Any) -> RegisterClient:
    """Return a request for a client that reports in Jalisco for a year."""
    said = {
        "public_keys": (KEY,), "role": "coordinator", "territory": "MX-JAL", "post": "Sistema de seguimiento",
        "body": "IEPC", "expires_at": NOW + timedelta(days=365), **changes,
    }  # fmt: skip
    return RegisterClient.model_validate(said)


def folded(*events: Event) -> Client:
    """Return the client these events leave."""
    client = CLIENT.initial
    for version, event in enumerate(events, start=1):
        author = Author("console", "Administración", "Operación", "console")
        envelope = Envelope(version, client_stream("c-0"), version, NOW, NOW, author, "c")
        client = CLIENT.evolve(client, event, envelope)
    return client


def test_a_client_speaks_for_its_post_until_it_is_revoked_or_over() -> None:
    registered = asking().decide(CHIEF, NOW)
    client = folded(*registered)

    assert client.caller() == Caller(
        "c-0", (Authority("client/c-0", "coordinator", "MX-JAL", "Sistema de seguimiento", "IEPC"),)
    )
    assert client.is_good(NOW)
    assert not client.is_good(NOW + timedelta(days=365))
    revoked = folded(*registered, ClientRevoked(reason="Se cambió."))
    assert not revoked.is_good(NOW)
    assert list(RevokeClient(reason="Otra vez.").decide(revoked)) == []


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"territory": "MX-COL"}, "another-territory"),
        ({"expires_at": NOW}, "wrong-end"),
        ({"expires_at": NOW + timedelta(days=367)}, "wrong-end"),
        ({"public_keys": (KEY, KEY)}, "key-named-twice"),
    ],
)
def test_what_may_not_be_registered_is_refused(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(Refused) as refused:
        asking(**changes).decide(CHIEF, NOW)
    assert refused.value.rule == rule


def test_a_token_is_issued_under_the_same_rules() -> None:
    said = asking().model_dump(exclude={"public_keys"})
    (issued,) = IssueToken.model_validate(said).decide(CHIEF, "0" * 64, NOW)

    assert issued.model_dump()["digest"] == "0" * 64
    with pytest.raises(Refused):
        IssueToken.model_validate(said | {"territory": "MX"}).decide(CHIEF, "0" * 64, NOW)


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "oct", "k": "AAAA"},
        {"kty": "EC", "crv": "P-256", "x": "A"},
        {"kty": "EC", "crv": "Ed25519", "x": "A", "y": "A"},
        {"kty": "EC", "crv": "P-256", "x": "A", "y": "A", "d": "secret"},
        {"kty": "OKP", "crv": "Ed25519", "x": "A", "d": "secret"},
        {"kty": "RSA", "n": "A" * 341, "e": "AQAB"},
        {"kty": "RSA", "n": "A" * 342},
        {"kty": "OKP", "crv": "Ed25519", "x": "A", "jku": "https://evil.example"},
    ],
)
def test_only_a_whole_public_key_is_taken(key: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        PublicKey.model_validate({"kid": "a", **key})
