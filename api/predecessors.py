"""The milestones that must be over before another can be completed, read for one decision."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from domain.milestone import MILESTONE, Milestone, milestone_stream, replacement
from ledger.ledger import View


async def required_milestones(view: View, process: str, milestone: Milestone) -> Mapping[str, Milestone]:
    """Return the milestones an article makes a condition of this one: of its process, or named with theirs.

    Beside what was replaced there is what replaced it.
    """
    needed = [requirement.milestone for requirement in milestone.plan.required] if milestone.plan else []
    found: dict[str, Milestone] = {}
    while needed:
        streams = [
            milestone_stream(*(name.split("/") if "/" in name else (process, name))) for name in needed
        ]
        folded = await asyncio.gather(*(view.load(MILESTONE, stream) for stream in streams))
        states = {name: one.state for name, one in zip(needed, folded, strict=True)}
        found |= states
        needed = [other for name, state in states.items() if (other := replacement(name, state)) is not None]
    return found
