"""Other elections than those of 2026-2027, by HTTP: a presidential year, those a call sets, and one that is off."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import uuid4

from httpx2 import Response

from api.courses import legal_time
from domain.legal_time import UnderWay
from domain.procedure import procedures
from ledger.ledger import View
from tests.api.harness import ACT, Api

PROCESSES = "/api/v1/processes"
CALL = {"instrument": "Decreto 412", "election_day": "2027-11-28", "matter": "Ayuntamiento de Irimbo"}
IRIMBO = {"kind": "extraordinary_election", "territory": "MX-MIC", "cycle": "2027", "call": CALL}


def open_process(api: Api, **body: Any) -> Response:
    headers = {
        "Authorization": f"Bearer {api.token('administrator', 'MX')}",
        "Idempotency-Key": str(uuid4()),
    }
    return api.client.post(PROCESSES, json={"occurred_at": ACT, **body}, headers=headers)


def told(api: Api, path: str) -> Any:
    """Return a resource once the pages' projections have come to it: a plan of 2,800 activities takes them seconds."""
    answer = api.read(path)
    for _ in range(30):
        if answer.status_code != 503:
            break
        answer = api.read(path)
    return answer.json()


def under_way(api: Api, territory: str, years: range) -> Sequence[UnderWay]:
    """Return when, for a complaint in a territory, an electoral process was under way."""

    async def ask() -> Sequence[UnderWay]:
        view = View(api.resources.ledger, fresh=True)
        found = await legal_time(view, procedures()["ordinary_sanctioning"], territory, years)
        return found.processes

    assert api.client.portal is not None
    return api.client.portal.call(ask)


def test_the_election_of_2030_is_opened_with_its_presidency_and_its_senate(api: Api) -> None:
    answer = open_process(api, kind="federal_election", territory="MX", cycle="2029-2030")
    process = told(api, f"{PROCESSES}/pef-2029-2030")
    opinion = api.read(f"{PROCESSES}/pef-2029-2030/milestones/F226").json()
    senators = api.read(f"{PROCESSES}/pef-2029-2030/milestones/F203-JAL").json()

    assert answer.status_code == 201, answer.text
    assert (process["election_day"], process["called_by"]) == ("2030-06-02", None)
    assert process["stages"][-1]["name"]["es"] == "Dictamen y declaraciones de validez"
    assert (opinion["due"], opinion["basis"][0]) == ("2030-09-06", "CPEUM 99 fr. II")
    assert (senators["starts"], senators["due"]) == ("2030-02-15", "2030-02-22")
    assert process["milestones"] > api.read(f"{PROCESSES}/pef-2026-2027").json()["milestones"]


def test_an_election_opened_ahead_of_its_years_takes_nobody_s_place_before_they_begin(api: Api) -> None:
    open_process(api, kind="federal_election", territory="MX", cycle="2029-2030")
    told(api, f"{PROCESSES}/pef-2029-2030")

    page = api.client.get("/?lang=es").text
    assert (
        api.read("/api/v1/entities/MX/status").json()["federal"]
        == told(api, f"{PROCESSES}/pef-2026-2027")["tally"]
    )
    assert "6 de junio de 2027" in page
    assert "2 de junio de 2030" not in page


def test_an_extraordinary_election_is_opened_with_its_call_and_shown(api: Api) -> None:
    first, again = open_process(api, **IRIMBO), open_process(api, **IRIMBO)
    second = open_process(
        api, **{**IRIMBO, "call": {**CALL, "matter": "Ayuntamiento de Tuxpan", "number": 2}}
    )
    process = api.read(f"{PROCESSES}/pee-2027-mic-1").json()
    listed = api.read(f"{PROCESSES}?kind=extraordinary_election").json()["items"]

    assert (first.status_code, again.json()["changed"], second.status_code) == (201, False, 201)
    assert (process["called_by"], process["matter"]) == ("Decreto 412", "Ayuntamiento de Irimbo")
    assert [row["id"] for row in listed] == ["pee-2027-mic-1", "pee-2027-mic-2"]
    assert api.read(f"{PROCESSES}/pee-2027-mic-1/milestones/E09").json()["due"] == "2027-11-13"
    table = csv.DictReader(io.StringIO(api.read(PROCESSES, Accept="text/csv").text))
    assert [line["called_by"] for line in table][-2:] == ["Decreto 412"] * 2
    page = api.client.get("/procesos/pee-2027-mic-1?lang=es").text
    assert "La convoca: Decreto 412." in page
    state = api.client.get("/entidades/MX-MIC?lang=es").text
    assert 'href="/procesos/pee-2027-mic-1' in state
    assert "Ayuntamiento de Tuxpan" in state
    assert "pee-2027-mic" not in api.client.get("/entidades/MX-JAL?lang=es").text


