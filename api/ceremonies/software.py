"""The ceremony of the software: what runs, each file by its hash, and one digest over all (*huella del software*).

It is held before, during and after, and the digests are compared. What it cannot do is look at a service that runs
elsewhere, or at itself with eyes of its own: an auditor looks from an environment they trust.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import psycopg

from api.ceremonies.bill_of_materials import FILE, bill_of_materials
from api.ceremonies.installation import Installation
from api.ceremonies.installed import OWN, Installed, installed_packages, standard_library
from api.ceremonies.inventory import Component, Inventory, differences
from api.ceremonies.outcome import Fact, Finding, Listing, Outcome, finding, sha256
from ledger.checkpoint import Checkpoint
from ledger.database_program import DatabaseProgram, database_program


class LogThen(NamedTuple):
    """The log a ceremony is held for, as it then stood."""

    origin: str
    simulated: bool
    checkpoint: Checkpoint | None
    """The last one that was signed; None while none was."""


def software(
    installation: Installation, database_url: str, log: LogThen, before: Inventory | None,
    say: Callable[[str], None] = lambda _: None,
) -> Outcome:  # fmt: skip
    """Return what runs, compared with what ran ``before``. Raises ``psycopg.OperationalError``."""
    with psycopg.connect(database_url, connect_timeout=5) as connection:
        database = database_program(connection)
    packages = installed_packages(installation, say)
    say("python")
    now = Inventory([*packages.components, standard_library(installation), _postgresql(database)])
    return Outcome(
        ceremony="software", origin=log.origin, simulated=log.simulated, checkpoint=log.checkpoint, digest=now.digest,
        facts=_facts(now, packages, database, before),
        findings=[*packages.findings, *(differences(before, now) if before else [])],
        remarks=_remarks(packages, before),
        listing=Listing(
            columns=["part", "version", "licence", "files", "digest"],
            rows=[
                [part.name, part.version, part.licence, len(part.files), part.digest]
                for part in sorted(now.components, key=lambda part: part.name)
            ],
        ),
        attachments={FILE: bill_of_materials(now)},
    )  # fmt: skip


def _postgresql(database: DatabaseProgram) -> Component:
    """Return the server by its version, and what of our program is in the database by its hash."""
    texts = {what: sha256(text.encode()) for what, text in database.texts.items()}
    return Component("postgresql", database.server_version, "platform", "PostgreSQL", texts)


def _facts(
    now: Inventory, packages: Installed, database: DatabaseProgram, before: Inventory | None
) -> list[Fact]:
    own = next((part for part in now.components if part.name == OWN), None)
    python = next(part for part in now.components if part.name == "python")
    facts = [
        Fact(name="program", value=f"{OWN} {own.version}" if own else ""),
        Fact(name="program_digest", value=own.digest if own else ""),
        Fact(name="wheel", value=packages.wheel_sha256),
        Fact(name="python", value=python.version),
        Fact(name="postgresql", value=database.server_version),
        Fact(name="parts", value=len(now.components)),
        Fact(name="files", value=now.files),
        Fact(name="compared_with", value=before.digest if before else ""),
    ]
    return [fact for fact in facts if fact.value != ""]


def _remarks(packages: Installed, before: Inventory | None) -> list[Finding]:
    remarks = [finding("compiled_copies"), finding("python_has_no_list")]
    if packages.runs_from_folder:
        remarks.append(finding("runs_from_folder"))
    if before is None:
        remarks.append(finding("compared_with_none"))
    return remarks
