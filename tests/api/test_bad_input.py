"""What cannot be dated says why, where the case and where the state is shown; what is refused says by which law."""

from __future__ import annotations

from projections.moment import resolve_as_of
from projections.undated_steps import undated_case_steps
from tests.api.cases import load_calendar, open_case, report
from tests.api.harness import NOW, Api, milestone
from tests.api.settlers import settled, settling

COLIMA = "MX-COL"
FACTS = [{"id": "origin", "value": "complaint"}, {"id": "matter", "value": "ordinary"}]
REASON = "para 2026 no está cargado"


def complaint(api: Api, folio: str, territory: str = COLIMA) -> str:
    """Open a complaint whose second step is counted in business days, and return the id of its case."""
    answer = open_case(
        api, kind="audit_complaint", territory=territory, folio=folio, received="2026-11-13T10:00", facts=FACTS,
        matter=None,
    )  # fmt: skip
    case = str(answer.json()["process"])
    assert report(api, case, "S01").status_code == 200
    return case


def nonconformity(api: Api, folio: str) -> str:
    """Open a case that anyone may see, whose second step is counted in business days, and return its id."""
    answer = open_case(
        api, kind="nonconformity", territory=COLIMA, folio=folio, received="2026-11-13T10:00", matter=None,
        facts=[{"id": "process_group", "value": "vote_casting"}, {"id": "source", "value": "complaint"}],
    )  # fmt: skip
    case = str(answer.json()["process"])
    assert report(api, case, "S01", body={"outcome": "major"}).status_code == 200
    return case


def page(api: Api, path: str) -> str:
    """Return a page once everything recorded so far is told."""
    api.read("/api/v1/processes")
    return api.read(path).text


def test_a_step_in_business_days_of_a_calendar_that_is_not_loaded_has_no_date_and_says_why(api: Api) -> None:
    case = nonconformity(api, "M-1")

    step = api.read(milestone("S02", case)).json()
    assert (step["due"], step["standing"]) == (None, "undated")
    assert REASON in step["explanation"]["es"]
    assert "for 2026 are not loaded" in step["explanation"]["en"]
    assert REASON in page(api, f"/expedientes/{case}")


def test_the_state_s_page_shows_the_undated_steps_of_its_cases_until_they_have_a_date(api: Api) -> None:
    case = nonconformity(api, "M-2")
    shown = page(api, f"/entidades/{COLIMA}")
    assert "Pasos de expedientes sin fecha" in shown
    assert REASON in shown
    assert case in shown
    assert case not in page(api, "/entidades/MX-SON"), "each state shows its own"
    position = api.head()

    with settling(api.resources):
        load_calendar(api, COLIMA, 2026)
        settled(api.resources)

    assert case not in page(api, f"/entidades/{COLIMA}").partition("Pasos de expedientes sin fecha")[2]
    with api.resources.readers.connection() as connection:
        past = undated_case_steps(connection, COLIMA, resolve_as_of(connection, str(position), NOW))
    assert (case, "S02") in {(row.process, row.id) for row in past}, "at that moment it had none"


def test_a_refusal_names_the_rule_the_step_and_its_law_and_says_what_to_do(api: Api) -> None:
    case = complaint(api, "M-3")

    refused = report(api, case, "S02", body={"outcome": "forgiven"})

    said = refused.json()
    assert (refused.status_code, said["rule"]) == (422, "unknown-outcome")
    assert "S02" in said["detail"]
    assert said["basis"].startswith("Reglamento de Procedimientos Sancionadores en Materia de Fiscalización")
    assert "admitted" in said["detail"], "it names what can be chosen"
