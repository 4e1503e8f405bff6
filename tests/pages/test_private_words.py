"""What was written in a case that is not public is on no page, in no list and in no file of the site or the API."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape

import pytest

from domain.docket import REFERENCE
from tests.pages.docket import CANARIES, LISTED, PUBLIC, RESERVED, Canary
from tests.pages.site import Site

FIRST = [
    "/",
    "/?vista=tabla",
    "/entidades",
    "/entidades.csv",
    "/entidades/MX-JAL",
    "/procesos",
    "/actividades",
    "/actividades.csv",
    "/actividades?entidad=MX-JAL",
    "/expedientes",
    "/expedientes.csv",
    "/expedientes?entidad=MX-JAL",
    "/expedientes.csv?entidad=MX-JAL",
    "/expedientes?folio=canario",
    "/buscar?q=canario",
    "/procedimientos/data_rights_request",
    "/api/v1/cases?limit=500",
    "/api/v1/cases?folio=canario",
    "/api/v1/systems",
    "/api/v1/processes?limit=500",
    "/api/v1/entities",
    "/api/v1/entities/MX-JAL/status",
    "/api/v1/entities/MX/status",
]


def of_the_case(canary: Canary) -> list[str]:
    """Return every address a case has or would have."""
    return [
        f"/expedientes/{canary.id}",
        f"/procesos/{canary.id}",
        *(f"/procesos/{canary.id}/actividades/S{number:02}" for number in range(1, 9)),
        f"/api/v1/cases/{canary.id}",
        f"/api/v1/processes/{canary.id}",
        f"/api/v1/processes/{canary.id}/milestones",
        f"/api/v1/processes/{canary.id}/milestones/S01",
        f"/api/v1/processes/{canary.id}/milestones/S01/history",
        f"/api/v1/processes/{canary.id}/history",
        f"/api/v1/cases/{canary.id}/what-if?milestone=S02",
    ]


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """Yield the answer of every address that could tell of the three cases, without what was asked for."""
    for path in [*FIRST, *(path for canary in CANARIES for path in of_the_case(canary))]:
        answer = site.get(path, Accept="text/html" if "api" not in path else "*/*")
        # A page says the address it was asked at, and a search what was searched: that is the visitor's own word.
        asked = {path, path.rpartition("/")[2], *(canary.id for canary in CANARIES if canary.id in path)}
        said = unescape(answer.text)
        for word in asked:
            said = said.replace(word, "…")
        yield path, said.lower()


def found_in(site: Site, words: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return where any of these words is said."""
    return [(path, word) for path, said in pages(site) for word in words if word in said]


@pytest.mark.parametrize("canary", CANARIES, ids=["reserved", "listed", "public"])
def test_no_word_that_may_not_be_told_is_told_anywhere(docket: Site, canary: Canary) -> None:
    assert found_in(docket, canary.unsaid) == []


def test_the_search_for_words_finds_those_that_may_be_told(docket: Site) -> None:
    """The control: the same search over the same pages finds the matters and the note of the other two."""
    where = {word: [path for path, one in found_in(docket, (word,)) if one == word] for word in (
        PUBLIC.matter.lower(), LISTED.matter.lower(), PUBLIC.note.lower(), LISTED.command.folio.lower(),
    )}  # fmt: skip

    assert all(where.values())
    assert f"/expedientes/{PUBLIC.id}" in where[PUBLIC.matter.lower()]
    assert f"/procesos/{PUBLIC.id}/actividades/S01" in where[PUBLIC.note.lower()]


def test_the_feed_knows_reserved_cases_by_references_alone(docket: Site) -> None:
    """But for the one whose words were written past the rules: the log itself publishes every word it was given."""
    told = [json.loads(line) for line in docket.get("/api/v1/events", Accept="*/*").text.splitlines()]
    opened = {one["subject"].partition("/")[2]: one["data"] for one in told if "CaseOpened" in one["type"]}
    reserved = {
        id_: data for id_, data in opened.items() if data["docket"] == "reserved" and id_ != RESERVED.id
    }
    events = [one["data"] for one in told if f"{one['subject']}/".split("/")[1] in reserved]
    # What follows from a report is said in the words of the procedure.
    written = [data for data in events if not data.get("because")]
    words = {
        data[name]
        for data in written
        for name in ("instrument", "reason", "note")
        if isinstance(data.get(name), str)
    }

    assert len(reserved) > 3
    assert len(words) > 3
    assert [data["folio"] for data in reserved.values() if not REFERENCE.fullmatch(data["folio"])] == []
    assert {word for word in words if not REFERENCE.fullmatch(word)} == set()
    assert {(data["subject"], data["matter"], data["about"]) for data in reserved.values()} == {
        (None, None, None)
    }


def test_a_reserved_case_is_only_counted(docket: Site) -> None:
    function = "transparency"
    state = docket.get("/entidades/MX-JAL").text
    said = re.search(rf'funcion={function}&amp;entidad=MX-JAL&amp;estado=en-curso">(\d+) exp', state)
    rows = docket.data("/cases", system="8", territory="MX-JAL", status="open")["items"]

    assert said is not None
    assert int(said[1]) > len(rows)
    assert {docket.get(path).status_code for path in of_the_case(RESERVED)} == {404}


def test_the_steps_of_a_listed_case_are_nowhere(docket: Site) -> None:
    its_own = {f"/expedientes/{LISTED.id}", f"/api/v1/cases/{LISTED.id}"}
    of_its_steps = [path for path in of_the_case(LISTED) if path not in its_own]

    assert {docket.get(path, Accept="*/*").status_code for path in its_own} == {200}
    assert {docket.get(path).status_code for path in of_its_steps} == {404}
    assert docket.get(f"/procesos/{PUBLIC.id}/actividades/S01").status_code == 200, "a public one's are there"
