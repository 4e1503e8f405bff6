"""Whether the log's witnesses are at work: up to where as many as are needed have signed, and how long ago."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from api.database import Resources

STAND_STILL_SECONDS = 300.0
"""They are asked for every checkpoint and once a minute: after five of those too few answer, or nobody asks."""


class WitnessHealth(BaseModel):
    """Up to where the log is witnessed, and how long nothing has been."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    needed: int
    """How many witnesses it takes at the least."""
    size: int
    """The size of the last tree that as many witnesses signed; 0 while none is."""
    witnessed_at: datetime | None
    """When as many as are needed had last signed it; null while they have not."""
    quiet_seconds: float | None
    """How long ago that was; null while it never was."""

    @property
    def stands_still(self) -> bool:
        """Whether too few have signed for so long that somebody should look."""
        return self.quiet_seconds is None or self.quiet_seconds > STAND_STILL_SECONDS

    @property
    def warning(self) -> str:
        """What is not as it should be, in a sentence; empty where all is well."""
        if not self.stands_still:
            return ""
        since = (
            "has ever" if self.quiet_seconds is None else f"has for {self.quiet_seconds / 60:,.0f} minutes"
        )
        return (
            f"Witnesses stand still at position {self.size:,}: no checkpoint {since} been signed by the {self.needed} "
            "it takes. Start 'bitacora witness ask', or read there who does not answer, and why."
        )


def witness_health(resources: Resources) -> WitnessHealth | None:
    """Return how the witnesses do; None where the log has no quorum of them, or nothing is signed that they could sign.

    Raises `ledger.log.Unavailable`.
    """
    needed = resources.settings.witness_policy.needed
    if not needed or resources.signed_log.checkpoint() is None:
        return None
    seen = resources.signed_log.witnessed()
    at = seen.witnessed_at if seen else None
    return WitnessHealth(
        needed=needed,
        size=seen.size if seen else 0,
        witnessed_at=at,
        quiet_seconds=max(0.0, (datetime.now(UTC) - at).total_seconds()) if at else None,
    )
