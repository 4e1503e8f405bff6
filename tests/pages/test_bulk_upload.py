"""Reporting by file on the pages: looked at first, then recorded, the same bytes, once."""

from __future__ import annotations

import csv
import io
import re
from itertools import permutations
from typing import get_args

import pytest
from httpx2 import Response
from python_calamine import CalamineWorkbook

from api.batches.answer import ChangeOfRow, _told
from api.settings import Language
from api.view.row_changes import changes_in_words
from domain.deadline import DateBasis
from domain.milestone import Milestone, Status
from tests.pages.site import text_of
from tests.pages.staff import Desk, appoint, enrolled, signed_in

PROCESS = "pel-2026-2027-jal"
SPOKEN_VALUES = {"status", "basis", "started_at", "completed_at", "announced_at"}
HEADINGS = "proceso,actividad,reporte,ocurrió,nota\n"


def form_key(desk: Desk) -> str:
    found = re.search(r'name="form_key" value="([0-9a-f]+)"', desk.get("/trabajo/carga").text)
    assert found is not None
    return found[1]


def send(desk: Desk, content: bytes, *, mode: str = "all_or_nothing", key: str | None = None) -> Response:
    return desk.client.post(
        f"{desk.site.address}/trabajo/carga",
        data={"form_key": form_key(desk) if key is None else key, "mode": mode},
        files={"file": ("avances.csv", content, "text/csv")},
        headers={"Accept": "text/html"},
    )


def hidden(page: Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)">\s*(?:<input|<button|<p>)', page.text)
    assert found is not None, text_of(page.text)
    return found[1]


def confirm(desk: Desk, looked_at: Response) -> Response:
    fields = {name: hidden(looked_at, name) for name in ("sha256", "mode")}
    return desk.post("/trabajo/carga/registro", {**fields, "form_key": form_key(desk)})


def open_activities(desk: Desk) -> list[str]:
    """Return activities of Jalisco nobody reported on and nothing is waited for."""
    listed = desk.get(f"/trabajo/plantilla.csv?proceso={PROCESS}").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(listed)))
    return [row["actividad"] for row in rows if row["estado"] == "por iniciar"]


def line(activity: str, report: str = "inicio") -> str:
    return f"{PROCESS},{activity},{report},2026-11-20T12:30:00-06:00,Por archivo\n"


def test_a_file_is_looked_at_first_and_then_recorded_and_never_twice(desk: Desk) -> None:
    log = desk.site.resources.ledger.log
    content = (HEADINGS + "".join(line(one) for one in open_activities(desk)[:3])).encode()
    head = log.head().position

    looked_at = send(desk, content)
    assert looked_at.status_code == 200, text_of(looked_at.text)
    assert "3 reportes se registrarían" in looked_at.text
    assert "Situación: por iniciar → en proceso de ejecución" in looked_at.text
    assert "Inició: — → 20/11/2026 12:30 (hora del centro)" in looked_at.text
    assert log.head().position == head

    recorded = confirm(desk, looked_at)
    assert "3 reportes registrados" in recorded.text
    assert log.head().position == head + 3
    assert log.read(head, 1)[0].author_post == "Enlace de seguimiento"

    again = confirm(desk, looked_at)
    assert "3 reportes registrados" in again.text
    assert log.head().position == head + 3


def test_wrong_rows_are_shown_in_words_and_the_others_can_be_recorded_alone(desk: Desk) -> None:
    activity = open_activities(desk)[5]
    content = (HEADINGS + line(activity) + line("L999") + line(activity, "otra cosa")).encode()

    looked_at = send(desk, content)
    recorded = confirm(desk, looked_at)

    assert "No hay una actividad L999" in looked_at.text
    assert "No es un tipo de reporte" in looked_at.text
    assert "2 filas no pueden registrarse" in looked_at.text
    assert "Un reporte registrado" in recorded.text
    assert "2 filas rechazadas" in recorded.text


def test_the_check_can_be_saved_as_csv(desk: Desk) -> None:
    looked_at = send(desk, (HEADINGS + line("L999")).encode())
    found = re.search(r"/trabajo/carga/[0-9a-f]{64}\.csv", looked_at.text)
    assert found is not None

    rows = list(csv.DictReader(io.StringIO(desk.get(found[0]).content.decode("utf-8-sig"))))

    assert [(row["milestone"], row["outcome"]) for row in rows] == [("L999", "refused")]
    assert rows[0]["message"].startswith("No hay una actividad L999")


def test_a_file_that_cannot_be_read_is_refused_on_the_page(desk: Desk) -> None:
    answer = send(desk, b"%PDF-1.7 not a sheet")

    assert answer.status_code == 422
    assert "El archivo es un PDF" in answer.text


def test_nobody_confirms_what_somebody_else_sent(desk: Desk) -> None:
    looked_at = send(desk, (HEADINGS + line(open_activities(desk)[6])).encode())
    other = enrolled(desk.site)
    appoint(desk.site, other)

    with signed_in(desk.site, other) as another:
        assert confirm(another, looked_at).status_code == 404


def test_a_file_from_another_site_is_refused(desk: Desk) -> None:
    assert send(desk, HEADINGS.encode(), key="0" * 32).status_code == 403


def test_rows_of_another_territory_are_refused(desk: Desk) -> None:
    content = HEADINGS + line(open_activities(desk)[7]).replace(PROCESS, "pel-2026-2027-son")

    assert "nadie habla por otro territorio" in send(desk, content.encode()).text


@pytest.mark.parametrize("lang", ["es", "en"])
def test_the_template_comes_back_as_it_went(desk: Desk, lang: str) -> None:
    made = desk.get(f"/trabajo/plantilla.xlsx?proceso={PROCESS}&lang={lang}").content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(made)).get_sheet_by_index(0).to_python()

    assert rows[0][:2] == (["proceso", "actividad"] if lang == "es" else ["process", "milestone"])
    assert {row[0] for row in rows[1:]} == {PROCESS}
    assert "Ninguna fila del archivo reporta algo" in send(desk, made).text


def test_the_page_is_whole_in_both_languages(desk: Desk) -> None:
    assert "Report by file" in desk.get("/trabajo/carga?lang=en").text
    assert "Reportar por archivo" in desk.get("/trabajo/carga").text


@pytest.mark.parametrize("language", ["es", "en"])
def test_everything_a_row_may_change_has_words_and_no_value_is_a_programs(language: Language) -> None:
    told = [ChangeOfRow(field, None, "7") for field in _told(Milestone()) if field not in SPOKEN_VALUES]
    statuses = [ChangeOfRow("status", before, after) for before, after in permutations(get_args(Status), 2)]
    bases = [ChangeOfRow("basis", None, basis) for basis in get_args(DateBasis)]
    instants = [ChangeOfRow("completed_at", None, "2026-11-20T18:30:00+00:00")]
    words = changes_in_words([*told, *statuses, *bases, *instants], language)

    assert "_" not in words
    assert ("12:30 (hora del centro)" if language == "es" else "12:30 (Mexico City time)") in words
