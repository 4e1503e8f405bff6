"""What is there to tell a person at an instant? A pure question to the projections, asked again as often as one likes.

Each matter has a name of its own that is the same whenever it is found again, so that nobody is told twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from psycopg import Connection

from api.mine import places_of, rows_of
from domain.access import Caller
from ledger.desk.letters import MatterKind, Wish
from projections.milestone_filter import MilestoneFilter
from projections.milestones import MilestoneRow, get_milestone
from projections.moment import AsOf
from projections.proposals import ProposalFilter, ProposalRow, list_proposals
from projections.timeline import TimelineEntry, TimelineFilter, list_timeline
from projections.worklist import own_reports_to_validate

LATELY = timedelta(days=7)
"""How long what happened is still news."""
WAITING = timedelta(days=30)
"""How long after it was recorded a report is said to wait."""
NEWS: dict[str, MatterKind] = {"MilestoneRedated": "redated", "MilestoneReopened": "returned"}
ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Matter:
    """Something to tell a person."""

    kind: MatterKind
    name: str
    """The same whenever it is found again: ``late/pel-2026-2027-jal/L012/2026-11-20``."""
    row: MilestoneRow | None = None
    """The activity; None for a proposal."""
    proposal: ProposalRow | None = None


def matters_of(connection: Connection[Any], caller: Caller, wish: Wish, as_of: AsOf) -> list[Matter]:
    """Return what there is to tell a person, in the order of a letter."""
    found = [
        *_late(connection, caller, as_of),
        *_due(connection, caller, wish, as_of),
        *_happened(connection, caller, wish, as_of),
        *_to_validate(connection, caller, as_of),
    ]
    return [matter for matter in found if matter.kind in wish.matters]


def _due(connection: Connection[Any], caller: Caller, wish: Wish, as_of: AsOf) -> Iterator[Matter]:
    until = as_of.at + timedelta(days=wish.due_days)
    where = MilestoneFilter(standing="pending", due_after=as_of.at, due_before=until)
    for row in rows_of(connection, places_of(caller, "report"), where, as_of):
        yield Matter("due", f"due/{row.process}/{row.id}/{row.due}", row)


def _late(connection: Connection[Any], caller: Caller, as_of: AsOf) -> Iterator[Matter]:
    where = MilestoneFilter(standing=("without_report", "reported_unfinished"))
    rows = rows_of(connection, places_of(caller, "report"), where, as_of)
    for row in sorted(rows, key=lambda row: -(row.days_late or 0)):
        yield Matter("late", f"late/{row.process}/{row.id}/{row.due}", row)


def _happened(connection: Connection[Any], caller: Caller, wish: Wish, as_of: AsOf) -> Iterator[Matter]:
    """Yield what others did to an activity of theirs lately, since they want to be told."""
    since = max(as_of.at - LATELY, wish.confirmed_at or as_of.at)
    for place in places_of(caller, "report"):
        where = TimelineFilter(process=place.process, territory=place.territory, reports_only=True)
        entries = list_timeline(connection, where, as_of, newest_first=True, limit=ENTRIES).items
        for entry in entries:
            if entry.type in NEWS and entry.recorded_at >= since:
                yield from _news(connection, entry, as_of)


def _news(connection: Connection[Any], entry: TimelineEntry, as_of: AsOf) -> Iterator[Matter]:
    row = get_milestone(connection, entry.process, entry.milestone or "", as_of)
    if row is not None:
        kind = NEWS[entry.type]
        yield Matter(kind, f"{kind}/{entry.position}", row)


def _to_validate(connection: Connection[Any], caller: Caller, as_of: AsOf) -> Iterator[Matter]:
    where, own = MilestoneFilter(status="completed"), own_reports_to_validate(connection, caller)
    for row in rows_of(connection, places_of(caller, "validate"), where, as_of):
        recorded_at = row.completed_recorded_at
        if row.validated or (row.process, row.id) in own:
            continue
        if recorded_at is not None and recorded_at >= as_of.at - WAITING:
            yield Matter("to_validate", f"to_validate/{row.process}/{row.id}/{row.version}", row)
    for proposal in list_proposals(connection, ProposalFilter(to_decide=caller), as_of).items:
        yield Matter("to_validate", f"to_validate/{proposal.id}", proposal=proposal)
