"""Evidence as pages show it: what it is, how large, and where to have it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from api.documents.kinds import KINDS
from api.view.formats import number
from api.view.visit import Visit
from projections.evidence import EvidenceRow


@dataclass(frozen=True, slots=True)
class ShownEvidence:
    """A document in a list."""

    row: EvidenceRow
    kind: str
    """What its bytes are, in the visitor's words; empty where that is not known."""
    size: str
    """How large it is, in words; empty where that is not known."""
    can_be_had: bool
    """Whether its bytes are here and may be given."""
    link: str
    """Where it is published, where that is an address of the web; empty otherwise."""


def shown_evidence(
    visit: Visit, rows: Iterable[EvidenceRow], *, withdrawn_too: bool = False
) -> list[ShownEvidence]:
    """Return evidence as a page shows it; ``withdrawn_too`` is for who may have what was withdrawn."""
    return [_shown(visit, row, withdrawn_too=withdrawn_too) for row in rows]


def _shown(visit: Visit, row: EvidenceRow, *, withdrawn_too: bool) -> ShownEvidence:
    kept = visit.resources.documents.find(row.sha256) if row.sha256 else None
    size_bytes = row.size_bytes or (kept.size_bytes if kept else None)
    kind = KINDS.get(row.media_type or "")
    return ShownEvidence(
        row,
        visit.in_language(kind.name) if kind else "",
        in_size(size_bytes) if size_bytes is not None else "",
        kept is not None and (withdrawn_too or row.withdrawn_at is None),
        row.address if row.address and row.address.startswith(("https://", "http://")) else "",
    )


def in_size(size_bytes: int) -> str:
    """Return a size as people say it: kibibytes, and from one mebibyte on mebibytes with a decimal."""
    if size_bytes < 1024 * 1024:
        return f"{number(max(1, round(size_bytes / 1024)))} KiB"
    return f"{size_bytes / (1024 * 1024):.1f} MiB"
