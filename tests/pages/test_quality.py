"""The indicators of quality are what one counts in the log, and the page says them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from statistics import median
from typing import get_args

import pytest

from api.settings import Language
from domain.milestone import MILESTONE, Milestone
from domain.process import CaseOpened, ProcessOpened
from domain.step import Quality
from domain.timeliness import due_at, standing
from domain.variant import rows_of
from ledger.ledger import recorded_event
from projections.indicators import RETURNED
from tests.pages.site import NOW, Site, text_of
from tests.pages.test_procedures import faults

A_DAY = 86_400


def milestones(site: Site) -> list[tuple[str, Milestone]]:
    """Return every milestone that belongs to a group, folded from the log, with its group."""
    kinds: dict[str, str] = {}
    states: dict[str, Milestone] = defaultdict(lambda: MILESTONE.initial)
    for stored in site.resources.ledger.log.read(0, 1_000_000):
        event, envelope = recorded_event(stored)
        family, _, rest = stored.stream.partition("/")
        if isinstance(event, CaseOpened | ProcessOpened):
            kinds[rest] = event.kind
        elif family == "milestone":
            states[rest] = MILESTONE.evolve(states[rest], event, envelope)
    found: list[tuple[str, Milestone]] = []
    for name, state in states.items():
        assert state.plan is not None
        group = rows_of(kinds[name.partition("/")[0]])[state.plan.row].quality
        if group:
            found.append((group, state))
    return found


@pytest.mark.parametrize("territory", [None, "MX", "MX-JAL"])
def test_every_indicator_is_what_one_counts(docket: Site, territory: str | None) -> None:
    counts: dict[str, Counter[str]] = {group: Counter() for group in get_args(Quality)}
    late: dict[str, list[float]] = defaultdict(list)
    for group, state in milestones(docket):
        assert state.plan is not None
        if territory not in {None, state.plan.territory}:
            continue
        stood = standing(state, NOW)
        counts[group]["steps"] += stood != "not_counted"
        counts[group]["done"] += state.status == "completed"
        counts[group]["on_time"] += stood in {"done_on_time", "done_ahead"}
        counts[group]["late"] += stood == "done_late"
        counts[group]["returned"] += state.outcome == RETURNED
        counts[group]["corrections"] += state.corrections
        if stood == "done_late" and state.completed and state.schedule:
            due = due_at(state.schedule, state.plan.zone)
            assert due is not None
            late[group].append((state.completed.occurred_at - due).total_seconds() / A_DAY)

    query = {"territory": territory} if territory else {}
    told = {row["quality"]: row for row in docket.data("/indicators", **query)["items"]}

    assert list(told) == list(get_args(Quality))
    for group, figures in counts.items():
        assert {name: told[group][name] for name in figures} == dict(figures), group
        wanted = round(median(late[group]), 1) if late[group] else None
        assert told[group]["median_days_late"] == wanted, group


def test_the_figures_are_not_all_noughts(docket: Site) -> None:
    rows = docket.data("/indicators")["items"]

    assert sum(row["done"] > 0 for row in rows) >= 6
    assert any(row["late"] for row in rows)


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_page_says_them(docket: Site, language: Language) -> None:
    page = docket.get(f"/calidad?lang={language}").text
    rows = docket.data("/indicators")["items"]

    assert faults(page) == []
    said = text_of(page)
    for row in rows:
        if row["on_time_percent"] is not None:
            share = rf"{row['on_time_percent']} ?% (de|of) {row['on_time'] + row['late']}"
            assert re.search(share, said), row["quality"]


def test_a_state_may_be_chosen_and_another_code_is_told(docket: Site) -> None:
    assert 'value="MX-JAL" selected' in docket.get("/calidad?entidad=MX-JAL").text
    assert docket.get("/calidad?entidad=MX-XX").status_code == 404
