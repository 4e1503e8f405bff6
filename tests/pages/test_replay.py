"""The replay room without a browser: its pages, its addresses, and that each step shows what the reads tell."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from api.view.change_words import value_words
from projections.change_fields import MILESTONE_FACTS
from tests.pages.site import FEDERAL, JALISCO, Site, text_of

SCOPES = {
    "the country": "entidad=pais",
    "what is national": "entidad=MX",
    "a state": "entidad=MX-JAL",
    "a process": f"proceso={JALISCO}",
    "an activity": f"proceso={FEDERAL}&actividad=F005-JAL",
}
NAMED = {
    "entidad=pais": {},
    "entidad=MX": {"territory": "MX"},
    "entidad=MX-JAL": {"territory": "MX-JAL"},
    f"proceso={JALISCO}": {"process": JALISCO},
    f"proceso={FEDERAL}&actividad=F005-JAL": {"process": FEDERAL, "milestone": "F005-JAL"},
}


def step_of(site: Site, scope: str, number: int) -> dict[str, Any]:
    found: dict[str, Any] = site.data("/replay", **NAMED[scope], step=str(number))
    return found


def figures_in(page: str) -> list[list[int]]:
    """Return the figures of the table of how everything stood, line by line."""
    body = page[page.index('id="state-title"') :].partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [
            int(re.sub(r"[^\d]", "", text_of(cell)))
            for cell in re.findall(r"<td[^>]*>(.*?)</td>", line, re.DOTALL)
        ]
        for line in body.split("<tr")[1:]
    ]


def as_a_line(tally: dict[str, int]) -> list[int]:
    names = ("due", "done_on_time", "done_late", "reported_unfinished", "without_report", "suspended")
    return [tally[name] for name in names]


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES.keys())
def test_a_scope_opens_at_its_last_step_with_the_event_in_words(site: Site, scope: str) -> None:
    last = site.data("/replay", **NAMED[scope])
    page = unescape(site.get(f"/auditoria?{scope}").text)

    assert last["number"] == last["steps"]
    assert f'data-number="{last["steps"]}" data-steps="{last["steps"]}"' in page
    assert f"/api/v1/events/{last['position']}/receipt" in page
    for number in (1, last["steps"] - 1):
        assert f"/auditoria?{scope}&reloj=asientos&paso={number}" in page


def test_every_step_of_a_process_shows_what_the_reads_tell_as_of_its_position(site: Site) -> None:
    scope = f"proceso={JALISCO}"
    steps = site.data("/replay", process=JALISCO)["steps"]
    for number in range(1, steps + 1):
        position = step_of(site, scope, number)["position"]
        process = site.data(f"/processes/{JALISCO}", as_of=str(position))
        page = site.get(f"/auditoria?{scope}&paso={number}").text

        wanted = [as_a_line(stage["tally"]) for stage in process["stages"]] + [as_a_line(process["tally"])]
        assert figures_in(page) == wanted, number


@pytest.mark.parametrize("number", [1, 40, 4_000])
def test_a_step_of_the_country_shows_what_the_reads_tell(site: Site, number: int) -> None:
    step = step_of(site, "entidad=pais", number)
    nation = site.data("/entities/MX/status", as_of=str(step["position"]))
    page = site.get(f"/auditoria?entidad=pais&paso={number}").text
    assert figures_in(page) == [as_a_line(nation[name]) for name in ("federal", "local", "total")]


@pytest.mark.parametrize("before_last", [0, 1, 40])
def test_a_step_of_a_state_shows_what_the_reads_tell(site: Site, before_last: int) -> None:
    steps = site.data("/replay", territory="MX-JAL")["steps"]
    step = step_of(site, "entidad=MX-JAL", steps - before_last)
    state = site.data("/entities/MX-JAL/status", as_of=str(step["position"]))
    page = site.get(f"/auditoria?entidad=MX-JAL&paso={step['number']}").text
    assert figures_in(page)[-1] == as_a_line(state["federal"])
    assert figures_in(page)[-2] == as_a_line(state["local"])


def test_every_step_of_an_activity_says_what_it_changed_row_by_row(site: Site) -> None:
    scope = f"proceso={FEDERAL}&actividad=F005-JAL"
    steps = site.data("/replay", **NAMED[scope])["steps"]
    assert steps > 2
    for number in range(2, steps + 1):
        step = step_of(site, scope, number)
        address = f"/processes/{FEDERAL}/milestones/F005-JAL"
        (row,) = site.data(
            f"{address}/changes", since=str(step["position"] - 1), until=str(step["position"])
        )["items"]
        page = unescape(site.get(f"/auditoria?{scope}&paso={number}").text)
        for one in row["fields"]:
            before, after = (value_words(one["field"], one[when], "es") for when in ("before", "after"))
            assert f"<s>{before}</s> → {after}" in page
        assert {one["field"] for one in row["fields"]} <= set(MILESTONE_FACTS)


def test_a_step_says_who_spoke_by_what_right_and_leads_to_the_proof(site: Site) -> None:
    step = step_of(site, "entidad=pais", 5_000)
    event = site.data(f"/events/{step['position']}")
    page = text_of(site.get("/auditoria?entidad=pais&paso=5000").text)

    assert event["data"] is not None
    for said in ("Quién, y con qué facultad", "Facultad", "Prueba", "Cómo estaba todo"):
        assert said in page


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        (f"proceso={JALISCO}&asiento=999999", "paso="),
        (f"proceso={JALISCO}&asiento=1", "paso=1"),
        (f"proceso={JALISCO}&paso=1&tipo=MilestoneCompleted&ir=siguiente", "paso="),
        (f"proceso={JALISCO}&reloj=hechos&paso=1", "ocurrido="),
    ],
)
def test_a_place_that_has_an_address_of_its_own_is_led_to_it(site: Site, asked: str, led: str) -> None:
    answer = site.get(f"/auditoria?{asked}")

    assert answer.status_code == 303
    assert led in answer.headers["location"]
    assert site.get(answer.headers["location"]).status_code == 200


def test_the_next_of_a_kind_is_that_and_where_there_is_none_it_is_said(site: Site) -> None:
    asked = f"proceso={JALISCO}&tipo=MilestoneCompleted"
    to = site.get(f"/auditoria?{asked}&paso=1&ir=siguiente").headers["location"]
    number = re.search(r"paso=(\d+)", to)
    assert number
    step = step_of(site, f"proceso={JALISCO}", int(number[1]))
    assert site.data(f"/events/{step['position']}")["type"].startswith("MilestoneCompleted")
    assert site.data("/replay", process=JALISCO, step="1", next_type="MilestoneCompleted") == step

    none = site.get(f"/auditoria?{asked}&paso=1&ir=anterior")
    assert none.status_code == 200
    assert "No hay otro de este tipo" in text_of(none.text)


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("proceso=nada", 404, "No hay un proceso"),
        (f"proceso={JALISCO}&actividad=Z999", 404, "No hay una actividad"),
        ("entidad=MX-XXX", 404, "No hay una entidad"),
        ("entidad=pais&paso=uno", 422, "no es un número de paso"),
        ("entidad=pais&asiento=-1", 422, "no es un número de paso"),
        (f"proceso={JALISCO}&ocurrido=2030-01-01", 200, ""),
        (f"proceso={JALISCO}&ocurrido=2030-01-01T00:00", 422, "todavía no se sabe"),
        (f"proceso={JALISCO}&reloj=hechos&ocurrido=ayer", 422, "no es un instante"),
    ],
)
def test_what_cannot_be_replayed_is_refused_in_words(site: Site, asked: str, status: int, said: str) -> None:
    answer = site.get(f"/auditoria?{asked}")

    assert answer.status_code == status
    assert said in text_of(answer.text)


def test_a_number_beyond_the_end_is_the_end(site: Site) -> None:
    steps = site.data("/replay", process=JALISCO)["steps"]
    page = site.get(f"/auditoria?proceso={JALISCO}&paso=999999").text

    assert f'data-number="{steps}"' in page


def test_what_was_known_at_a_moment_bounds_the_replay(site: Site) -> None:
    then = site.data("/replay", process=JALISCO, as_of="6000")
    page = site.get(f"/auditoria?proceso={JALISCO}&al=6000").text

    assert then["steps"] < site.data("/replay", process=JALISCO)["steps"]
    assert f'data-steps="{then["steps"]}"' in page


# Both clocks -------------------------------------------------------------------------------------------------


def test_by_what_had_happened_a_process_is_replayed_day_by_day(site: Site) -> None:
    page = site.get(f"/auditoria?proceso={JALISCO}&reloj=hechos&ocurrido=2026-10-15").text
    process = site.data(f"/processes/{JALISCO}", happened_by="2026-10-16T05:59:59.999999+00:00")

    assert figures_in(page)[-1] == as_a_line(process["tally"])
    assert "ocurrido=2026-10-15" in unescape(page) or 'value="2026-10-15"' in page


def test_a_step_by_both_clocks_is_what_had_happened_of_what_was_known(site: Site) -> None:
    step = step_of(site, f"proceso={JALISCO}", 90)
    page = site.get(f"/auditoria?proceso={JALISCO}&reloj=asientos&paso=90&ocurrido=2026-09-20T12:00").text
    process = site.data(
        f"/processes/{JALISCO}", as_of=str(step["position"]), happened_by="2026-09-20T12:00:00-06:00"
    )

    assert figures_in(page)[-1] == as_a_line(process["tally"])
    assert "lo que había ocurrido al" in text_of(page)


# The entry ---------------------------------------------------------------------------------------------------


def test_the_entry_says_what_a_log_cannot_prove_and_counts_what_is_missing(site: Site) -> None:
    page = site.get("/auditoria").text
    words = text_of(page)
    nation = site.data("/entities/MX/status")

    assert "No prueba que se haya dicho todo" in words
    assert f"<dd>{nation['total']['without_report']:,}</dd>" in page
    for address in (
        "/actividades?situacion=sin-reporte",
        "/actividades?situacion=sin-aviso",
        "/reportes-tardios",
        "/reportes-tardios?antedatados=si",
    ):
        assert f'href="{address}"' in page


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/", "entidad=pais"),
        (f"/procesos/{JALISCO}", f"proceso={JALISCO}"),
        ("/entidades/MX-JAL", "entidad=MX-JAL"),
        (f"/procesos/{JALISCO}/actividades/L001", f"proceso={JALISCO}&actividad=L001"),
    ],
)
def test_what_can_be_replayed_says_so(site: Site, path: str, scope: str) -> None:
    assert f'href="/auditoria?{scope}">Revivir</a>' in unescape(site.get(path).text)


def test_a_reserved_case_cannot_be_replayed_by_anyone(docket: Site) -> None:
    public: list[str] = []
    hidden: list[str] = []
    for one in docket.data("/cases", limit="500")["items"]:
        (public if one["docket"] == "public" else hidden).append(one["id"])

    assert public
    assert docket.get(f"/auditoria?proceso={public[0]}").status_code == 200
    for case in hidden:
        assert docket.get(f"/auditoria?proceso={case}").status_code == 404
        assert docket.client.get(f"{docket.address}/api/v1/replay?process={case}").status_code == 404


@pytest.mark.parametrize("query", ["step=1&position=1", "milestone=F001", "step=0", "next_type=x"])
def test_the_api_refuses_a_question_that_means_two_things(site: Site, query: str) -> None:
    assert site.client.get(f"{site.address}/api/v1/replay?{query}").status_code == 422
