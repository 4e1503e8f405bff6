"""A body's first screen: its own calendar, looked at, explained once, recorded. The sheets are simulated."""

from __future__ import annotations

import csv
import io
import re

import pytest
from httpx2 import Response

from tests.pages.site import text_of
from tests.pages.staff import Desk

SAID = {"territory": "MX-JAL", "instrument": "IEPC-ACG-030/2026", "approved_on": "2026-11-01", "sheet": ""}


def form_key(desk: Desk) -> str:
    found = re.search(r'name="form_key" value="([0-9a-f]+)"', desk.get("/trabajo/calendario").text)
    assert found is not None
    return found[1]


def undated(desk: Desk) -> list[str]:
    """Return activities of Jalisco that have no date yet."""
    listed = desk.get("/trabajo/plantilla.csv?proceso=pel-2026-2027-jal").content.decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(listed))
    return [row["actividad"] for row in rows if not row["vencimiento"] and row["estado"] == "por iniciar"]


def send(desk: Desk, content: bytes, **said: str) -> Response:
    return desk.client.post(
        f"{desk.site.address}/trabajo/calendario",
        data={**SAID, "form_key": form_key(desk), **said},
        files={"file": ("calendario.csv", content, "text/csv")},
        headers={"Accept": "text/html"},
    )


def go_on(desk: Desk, page: Response, to: str, **more: str) -> Response:
    found = re.search(r'name="sha256" value="([0-9a-f]{64})"', page.text)
    assert found is not None, text_of(page.text)
    fields = {**SAID, "form_key": form_key(desk), "sha256": found[1], **more}
    return desk.post(f"/trabajo/calendario/{to}", fields)


def test_a_calendar_is_looked_at_explained_and_recorded(desk: Desk) -> None:
    log = desk.site.resources.ledger.log
    content = b"Tarea;Fecha tope\nLo que el plan llama de otro modo;2026-12-01\n"

    unknown_columns = send(desk, content)
    assert "¿Qué columna es cuál?" in unknown_columns.text, text_of(unknown_columns.text)
    head = log.head().position

    unknown_rows = go_on(desk, unknown_columns, "formato", column_name="Tarea", column_due="Fecha tope")
    assert "Una fila sin reconocer" in unknown_rows.text, text_of(unknown_rows.text)

    wrong = go_on(desk, unknown_rows, "formato", name_0="Lo que el plan llama de otro modo", row_0="L998")
    assert wrong.status_code == 422
    assert "no es de una actividad" in wrong.text

    known = go_on(
        desk,
        unknown_rows,
        "formato",
        name_0="Lo que el plan llama de otro modo",
        row_0=undated(desk)[0].lower(),
    )
    assert "Una fecha se registraría" in known.text, text_of(known.text)
    assert log.head().position == head + 2

    recorded = go_on(desk, known, "registro")
    assert "Una fecha registrada" in recorded.text
    assert log.head().position == head + 3
    assert log.read(head + 2, 1)[0].type == "MilestoneDated.v1"


def test_contradictions_are_on_the_page_and_the_rest_can_be_recorded(desk: Desk) -> None:
    one, other = undated(desk)[1:3]
    content = f"Clave,Actividad,Término\n{one},Bien,2026-12-01\n{other},Lejos,2035-01-01\n".encode()

    page = send(desk, content)
    kept_back = go_on(desk, page, "registro")
    recorded = go_on(desk, page, "registro", leave_out="true")

    assert "está fuera del ciclo" in page.text
    assert kept_back.status_code == 422
    assert "No se registró nada" in kept_back.text
    assert "Una fecha registrada" in recorded.text


def test_a_calendar_for_another_state_is_refused_on_the_page(desk: Desk) -> None:
    answer = send(desk, "Clave,Término\nL110,2026-12-01\n".encode(), territory="MX-SON")

    assert answer.status_code == 403
    assert "nadie habla por otro territorio" in answer.text


def test_what_is_no_sheet_and_what_is_missing_is_said(desk: Desk) -> None:
    assert "El archivo es un PDF" in send(desk, b"%PDF-1.7").text
    assert send(desk, b"a", approved_on="ayer").status_code == 422
    assert send(desk, b"a", form_key="0" * 32).status_code == 403


def test_the_page_is_whole_in_both_languages(desk: Desk) -> None:
    assert "Load the body" in desk.get("/trabajo/calendario?lang=en").text
    assert "Cargar el calendario" in desk.get("/trabajo/calendario").text


@pytest.mark.parametrize("address", ["/trabajo/calendario/registro", "/trabajo/carga/registro"])
def test_the_address_of_an_answer_leads_back_to_the_form(desk: Desk, address: str) -> None:
    answer = desk.get(f"{address}?lang=en")

    assert (answer.status_code, answer.headers["Location"]) == (303, address.rpartition("/")[0] + "?lang=en")
