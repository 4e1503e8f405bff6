"""The activities of a process as they are, read for one decision on the whole of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from domain.milestone import MILESTONE, Milestone, milestone_stream
from ledger.ledger import View


async def milestones_of(view: View, process: str) -> Mapping[str, Milestone]:
    """Return every activity of a process by its id; the decision holds only while none of them changes."""
    prefix = milestone_stream(process, "")
    streams = await view.family(prefix)
    folded = await asyncio.gather(*(view.load(MILESTONE, stream) for stream in streams))
    return {
        stream.removeprefix(prefix): one.state
        for stream, one in zip(streams, folded, strict=True)
        if one.state.plan is not None
    }
