"""Playing the simulated history into a log: the commands a coordinator would send, day after day."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable
from datetime import datetime

from api.reporting import write_report
from api.simulation import Act, Planned, history
from domain.calendar import day_of
from domain.event import Author
from domain.plan import OpenProcess, opening
from domain.variant import plan_for
from ledger.ledger import Ledger, View

SEED = 2027
"""The story that is told unless another is asked for."""

TAIL_EVENTS = 2_000
"""How far back the end of the log is searched for the last simulated report: visitors may have added theirs."""

GRANT = "simulation"
"""The authority every simulated report names, so that nobody takes it for a real one."""


def planned(commands: Iterable[OpenProcess]) -> list[Planned]:
    """Return every milestone that opening these processes plans."""
    opened = [
        opening(plan_for(one.kind, one.territory, one.cycle), one.territory, one.cycle) for one in commands
    ]
    return [
        Planned(one.process, key, plan, day_of(one.opened.election_day))
        for one in opened
        for key, plan in one.milestones.items()
    ]


async def play(
    ledger: Ledger, acts: Iterable[Act], now: datetime, progress: Callable[[int], None] = lambda _: None
) -> int:
    """Record the acts that are not recorded yet and return how many events that made.

    One day after the other, and each milestone's acts in their order; within a day the offices do not wait for
    one another, as in life. ``progress`` hears how many acts are done.
    """
    events = done = 0
    for _, day in itertools.groupby(acts, key=lambda act: act.occurred_at.date()):
        by_milestone: dict[tuple[str, str], list[Act]] = {}
        for act in day:
            by_milestone.setdefault((act.process, act.milestone), []).append(act)
        counts = await asyncio.gather(*(_play_in_order(ledger, own, now) for own in by_milestone.values()))
        events += sum(counts)
        done += sum(len(own) for own in by_milestone.values())
        progress(done)
    return events


async def _play_in_order(ledger: Ledger, acts: Iterable[Act], now: datetime) -> int:
    return sum([await _play_one(ledger, act, now) for act in acts])


async def _play_one(ledger: Ledger, act: Act, now: datetime) -> int:
    """Decide and record one act; one that was played before counts nothing."""

    async def decide(view: View) -> None:
        await write_report(view, act.process, act.milestone, act.command, act.occurred_at, now)

    author = Author("simulation", act.post, act.body, GRANT)
    recorded = await ledger.execute(
        decide, command_id=act.command_id, author=author, occurred_at=act.occurred_at
    )
    return 0 if recorded.replayed else len(recorded.events)


def not_yet_played(ledger: Ledger, acts: list[Act]) -> list[Act]:
    """Return the acts from the last day that was played on: what is before is recorded already."""
    head = ledger.log.head().position
    tail = ledger.log.read(max(0, head - TAIL_EVENTS), TAIL_EVENTS)
    played = [stored.occurred_at for stored in tail if stored.author_grant == GRANT]
    if not played:
        return acts
    return [act for act in acts if act.occurred_at >= max(played)]


def story(commands: Iterable[OpenProcess], until: datetime, seed: int = SEED) -> list[Act]:
    """Return the simulated history of these processes up to an instant."""
    return history(planned(commands), until, seed)
