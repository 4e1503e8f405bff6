"""How the log stands, signed and witnessed, as people and programs are told."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from api.database import Resources
from api.problems import Problem
from api.witness_health import witness_health
from ledger.checkpoint import parse_checkpoint
from ledger.cosigning import cosigned
from ledger.note import parse_note
from ledger.tree import SignedTree


class WitnessState(BaseModel):
    """A witness of the log (*testigo*), and whether it signed this checkpoint."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """What the log's policy calls it."""
    key: str
    """Its public key, as it is pinned: a vkey of the kind `cosignature/v1`."""
    cosigned_at: datetime | None
    """When it signed this checkpoint, by its own clock; null where it has not."""


class CheckpointState(BaseModel):
    """How the log stands: the checkpoint (*sello de integridad*) that was signed last, and by whom."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    origin: str
    """The log's name."""
    size: int
    """How many entries it had: the last position that is signed."""
    root: str
    """The root of the Merkle tree over them, in base64, as the checkpoint has it."""
    signed_at: datetime
    """When it was last said to stand: once a minute while the log does not grow."""
    keys: list[str]
    """The log's public keys. Who verifies has them from elsewhere, and only compares."""
    needed: int
    """How many witnesses it takes at the least; 0 where the log has no quorum of them."""
    witnesses: list[WitnessState]
    """The witnesses the log has, in the order of its policy."""
    is_witnessed: bool
    """Whether as many of them signed this checkpoint as are needed."""
    witnessed_size: int | None
    """The size of the last tree that enough witnesses signed; null while none was."""
    witnessed_at: datetime | None
    """When that was last signed by as many; null while none was."""
    stamped_size: int | None
    """The size of the last tree that a time-stamping authority stamped (RFC 3161); null while none was."""
    stamped_at: datetime | None
    """When, by that authority's own clock; null while none was."""
    witnesses_stand_still: bool
    """Whether too few have signed for five minutes, or ever, though a quorum of them is asked for."""


def checkpoint_state(resources: Resources) -> CheckpointState:
    """Return how the log stands. Raises as `last_signed` does."""
    signed, witnessed = last_signed(resources), resources.signed_log.witnessed()
    stamp = resources.signed_log.latest_time_stamp()
    policy, note = resources.settings.witness_policy, parse_note(signed.note)
    checkpoint, hours = parse_checkpoint(note.text), cosigned(note, policy.witnesses)
    return CheckpointState(
        origin=checkpoint.origin, size=checkpoint.size, root=b64encode(checkpoint.root).decode(),
        signed_at=signed.signed_at, keys=signed.vkeys.split(), needed=policy.needed,
        witnesses=[
            WitnessState(name=one.name, key=one.key.vkey, cosigned_at=hours.get(one.name))
            for one in policy.witnesses
        ],
        is_witnessed=policy.is_met(hours),
        witnessed_size=witnessed.size if witnessed else None,
        witnessed_at=witnessed.witnessed_at if witnessed else None,
        stamped_size=stamp.size if stamp else None,
        stamped_at=stamp.stamped_at if stamp else None,
        witnesses_stand_still=bool((seen := witness_health(resources)) and seen.stands_still),
    )  # fmt: skip


def last_signed(resources: Resources) -> SignedTree:
    """Return the last signed tree. Raises a `Problem` (404) while nothing is signed; `ledger.log.Unavailable`."""
    signed = resources.signed_log.checkpoint()
    if signed is None:
        raise Problem(
            404,
            "not-signed",
            es="La bitácora aún no está firmada: quien la administra pone en marcha «bitacora sign».",
            en="The log is not signed yet: its administrator starts 'bitacora sign'.",
        )
    return signed