def test_a_report_is_made_on_it_as_on_any_other(api: Api) -> None:
    open_process(api, **IRIMBO)
    done = api.write(f"{PROCESSES}/pee-2027-mic-1/milestones/E01/completion", {"instrument": "Decreto 412"})
    early = api.write(f"{PROCESSES}/pee-2027-mic-1/milestones/E14/completion", {"instrument": "x"})

    assert done.status_code == 200, done.text
    assert (early.status_code, early.json()["rule"]) == (422, "required-predecessor-open")


def test_it_adds_nothing_to_the_figures_of_its_state(api: Api) -> None:
    before = api.read("/api/v1/entities/MX-JAL/status").json()["local"]
    open_process(api, **{**IRIMBO, "territory": "MX-JAL"})

    assert api.read("/api/v1/entities/MX-JAL/status").json()["local"] == before


def test_all_days_count_in_its_state_while_it_is_under_way(api: Api) -> None:
    assert under_way(api, "MX-OAX", range(2026, 2029)) == []
    open_process(api, **{**IRIMBO, "territory": "MX-OAX"})

    assert under_way(api, "MX-OAX", range(2026, 2029)) == [UnderWay(date(2026, 11, 20))]
    assert under_way(api, "MX-SON", range(2026, 2029)) == [], "it is under way in its own state alone"
    closed = api.write(f"{PROCESSES}/pee-2027-oax-1/closing", {"instrument": "TEEO-JIN-1/2027"})
    assert closed.status_code == 200, closed.text
    assert under_way(api, "MX-OAX", range(2026, 2029)) == [UnderWay(date(2026, 11, 20), date(2026, 11, 20))]


def test_one_whose_vote_was_in_december_still_counts_in_january(api: Api) -> None:
    call = {**CALL, "election_day": "2026-12-06"}
    open_process(api, **{**IRIMBO, "territory": "MX-TAM", "cycle": "2026", "call": call})

    assert under_way(api, "MX-TAM", range(2027, 2029)) == [UnderWay(date(2026, 11, 20))]


def test_the_election_of_judges_is_refused_until_an_instrument_calls_it(api: Api) -> None:
    asked = {"kind": "judicial_election", "territory": "MX", "cycle": "2027-2028"}
    refused = open_process(api, **asked)
    called = open_process(api, **asked, call={"instrument": "Decreto publicado en el DOF"})

    assert (refused.status_code, refused.json()["rule"]) == (422, "procedure-off")
    assert "infobae" in refused.json()["detail"]
    assert called.status_code == 201, called.text
    assert api.read(f"{PROCESSES}/pej-2027-2028/milestones/J07").json()["due"] == "2028-02-12"


def test_a_plan_that_is_off_says_so_where_procedures_are_listed(api: Api) -> None:
    row = api.read("/api/v1/procedures/judicial_election").json()

    assert "no se leyó" in row["off"]["es"]
    assert "infobae" in row["off_source"]
    for path in ("/procedimientos?lang=es", "/procedimientos/judicial_election?lang=es"):
        page = api.client.get(path).text
        assert "Apagado." in page
        assert "de 2027 a 2028" in page


def test_the_plan_of_the_federal_election_tells_what_differs_in_a_presidential_year(api: Api) -> None:
    (variant,) = api.read("/api/v1/procedures/federal_election/variants").json()["items"]
    by_id = {row["id"]: row for row in variant["differences"]}
    page = api.client.get("/procedimientos/federal_election?lang=es").text

    assert (variant["territory"], variant["steps"]) == (None, 153)
    assert by_id["F040"]["difference"] == "removed"
    assert by_id["F226"]["step"]["due"]["rule"] == "6 september, election year"
    assert (by_id["F080"]["difference"], "starts" in by_id["F080"]["changes"]) == ("changed", True)
    assert "Qué cambia en la elección de 2030, y cada 6 años desde entonces" in page
    assert "Campañas electorales (90 días)" in page
    assert api.read("/api/v1/procedures/voter_card/variants").json()["items"] == []
