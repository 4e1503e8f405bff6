"""Every setting of the program, read once from the environment.

``DATABASE_URL`` or libpq's own ``PG*`` name the database; everything else begins with ``BITACORA_``.
Nothing else in this project decides by the environment, but for finding PostgreSQL's programs (`ledger.binaries`).
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from ledger.roles import RoleNames
from ledger.server import connection_string
from ledger.witness_policy import NO_WITNESSES, WitnessPolicy, parse_policy

Language = Literal["es", "en"]
"""The languages of the pages and of every message; Spanish first."""

LogFormat = Literal["auto", "json", "console"]
"""How log lines look: ``auto`` is for people where they look on (a terminal), and JSON elsewhere."""


def _server() -> SecretStr | None:
    address = connection_string(os.environ)
    return None if address is None else SecretStr(address)


class Settings(BaseSettings):
    """What can be set. Passwords never show when it is printed."""

    model_config = SettingsConfigDict(
        env_prefix="BITACORA_", frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    database_url: Annotated[SecretStr | None, Field(validation_alias="DATABASE_URL", default_factory=_server)]
    """The log's database. Empty: libpq reads its ``PG*``. None: the embedded PostgreSQL under ``home``."""
    reader_database_url: SecretStr | None = None
    """A login of its own for everything that only reads; makes the roles a boundary."""
    projector_database_url: SecretStr | None = None
    """A login of its own for the projector."""
    desk_database_url: SecretStr | None = None
    """A login of its own for what is kept beside the log: who an id is, passkeys, sessions."""
    integrator_database_url: SecretStr | None = None
    """A login of its own for who builds the tree over the log."""
    signer_database_url: SecretStr | None = None
    """A login of its own for who signs the tree."""
    home: Path = Path("var")
    """The folder of the embedded PostgreSQL."""

    role_owner: str = RoleNames().owner
    role_committer: str = RoleNames().committer
    role_reader: str = RoleNames().reader
    role_projector: str = RoleNames().projector
    role_signer: str = RoleNames().signer
    role_desk: str = RoleNames().desk
    role_integrator: str = RoleNames().integrator

    unsafe_durability: bool = False
    """Accept a server that may lose what it acknowledged. For data you can afford to lose."""
    reader_pool_size: Annotated[int, Field(ge=1, le=100)] = 8
    """Connections for the queries of the API and the pages."""

    origin: Annotated[str, Field(pattern=r"^[a-z0-9.-]+(/[a-z0-9.-]+)+$")] = "localhost/bitacora"
    """The log's name: a schema-less URL that only its owner may use. Chosen once, before ``bitacora open``."""
    public_url: str = ""
    """Where the public finds the site (``https://bitacora.example.mx``); empty: links are relative."""
    issuers: Path | None = None
    """The file of the bodies' identity providers (`api.sign_in.issuers`); none: people sign in with passkeys."""
    language: Language = "es"
    """The language for those who ask for none."""

    server: str = "http://127.0.0.1:8000"
    """The running server that commands ask (``bitacora evidence attach``)."""
    token: SecretStr | None = None
    """In whose name they ask it."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8000
    max_body_bytes: Annotated[int, Field(ge=1024)] = 256 * 1024
    """The largest request body that is no document."""
    documents: Path | None = None
    """The folder of documents, shared by every process of the log; None: ``documents`` in ``home``."""
    people: Path | None = None
    """The folder of the keys that open who people are, shared like ``documents``; None: ``people`` in ``home``."""
    max_document_bytes: Annotated[int, Field(ge=1024, le=1024 * 1024 * 1024)] = 25 * 1024 * 1024
    """The largest document."""
    max_requests: Annotated[int, Field(ge=1)] = 1_000
    """Requests under way in one process; one more is asked to come back in a moment."""
    sign_ins_per_minute: Annotated[int, Field(ge=1)] = 600
    """How often one address may try to sign in, enrol or ask for a token, in each process; two requests each."""
    projector: bool = True
    """Whether ``bitacora serve`` also keeps the projections and the tree over the log up to date."""
    signer: bool = False
    """Whether ``bitacora serve`` also signs the tree; with the embedded PostgreSQL it does. Better apart: ``sign``."""
    keys: Path | None = None
    """The folder of the keys the tree is signed with, readable by the signer alone; None: ``keys`` in ``home``."""

    witnesses: Path | None = None
    """The file that says which witnesses there are, and how many it takes (`ledger.witness_policy`); None: none."""

    timestamps: Annotated[str, Field(pattern=r"^(https?://.+)?$")] = ""
    """The address of a time-stamping authority (RFC 3161), asked for stamps over checkpoints; empty: none is."""
    timestamp_roots: Path | None = None
    """The PEM file of the certificates its stamps have to lead to, had from the authority and not from its answers."""
    timestamp_minutes: Annotated[int, Field(ge=1, le=60 * 24 * 7)] = 60
    """How long after one stamp the next is asked for at the earliest; only where the log has grown."""

    followers: bool = True
    """Whether ``bitacora serve`` also tells others: webhooks and, where there is a mail server, letters."""
    smtp_host: str = ""
    """The mail server letters go out by; empty: there are none."""
    smtp_port: Annotated[int, Field(ge=1, le=65_535)] = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    """How what is said to it is encrypted; ``none`` only for one on this machine."""
    smtp_user: str = ""
    smtp_password: SecretStr | None = None
    smtp_from: str = ""
    """Whom letters are from: ``Bitácora Electoral <avisos@bitacora.example.mx>``."""
    webhooks_to_loopback: bool = False
    """Let webhooks go to this machine, also without https. Only to try a receiver out."""

    log_format: LogFormat = "auto"
    debug: bool = False
    """Show tracebacks."""

    @property
    def documents_folder(self) -> Path:
        """Where documents are kept."""
        return self.documents or self.home / "documents"

    @property
    def people_folder(self) -> Path:
        """Where the keys of those the desk knows are kept, and who was erased."""
        return self.people or self.home / "people"

    @property
    def keys_folder(self) -> Path:
        """Where keys are kept, and what was signed last."""
        return self.keys or self.home / "keys"

    @cached_property
    def witness_policy(self) -> WitnessPolicy:
        """Who witnesses the log. Raises `ledger.witness_policy.BadPolicy`, and ``OSError``."""
        return parse_policy(self.witnesses.read_text()) if self.witnesses else NO_WITNESSES

    @cached_property
    def roles(self) -> RoleNames:
        """What the roles are called in the database server."""
        return RoleNames(
            self.role_owner,
            self.role_committer,
            self.role_reader,
            self.role_projector,
            self.role_signer,
            self.role_desk,
            self.role_integrator,
        )
