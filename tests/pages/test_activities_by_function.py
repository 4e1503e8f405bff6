"""Every figure of the fourteen functions leads to its list, and the list is as long as the figure says."""

from __future__ import annotations

import re
from html import unescape

import pytest

from projections.moment import AsOf
from projections.systems import list_systems
from tests.pages.site import NOW, Site, text_of

LINK = re.compile(r'<a href="(/actividades\?[^"]*)">(.*?)</a>', re.DOTALL)
FIGURE = re.compile(r"\d[\d,]*")
LISTED = re.compile(r"([\d,]+) (?:pasos?|actividad(?:es)?)(?:;| ·)")
WITHHELD = re.compile(r"Otros? ?([\d,]*) (?:es|son) de (?:un )?expedientes? cuyos pasos")


def leading(page: str) -> list[tuple[str, int]]:
    """Return where the figures of the functions lead, and what each says."""
    functions = page.partition('id="funciones"')[2].partition("</ol>")[0]
    found = [(unescape(address), FIGURE.search(text_of(words))) for address, words in LINK.findall(functions)]
    assert all(figure for _, figure in found)
    return [(address, int(figure[0].replace(",", ""))) for address, figure in found if figure]


def length(page: str) -> int:
    """Return how long a list says it is, what is only counted included."""
    said = text_of(page)
    listed, withheld = LISTED.search(said), WITHHELD.search(said)
    number = int(listed[1].replace(",", "")) if listed else 0
    if withheld:
        number += int(withheld[1].replace(",", "")) if withheld[1] else 1
    return number


@pytest.mark.parametrize("path", ["/", "/entidades/MX-JAL", "/entidades/MX-CMX", "/?al=6500"])
def test_a_figure_of_a_function_is_the_length_of_the_list_it_leads_to(docket: Site, path: str) -> None:
    leads = leading(docket.get(path).text)
    different = {
        address: (figure, found)
        for address, figure in leads
        if (found := length(docket.get(address).text)) != figure
    }

    assert len(leads) > 5, "nothing to follow"
    assert different == {}


def test_the_figures_of_the_list_are_also_the_api_s(docket: Site) -> None:
    with docket.resources.readers.connection() as connection:
        rows = list_systems(connection, AsOf(None, NOW))
    for row in rows:
        late = docket.data("/milestones", system=str(row.number), standing="done_late", limit="500")
        steps = docket.data(
            "/milestones", system=str(row.number), standing="done_late", among="cases", limit="500"
        )
        assert len(late["items"]) == min(row.election_milestones.done_late, 500), row.number
        assert len(steps["items"]) <= row.case_milestones.done_late, "reserved ones are only counted"


def test_a_list_of_a_function_can_be_narrowed_to_a_group_of_quality(docket: Site) -> None:
    every = docket.data("/milestones", among="cases", system="7", limit="500")["items"]
    group = docket.data("/milestones", among="cases", system="7", quality="dispute_resolution", limit="500")
    of_another = docket.data("/milestones", among="cases", system="7", quality="vote_casting", limit="500")

    assert group["items"]
    assert {item["id"] for item in group["items"]} <= {item["id"] for item in every}
    assert of_another["items"] == []
