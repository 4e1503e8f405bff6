"""The simulated history: believable, the same for a seed and a day, and never taken for a real one."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from api.opening import processes_of_the_cycle, record_opening, start_log
from api.playing import GRANT, not_yet_played, play, story
from api.simulation import Act, history
from domain.milestone import MILESTONE, milestone_stream
from domain.timeliness import Standing, standing
from ledger.ledger import Ledger
from ledger.memory import MemoryLog

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
ORIGIN = "demo.invalid/bitacora-simulada"


@cache
def acts(until: datetime = NOW, seed: int = 2027) -> tuple[Act, ...]:
    """Return the story up to an instant."""
    return tuple(story(processes_of_the_cycle(), until, seed))


@pytest.fixture(scope="module")
def played() -> Ledger:
    """A log in which the whole story up to now was played."""
    ledger = Ledger(MemoryLog())

    async def run() -> None:
        await start_log(ledger, ORIGIN, NOW, simulated=True)
        for command in processes_of_the_cycle():
            await record_opening(ledger, ORIGIN, command, NOW)
        await play(ledger, acts(), NOW)

    asyncio.run(run())
    return ledger


def test_the_same_seed_and_day_tell_the_same_story() -> None:
    assert acts() == tuple(story(processes_of_the_cycle(), NOW, 2027))
    assert acts() != acts(seed=2028)


def test_the_story_up_to_a_day_is_the_beginning_of_the_story_up_to_a_later_one() -> None:
    later = acts(NOW + timedelta(days=30))

    assert later[: len(acts())] == acts()
    assert len(later) > len(acts())


def test_no_act_lies_in_the_future_and_every_command_has_its_own_id() -> None:
    assert max(act.occurred_at for act in acts()) <= NOW
    assert len({act.command_id for act in acts()}) == len(acts())


def test_the_rules_refuse_nothing_of_it_until_the_process_ends() -> None:
    """The whole cycle is played: a refusal would raise."""
    ledger = Ledger(MemoryLog())
    the_end = datetime(2027, 9, 1, tzinfo=UTC)

    async def run() -> int:
        await start_log(ledger, ORIGIN, the_end, simulated=True)
        for command in processes_of_the_cycle():
            await record_opening(ledger, ORIGIN, command, the_end)
        return await play(ledger, acts(the_end), the_end)

    assert asyncio.run(run()) > 5_000


def test_playing_again_records_nothing_more(played: Ledger) -> None:
    before = played.log.head().position

    assert asyncio.run(play(played, acts(), NOW)) == 0
    assert played.log.head().position == before


def test_the_next_start_takes_up_where_this_one_ended(played: Ledger) -> None:
    rest = not_yet_played(played, list(acts()))

    assert rest
    assert len(rest) < len(acts()) / 10
    assert rest[-1] == acts()[-1]


def test_every_simulated_report_says_that_it_is_one(played: Ledger) -> None:
    reports = [stored for stored in played.log.read(0, 100_000) if stored.author_actor == "simulation"]

    assert len(reports) > 1_000
    assert {stored.author_grant for stored in reports} == {GRANT}
    assert all("simulad" in stored.author_post for stored in reports)
    cited = [instrument for act in acts() if (instrument := getattr(act.command, "instrument", None))]
    assert all("simulad" in instrument for instrument in cited)


def test_a_visitor_sees_states_ahead_late_silent_suspended_and_without_calendar(played: Ledger) -> None:
    standings = asyncio.run(standings_of_the_institutes(played))
    seen = Counter(one for state in standings.values() for one in state)
    without_dates = {
        code for code, state in standings.items() if set(state) <= {"undated", "estimated", "not_counted"}
    }

    assert {
        "done_on_time",
        "done_late",
        "done_ahead",
        "reported_unfinished",
        "without_report",
        "suspended",
    } <= set(seen)
    assert len(without_dates) >= 3
    assert "MX-COA" in without_dates


async def standings_of_the_institutes(ledger: Ledger) -> dict[str, list[Standing]]:
    """Return how the activities of each state's own institute stand."""
    found: dict[str, list[Standing]] = {}
    for stored in ledger.log.read(0, 100_000):
        if stored.type == "MilestonePlanned.v1" and "/pel-" in stored.stream:
            milestone = (await ledger.load(MILESTONE, stored.stream)).state
            assert milestone.plan is not None
            if milestone.plan.responsible == "OPL":
                found.setdefault(milestone.plan.territory, []).append(standing(milestone, NOW))
    return found


def test_nothing_is_told_of_what_is_reported_elsewhere() -> None:
    told = {milestone_stream(act.process, act.milestone) for act in acts()}

    assert "milestone/pel-2026-2027-jal/L020" not in told
    assert history([], NOW, 2027) == []
