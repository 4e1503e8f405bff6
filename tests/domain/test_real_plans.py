"""The 33 real plans of 2026-2027, opened: nothing impossible, nothing borrowed, nothing a state cannot have.

What each date must be is in `tests.domain.test_catalogue`; here is what must hold between them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache

import pytest

from domain.calendar import closes_at, opens_at
from domain.entity import FEDERATION, entities
from domain.milestone_events import MilestonePlanned
from domain.plan import Opening, calendar_of, opening
from domain.procedure import procedures
from domain.variant import plan_for

CYCLE = "2026-2027"
TERRITORIES = (FEDERATION, *entities())


@cache
def plan(territory: str) -> Opening:
    kind = "federal_election" if territory == FEDERATION else "local_election"
    return opening(plan_for(kind, territory, CYCLE), territory, CYCLE)


def by_full_id() -> Mapping[str, MilestonePlanned]:
    """Return every milestone of the 33 plans by process and id."""
    return {
        f"{plan(territory).process}/{key}": row
        for territory in TERRITORIES
        for key, row in plan(territory).milestones.items()
    }


def pairs(territory: str) -> Iterator[tuple[MilestonePlanned, MilestonePlanned, bool]]:
    """Yield each dated milestone, each dated one it follows, and whether an article requires that order.

    A state's part follows its own state's part or the country's; the country's follows every state's.
    """
    rows: dict[str, list[MilestonePlanned]] = {}
    for row in plan(territory).milestones.values():
        rows.setdefault(row.row, []).append(row)
    for row in plan(territory).milestones.values():
        for link in row.after:
            for before in rows[link.row]:
                near = before.territory == row.territory or FEDERATION in {before.territory, row.territory}
                if near and not link.start_to_start and row.schedule.due and before.schedule.due:
                    yield row, before, bool(link.requires)


def ends_at(row: MilestonePlanned) -> datetime:
    """Return the end of a milestone's due day in one zone for all, so that only days and hours are compared."""
    assert row.schedule.due
    return closes_at(row.schedule.due, "America/Mexico_City")


@pytest.mark.parametrize("territory", TERRITORIES)
def test_no_row_is_impossible_to_finish_in_time(territory: str) -> None:
    """No step ends before one it follows, save the first months of a recurring duty where no article forbids it.

    The monthly sessions (F008) begin with the local councils, before the last district council is installed (F007).
    """
    for row, before, required in pairs(territory):
        if row.occurrence and not required:
            continue
        assert ends_at(before) <= ends_at(row), (before.row, row.row, row.territory)


@pytest.mark.parametrize("territory", TERRITORIES)
def test_the_last_of_a_recurring_duty_ends_after_all_it_follows(territory: str) -> None:
    last: dict[tuple[str, str], str] = {}
    for row in plan(territory).milestones.values():
        last[row.row, row.territory] = max(last.get((row.row, row.territory), ""), row.occurrence)
    for row, before, _ in pairs(territory):
        if row.occurrence == last[row.row, row.territory]:
            assert ends_at(before) <= ends_at(row), (before.row, row.row, row.territory)


@pytest.mark.parametrize("territory", TERRITORIES)
def test_nothing_ends_before_it_starts(territory: str) -> None:
    for row in plan(territory).milestones.values():
        if row.schedule.starts and row.schedule.due:
            assert opens_at(row.schedule.starts, "America/Mexico_City") <= ends_at(row), row.row


def test_the_plans_have_dates_and_links_enough_for_the_test_above_to_mean_something() -> None:
    compared = [(before.row, row.row) for territory in TERRITORIES for row, before, _ in pairs(territory)]
    assert len(compared) > 1000
    assert len(set(compared)) > 50
    assert any(required for _, _, required in pairs(FEDERATION))


def test_everything_required_or_the_same_is_a_milestone_of_these_plans() -> None:
    known = by_full_id()
    for full, row in known.items():
        process = full.partition("/")[0]
        for needed in row.required:
            name = needed.milestone if "/" in needed.milestone else f"{process}/{needed.milestone}"
            assert name in known, (full, name)
            assert needed.basis, full
        for same in row.same_as:
            assert same in known, (full, same)
            assert known[same].territory in {row.territory, FEDERATION}, (full, same)


def test_every_row_is_dated_or_says_why_not_in_both_languages() -> None:
    for full, row in by_full_id().items():
        assert row.schedule.explanation.es.strip(), full
        assert row.schedule.explanation.en.strip(), full
        assert (row.schedule.due is None) == (row.schedule.basis is None) or row.schedule.source, full


@pytest.mark.parametrize("territory", entities())
def test_a_state_takes_dates_only_from_law_or_from_its_own_calendar(territory: str) -> None:
    opened = plan(territory)
    own = calendar_of(opened.process)
    for row in opened.milestones.values():
        assert row.territory == territory
        if row.schedule.source:
            assert row.schedule.source == own[row.row].source.es
        if not own:
            assert row.schedule.rests_on not in {"calendar", "reported"}, row.row
            assert not row.schedule.official, row.row


def test_states_without_a_calendar_that_elect_alike_have_the_same_dates() -> None:
    without = [code for code in entities() if not calendar_of(plan(code).process)]
    groups: dict[frozenset[str], set[tuple[tuple[str, str | None, str | None], ...]]] = {}
    for code in without:
        rows = plan(code).milestones
        dates = tuple((key, row.schedule.starts, row.schedule.due) for key, row in rows.items())
        groups.setdefault(frozenset(rows), set()).add(dates)
    assert len(without) >= 28
    assert all(len(dates) == 1 for dates in groups.values())


def test_the_quick_count_of_the_governor_is_only_in_the_17_states_that_elect_one() -> None:
    quick_count = next(
        step for step in procedures()["local_election"].steps if step.name.en == "Quick count for governor"
    )
    have_it = {code for code in entities() if quick_count.id in plan(code).milestones}

    assert have_it == {code for code, entity in entities().items() if entity.facts["elects_governor"]}
    assert len(have_it) == 17


def test_coahuila_opens_to_be_confirmed_with_its_doubt_and_nobody_else_does() -> None:
    doubtful = {code for code in TERRITORIES if not plan(code).opened.confirmed}
    assert doubtful == {"MX-COA"}
    doubt = plan("MX-COA").opened.doubt
    assert doubt is not None
    assert doubt.es.startswith("Por confirmar")
    assert doubt.en.startswith("To be confirmed")
    assert all(plan(code).opened.doubt is None for code in TERRITORIES if code != "MX-COA")


def test_2027_ends_with_a_conclusion_not_with_a_presidential_opinion() -> None:
    for territory in TERRITORIES:
        last = plan(territory).opened.stages[-1]
        assert "dictamen" not in last.name.es.lower()
        assert last.name.es == "Conclusión"


def test_every_milestone_is_of_a_stage_of_its_process_and_in_a_known_zone() -> None:
    zones = {entity.zone for entity in entities().values()}
    for territory in TERRITORIES:
        stages = {stage.id for stage in plan(territory).opened.stages}
        for row in plan(territory).milestones.values():
            assert row.stage in stages, row.row
            assert row.zone in zones, row.row


def test_opening_twice_gives_the_very_same_plan() -> None:
    for territory in (FEDERATION, "MX-JAL", "MX-COA"):
        kind = "federal_election" if territory == FEDERATION else "local_election"
        assert opening(plan_for(kind, territory, CYCLE), territory, CYCLE) == plan(territory)
