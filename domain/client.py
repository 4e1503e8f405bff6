"""Clients: systems that prove who they are with a key of their own (RFC 7523), and get tokens for ten minutes each.

A client's stream is ``client/{id}``. The log keeps its public keys; the private ones never leave the system.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self, assert_never

from pydantic import Field, model_validator

from domain.access import Caller
from domain.event import Envelope, Event, Payload, Prose, Refused, Subject
from domain.system_key import SystemKey, SystemRight

Base64Url = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=1400)]
SMALLEST_MODULUS = 342
"""The characters of an RSA modulus of 2,048 bits."""


class PublicKey(Payload):
    """A public key (JWK, RFC 7517): P-256, Ed25519, or RSA of 2,048 bits at least. A private one does not fit in."""

    kid: Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,100}$")]
    """What assertions call it."""
    kty: Literal["EC", "OKP", "RSA"]
    crv: Literal["P-256", "Ed25519"] | None = None
    x: Base64Url | None = None
    y: Base64Url | None = None
    n: Base64Url | None = None
    e: Base64Url | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        needed = {"EC": ("P-256", "x", "y"), "OKP": ("Ed25519", "x"), "RSA": (None, "n", "e")}[self.kty]
        given = {name for name in ("x", "y", "n", "e") if getattr(self, name) is not None}
        if self.crv != needed[0] or given != set(needed[1:]):
            raise ValueError(f"a key of kind {self.kty} is written with {', '.join(filter(None, needed))}")
        if self.n is not None and len(self.n) < SMALLEST_MODULUS:
            raise ValueError("an RSA key has 2,048 bits at least")
        return self


Keys = Annotated[tuple[PublicKey, ...], Field(min_length=1, max_length=5, strict=False)]
"""One key, and the next ones while they are changed."""


class ClientRegistered(SystemRight, Event, type="ClientRegistered.v1"):
    """A system that proves who it is with its key may act for a post in a territory."""

    public_keys: Keys


class ClientRevoked(Event, type="ClientRevoked.v1"):
    """A client stopped being good, with every token it had."""

    reason: Prose


ClientEvent = ClientRegistered | ClientRevoked
"""Everything that can happen to a client."""


@dataclass(frozen=True, slots=True)
class Client(SystemKey[ClientRegistered]):
    """A client as its events leave it."""


def evolve(client: Client, event: Event, envelope: Envelope) -> Client:
    """Return the client after one more event."""
    return _evolved(client, event, envelope)  # type: ignore[arg-type]  # the ledger folds a stream with its own events


def _evolved(client: Client, event: ClientEvent, envelope: Envelope) -> Client:
    match event:
        case ClientRegistered():
            return client.made(event, envelope)
        case ClientRevoked():
            return client.revoked(envelope)
        case _ as unknown:
            assert_never(unknown)


CLIENT: Subject[Client] = Subject("client", Client(), evolve)
"""How a client's stream is folded."""


class RegisterClient(SystemRight):
    """Let a system act for a post in a territory, once it proves with its key who it is."""

    public_keys: Keys

    def decide(self, giver: Caller, at: datetime) -> Sequence[Event]:
        """Refuse who does not administer the place, and an end that is over or too far."""
        self.refuse_unless_given_by(giver, at)
        if len({key.kid for key in self.public_keys}) < len(self.public_keys):
            raise Refused(
                "key-named-twice",
                es="Dos llaves tienen el mismo «kid»: dale a cada una el suyo.",
                en="Two keys have the same 'kid': give each its own.",
                fields=("public_keys",),
            )
        return [ClientRegistered(**dict(self))]


class RevokeClient(Payload):
    """Make a client useless from now on, with every token it has."""

    reason: Prose

    def decide(self, client: Client) -> Sequence[Event]:
        """Do nothing where it is revoked already."""
        known_client(client)
        return [] if client.revoked_at else [ClientRevoked(reason=self.reason)]


def known_client(client: Client) -> ClientRegistered:
    """Return how a client was registered. Raises `Refused` where there is no such client."""
    if client.given is None:
        raise Refused(
            "unknown-client",
            es="No hay un sistema registrado con ese identificador.",
            en="There is no client with that id.",
        )
    return client.given


def client_stream(client: str) -> str:
    """Return the stream of a client."""
    return f"client/{client}"
