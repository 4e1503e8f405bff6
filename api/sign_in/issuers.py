"""Which identity providers are trusted: one for each body, in one file that whoever runs the service writes.

[ine]
issuer = "https://identidad.example.mx"
client_id = "bitacora"
client_secret_file = "/run/secrets/ine"      # or private_key_file, a private JWK, for private_key_jwt
body = "INE"
label = { es = "Entrar con mi cuenta del INE", en = "Sign in with my INE account" }
acr = ["https://example.mx/mfa"]             # optional: one of these has to be told; likewise amr
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from api.sign_in.site import LOCAL_NAMES
from domain.event import Line
from domain.names import Names


class BadIssuers(Exception):
    """The file of identity providers cannot be used; the message says where and why."""


class Issuer(BaseModel):
    """An identity provider (OpenID Connect Core 1.0) and what it answers for."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    """What it is called in addresses: the table's name in the file."""
    issuer: str
    """Its identifier, exactly as its ID tokens say it."""
    client_id: Annotated[str, Field(min_length=1, max_length=200)]
    client_secret_file: Path | None = None
    private_key_file: Path | None = None
    """A private JWK, with which we sign instead of sending a secret (RFC 7523)."""
    body: Line
    """The institution that answers for who its people are."""
    label: Names
    """What the button says."""
    acr: tuple[str, ...] = ()
    """One of these has to be told of how somebody proved who they are; empty: any."""
    amr: tuple[str, ...] = ()
    """One of these methods has to have been used (RFC 8176); empty: any."""

    @field_validator("issuer")
    @classmethod
    def _encrypted(cls, issuer: str) -> str:
        if not is_safe(issuer) or urlsplit(issuer).query or urlsplit(issuer).fragment:
            raise ValueError("has to be an https address without query or fragment")
        return issuer

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if (self.client_secret_file is None) == (self.private_key_file is None):
            raise ValueError("give either client_secret_file or private_key_file")
        return self


def read_issuers(path: Path | None) -> Mapping[str, Issuer]:
    """Return the identity providers of a file, by their names in addresses. Raises `BadIssuers`."""
    if path is None:
        return {}
    try:
        tables = tomllib.loads(path.read_text())
        found = {name: Issuer.model_validate({"id": name, **table}) for name, table in tables.items()}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError, TypeError) as error:
        raise BadIssuers(f"BITACORA_ISSUERS: {path} cannot be used: {error}") from error
    if len({issuer.issuer for issuer in found.values()}) < len(found):
        raise BadIssuers(f"BITACORA_ISSUERS: {path} names the same issuer for two bodies")
    return found


def is_safe(address: str) -> bool:
    """Tell whether what is sent to an address can be read by nobody on the way: https, or this same machine."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL_NAMES)
    )
