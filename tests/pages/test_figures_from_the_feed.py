"""Every figure of the national page and of the 32 states' equals a count made from the published events alone.

The count (`tests.counting`) reads what anybody can: the feed, page by page to its end. What is told of a single
activity (its dates, its delay) and what comes from no event (seats, districts) is not counted here.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from api.playing import play
from ledger.embedded import EmbeddedPostgres
from tests.counting import Count, Document, count
from tests.database import fresh_database
from tests.pages.expected import FIGURES, Nation, State, states
from tests.pages.odd_cases import BODY, reports
from tests.pages.printed import national_page, state_page, table_of_states
from tests.pages.site import NOW, Site, running_site

Numbered = tuple[int, Document]
"""A published document and its position."""

FEED_PAGE_EVENTS = 1_500
ELECTION_NIGHT = datetime(2027, 6, 7, 5, 30, tzinfo=UTC)
"""Half past eleven in the capital: the day is over in Quintana Roo, and not yet in Sonora."""

PLACES_IN_THE_LOG = ("position", "last_activity_at", "latest")
"""What tells where the last event is: it would give a missing one away even if nothing were counted."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was published up to a moment, the instant it is judged at, and what the site says then."""

    documents: list[Numbered]
    at: datetime
    said: dict[str, Any]


@pytest.fixture(scope="module")
def odd_site(postgres_18: EmbeddedPostgres, told_calendar: str) -> Iterator[Site]:
    """The site over the simulated history and the awkward cases after it."""
    with fresh_database(postgres_18, told_calendar) as url, running_site(url) as site:
        odd = list(reports(count(feed(site), NOW), NOW))
        assert asyncio.run(play(site.resources.ledger, odd, NOW)) == len(odd)
        site.resources.projector().catch_up()
        yield site


@pytest.fixture(scope="module")
def documents(odd_site: Site) -> list[Numbered]:
    return feed(odd_site)


@pytest.fixture(scope="module")
def today(odd_site: Site, documents: list[Numbered]) -> Moment:
    return Moment(documents, NOW, said(odd_site))


@pytest.fixture(scope="module")
def election_night(odd_site: Site, documents: list[Numbered]) -> Moment:
    with running_site(odd_site.resources.database_url, ELECTION_NIGHT) as site:
        return Moment(documents, ELECTION_NIGHT, said(site))


@pytest.fixture(scope="module")
def earlier(odd_site: Site, documents: list[Numbered]) -> Moment:
    """What was known before the last 500 events."""
    position, last = documents[-501]
    return Moment(documents[:position], datetime.fromisoformat(last["time"]), said(odd_site, str(position)))


def feed(site: Site) -> list[Numbered]:
    """Read the log by its published lines, page by page until one is empty: positions have no gaps."""
    lines: list[bytes] = []
    while True:
        query = f"?after={len(lines)}&limit={FEED_PAGE_EVENTS}"
        page = site.client.get(f"{site.address}/api/v1/events{query}").content.splitlines()
        if not page:
            return [(position, json.loads(line)) for position, line in enumerate(lines, start=1)]
        lines += page


def said(site: Site, moment: str = "") -> dict[str, Any]:
    """Return every figure the API and the pages tell at a moment, each under a name."""
    asked, al = ({"as_of": moment}, f"?al={moment}") if moment else ({}, "?")
    nation = site.data("/entities/MX/status", **asked)
    found = {
        "the API": nation,
        "/": national_page(site.get(f"/{al}").text),
        "/?vista=tabla": table_of_states(site.get(f"/{al}&vista=tabla").text),
    }
    for entity in nation["entities"]:
        code = entity["code"]
        found[f"the API on {code}"] = entity
        found[f"/entidades/{code}"] = state_page(site.get(f"/entidades/{code}{al}").text)
    return found


def counted(count: Count) -> dict[str, Any]:
    """Return the same figures by the independent count."""
    nation, each = Nation(count), [State(count, code) for code in states(count)]
    return {
        "the API": nation.api(),
        "/": nation.page(),
        "/?vista=tabla": [state.line() for state in each],
        **{f"the API on {state.code}": state.api() for state in each},
        **{f"/entidades/{state.code}": state.page() for state in each},
    }


def disagreements(moment: Moment, documents: list[Numbered]) -> dict[str, Any]:
    """Return what is said otherwise than counted, as (counted, said)."""
    expected = counted(count(documents, moment.at))
    assert len(moment.said) == 3 + 2 * 32
    found: dict[str, Any] = {}
    for where, figures in expected.items():
        told = moment.said[where]
        if isinstance(figures, dict):
            pairs = {f"{where}: {name}": (value, told[name]) for name, value in figures.items()}
        else:
            pairs = {where: (figures, told)}
        found |= {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    return found


@pytest.mark.parametrize("when", ["today", "election_night", "earlier"])
def test_every_figure_equals_a_count_of_the_published_events(
    when: str, request: pytest.FixtureRequest
) -> None:
    moment: Moment = request.getfixturevalue(when)

    assert disagreements(moment, moment.documents) == {}


def test_no_figure_is_nought_for_want_of_cases(today: Moment) -> None:
    figures = count(today.documents, NOW).figures()

    assert [name for name in FIGURES if not figures[name]] == []


def test_each_state_s_own_address_says_the_same(odd_site: Site, today: Moment) -> None:
    listed = odd_site.data("/entities")["items"]

    assert len(listed) == 32
    assert listed == [odd_site.data(f"/entities/{one['code']}/status") for one in listed]
    assert listed == [today.said[f"the API on {one['code']}"] for one in listed]


@pytest.mark.parametrize("kind", [
    "MilestonePlanned", "MilestoneStarted", "MilestoneProgressed", "MilestoneCompleted", "MilestoneSuspended",
    "MilestoneResumed", "MilestoneCancelled", "MilestoneClosedAsNotApplicable", "MilestoneReopened",
    "MilestoneDated", "MilestoneRedated", "MilestoneCorrected",
])  # fmt: skip
def test_an_event_that_is_missing_from_the_feed_is_noticed(today: Moment, kind: str) -> None:
    """The control: one event less, and the API, the national page and a state's each say otherwise."""
    missing = last_of(kind, today.documents)
    rest = [numbered for numbered in today.documents if numbered[0] != missing[0]]
    found = [name for name in disagreements(today, rest) if not name.endswith(PLACES_IN_THE_LOG)]

    assert any(name.startswith("the API: ") for name in found)
    assert any(name.startswith("/: ") for name in found)
    assert any(name.startswith("/entidades/") for name in found)


def last_of(kind: str, documents: list[Numbered]) -> Numbered:
    """Return the last event of a kind among the awkward cases; of the plan, a row nothing else is said of."""
    if kind != "MilestonePlanned":
        return [one for one in documents if one[1]["type"] == f"{kind}.v1" and one[1]["body"] == BODY][-1]
    said_of = Counter(document["subject"] for _, document in documents)
    return [one for one in documents if one[1]["type"] == f"{kind}.v1" and one[1]["data"]["kind"] == "act"
            and one[1]["data"]["territory"] != "MX" and said_of[one[1]["subject"]] == 1][-1]  # fmt: skip
