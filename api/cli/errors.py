"""What an error on the command line means: a sentence, and the code to end with."""

from __future__ import annotations

import psycopg
from pydantic import ValidationError

from api.ceremonies.bill_of_materials import BadBill
from api.ceremonies.installation import NotAnInstallation
from api.ceremonies.record import FolderInUse
from api.cli.evidence import ServerRefused
from api.database import NotMigrated
from api.problems import Problem
from api.published_digests import NotDigests
from api.replaying import AnotherHistory, AnotherVersion
from api.sign_in.issuers import BadIssuers
from domain.event import Refused
from domain.procedure import PlanError
from ledger.binaries import ClusterError
from ledger.contents import CannotLook
from ledger.desk.person_keys import UnusablePersonKeys
from ledger.documents import DocumentError
from ledger.key_folder import UnusableKeys
from ledger.log import LogError
from ledger.migrate import DatabaseIsNewer, MigrationChanged
from ledger.publishing import NotPublished
from ledger.roles import RolesMissing
from ledger.server import UnsafeServer
from ledger.signer import SigningRefused
from ledger.witness import UnusableWitness
from ledger.witness_policy import BadPolicy
from projections.generation import AlreadyBuilding
from projections.moment import BadMoment
from projections.reading import NotReady

FAILED, ASKED_WRONGLY = 1, 2

# Their messages are written for the person who runs the command.
_PLAIN = (
    AlreadyBuilding,
    AnotherHistory,
    BadIssuers,
    ClusterError,
    UnsafeServer,
    NotMigrated,
    RolesMissing,
    MigrationChanged,
    DatabaseIsNewer,
    PlanError,
    LogError,
    DocumentError,
    ServerRefused,
    UnusableKeys,
    UnusablePersonKeys,
    SigningRefused,
    NotPublished,
    NotDigests,
    UnusableWitness,
    BadPolicy,
    AnotherVersion,
    NotReady,
    BadBill,
    NotAnInstallation,
    FolderInUse,
    CannotLook,
)


def explanation(error: Exception) -> tuple[str, int]:
    """Return what went wrong in words, and the exit code."""
    match error:
        case Refused() | Problem() | BadMoment():
            return f"{error.en}\n{error.es}", FAILED
        case psycopg.OperationalError():
            told = str(error).strip()
            return (
                f"The database cannot be reached: {told}\nIs it running? 'bitacora db status' tells.",
                FAILED,
            )
        case ValidationError():
            return f"A setting is wrong. {_settings(error)}", ASKED_WRONGLY
        case OSError():
            return f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), FAILED
        case _ if isinstance(error, _PLAIN):
            return str(error), FAILED
        case _:
            kind = type(error).__qualname__
            return f"Unexpected failure ({kind}): {error}\nBITACORA_DEBUG=1 shows where.", FAILED


def _settings(error: ValidationError) -> str:
    return " ".join(
        f"BITACORA_{str(one['loc'][0]).upper()}: {one['msg']}." for one in error.errors(include_url=False)
    )
