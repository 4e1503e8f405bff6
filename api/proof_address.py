"""Where the proof of what was recorded is had: what every answer to a write says."""

from __future__ import annotations


def proof_address(position: int) -> str:
    """Return the address of the proof that an event stands in the signed log; it is there once that is signed."""
    return f"/api/v1/events/{position}/receipt"
