"""The fourteen functions on the pages of the country and of the states: what the projection says, and reachable."""

from __future__ import annotations

import re
from typing import Any

import pytest

from api.settings import Language
from domain.entity import entities
from domain.systems import systems
from projections.moment import AsOf
from projections.systems import SystemRow, list_systems
from projections.tally import Tally
from tests.pages.site import NOW, Site, text_of
from tests.pages.test_procedures import faults

STANDARDS = 3
TILE = re.compile(r'<li id="funcion-(\d+)">(.*?)</li>', re.DOTALL)
WORDS: dict[Language, dict[str, str]] = {
    "es": {
        "open": r"([\d,]+) expedientes? en curso",
        "closed": r"([\d,]+) (?:expedientes? )?cerrados?\b",
        "steps": r"De ([\d,]+) pasos? vencidos? a la fecha: ([^.]*)\.",
        "activities": r"([\d,]+) actividad(?:es)? de elecciones",
        "election": r"De ([\d,]+) vencidas? a la fecha: ([^.]*)\.",
        "nothing": "Sin actividad registrada.",
    },
    "en": {
        "open": r"([\d,]+) case files? under way",
        "closed": r"([\d,]+) (?:case files? )?closed",
        "steps": r"Of ([\d,]+) steps? due to date: ([^.]*)\.",
        "activities": r"([\d,]+) election activit(?:y|ies)",
        "election": r"Of ([\d,]+) due to date: ([^.]*)\.",
        "nothing": "No activity recorded.",
    },
}


def told(tile: str, language: Language) -> dict[str, Any]:
    """Return the figures of one function as the page says them."""
    said, words = text_of(tile), WORDS[language]
    found = {name: re.search(words[name], said) for name in words if name != "nothing"}
    return {
        **{name: _number(found[name]) for name in ("open", "closed", "activities")},
        **{name: _standings(found[name]) for name in ("steps", "election")},
        "nothing": words["nothing"] in said,
    }


def _number(found: re.Match[str] | None) -> int:
    return int(found[1].replace(",", "")) if found else 0


def _standings(found: re.Match[str] | None) -> list[int]:
    """Return what is due and, sorted, how that stands: what there is none of is not said."""
    parts = re.findall(r"\d[\d,]*", found[2]) if found else []
    return [_number(found), *sorted(int(part.replace(",", "")) for part in parts)]


def expected(row: SystemRow) -> dict[str, Any]:
    """Return the same figures as the projection has them."""
    return {
        "open": row.cases_open,
        "closed": row.cases_closed,
        "activities": row.election_milestones.counted,
        "steps": _due(row.case_milestones) if row.cases_open or row.cases_closed else [0],
        "election": _due(row.election_milestones),
        # The third function is the comparison of the states' plans, which is always there to see.
        "nothing": row.number != STANDARDS
        and not (row.cases_open or row.cases_closed or row.election_milestones.counted),
    }


def _due(tally: Tally) -> list[int]:
    parts = (
        tally.done_on_time, tally.done_late, tally.reported_unfinished, tally.without_report, tally.suspended,
    )  # fmt: skip
    assert tally.due == sum(parts)
    return [tally.due, *sorted(part for part in parts if part)]


def rows_of(site: Site, territory: str | None) -> list[SystemRow]:
    with site.resources.readers.connection() as connection:
        return list_systems(connection, AsOf(None, NOW), territory)


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("territory", [None, "MX-JAL", "MX-CMX", "MX-COA"])
def test_each_function_has_the_projection_s_figures(
    docket: Site, territory: str | None, language: Language
) -> None:
    path = f"/entidades/{territory}" if territory else "/"
    page = docket.get(f"{path}?lang={language}").text
    tiles = TILE.findall(page)

    assert [told(tile, language) for _, tile in tiles] == [
        expected(row) for row in rows_of(docket, territory)
    ]
    assert faults(page) == []


def test_the_figures_are_not_all_noughts(docket: Site) -> None:
    """The control: the cases of these tests fill most functions, and leave some without activity."""
    country, jalisco = ([expected(row) for row in rows_of(docket, place)] for place in (None, "MX-JAL"))

    assert sum(bool(one["open"]) for one in country) >= 12
    assert sum(len(one["steps"]) > 2 for one in country) >= 8
    assert any(one["nothing"] for one in jalisco)


def test_the_list_behind_each_count_of_cases_is_that_of_the_function(docket: Site) -> None:
    for row in rows_of(docket, "MX-JAL"):
        for status, number in (("en-curso", row.cases_open), ("cerrado", row.cases_closed)):
            said = text_of(docket.get(f"/expedientes?funcion={row.id}&entidad=MX-JAL&estado={status}").text)
            shown = re.search(r"([\d,]+) expedientes?\b[^.]*\.", said)
            unseen = re.search(r"Otros? ?([\d,]*) de la misma función", said)
            hidden = int(unseen[1] or "1") if unseen else 0

            assert shown is not None
            assert int(shown[1]) + hidden == number, (row.id, status)


@pytest.mark.parametrize("path", ["/", *(f"/entidades/{code}" for code in entities())])
def test_every_function_and_its_cases_are_two_clicks_away(docket: Site, path: str) -> None:
    """One click to the function's place among the procedures, where the next leads to each of its procedures."""
    tiles = dict(TILE.findall(docket.get(path).text))
    procedures = docket.get("/procedimientos").text

    assert len(tiles) == len(systems())
    for system in systems().values():
        assert f'href="/procedimientos#{system.id}"' in tiles[str(system.number)]
        assert f'id="{system.id}"' in procedures
