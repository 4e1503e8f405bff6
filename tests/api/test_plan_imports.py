"""A body's own calendar becomes its plan's dates. The workbooks are simulated: they are made here, and nobody's."""

from __future__ import annotations

import hashlib
import io
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
import xlsxwriter
from httpx2 import Response

from api.batches.sending import CSV, XLSX
from domain.milestone import MILESTONE, milestone_stream
from ledger.log import Tail
from tests.api.harness import JALISCO, Api, milestone

IMPORTS = "/api/v1/plan-imports"
HEADINGS = ["Clave", "Actividad", "Inicio", "Término"]


@pytest.fixture(autouse=True)
def _tokens(api: Api) -> None:
    """Tokens are events too: they are issued before anything is counted."""
    api.token()
    api.token("administrator", "MX")


def annex(**sheets: list[list[str]]) -> bytes:
    """Return a workbook with these sheets, its rows from the third on, as an annex has a title above."""
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    for name, rows in sheets.items():
        page = book.add_worksheet(name)
        page.write_string(0, 1, "Calendario (simulado)")
        for number, row in enumerate(rows, start=2):
            page.write_row(number, 1, row)
    book.close()
    return made.getvalue()


def send(api: Api, raw: bytes, *, kind: str = XLSX, token: str = "", **asked: str) -> Response:
    query = urlencode(
        {
            "territory": "MX-JAL",
            "instrument": "IEPC-ACG-1/2026",
            "approved_at": "2026-11-01T12:00:00-06:00",
            **asked,
        }
    )
    headers = {"Authorization": f"Bearer {token or api.token()}", "Content-Type": kind}
    return api.client.post(f"{IMPORTS}?{query}", content=raw, headers=headers)


def by_name(answer: Response) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in answer.json()["rows"]}


def test_a_calendar_is_looked_at_then_recorded_with_the_cells_it_came_from_and_once(api: Api) -> None:
    raw = annex(
        Jalisco=[HEADINGS, ["L010", "Uno", "2026-11-05", "2026-12-01"], ["L012", "Dos", "", "15/12/2026"]],
        Sonora=[HEADINGS, ["L010", "Uno", "", "2026-12-02"]],
    )
    head = api.head()

    looked_at = send(api, raw, dry_run="true")
    assert looked_at.json()["counts"] == {"would_be_recorded": 2}, looked_at.text
    assert api.head() == head

    recorded = send(api, raw)
    assert recorded.json()["recorded"] == 2
    assert by_name(recorded)["Dos"]["cell"] == "Jalisco!E5"
    stored = api.resources.ledger.log.read(head, 10)
    assert [event.type for event in stored] == ["MilestoneDated.v1", "MilestoneDated.v1"]
    assert len({event.command_id for event in stored}) == 1
    row = api.read(milestone("L010")).json()
    assert (row["starts"], row["due"], row["date_basis"]) == ("2026-11-05", "2026-12-01", "calendar")
    sha256 = hashlib.sha256(raw).hexdigest()
    assert row["date_source"] == f"Archivo SHA-256 {sha256}, hoja «Jalisco», celdas D4 E4"

    again = send(api, raw)
    assert (again.json()["recorded"], api.head()) == (2, head + 2)
    assert again.json()["rows"] == [{**row, "before": row["due"]} for row in recorded.json()["rows"]]


def test_a_later_calendar_moves_the_dates_of_the_one_before(api: Api) -> None:
    for due in ("2026-12-01", "2026-12-09"):
        sent = send(api, f"Clave;Actividad;Término\nL013;x;{due}\n".encode(), kind=CSV)
        assert sent.json()["recorded"] == 1, sent.text

    stream = milestone_stream(JALISCO, "L013")
    (told,) = api.resources.ledger.log.read_streams([Tail(stream)])
    assert [event.type for event in told][1:] == ["MilestoneDated.v1", "MilestoneRedated.v1"]
    assert MILESTONE.family == "milestone"


def test_rows_nobody_knows_keep_all_back_until_somebody_says_what_they_are(api: Api) -> None:
    raw = annex(Hoja=[["Núm.", "Tarea", "Fecha tope"], ["1", "Instalar el consejo", "2026-12-01"]])

    nothing_known = send(api, raw, dry_run="true")
    assert nothing_known.json()["headings"] == []

    def say(**more: Any) -> Response:
        return api.write(f"{IMPORTS}/layouts", {"territory": "MX-JAL", **more}, etag='"1"', token=api.token())

    columns = [{"heading": "Tarea", "field": "name"}, {"heading": "Fecha tope", "field": "due"}]
    assert say(columns=columns).status_code == 201
    unknown = send(api, raw)
    assert (unknown.status_code, unknown.json()["rule"]) == (422, "calendar-not-recorded")
    assert unknown.json()["counts"] == {"unknown": 1}

    said = say(rows=[{"name": "Instalar el Consejo", "milestone": "L040"}])
    assert said.status_code == 201
    assert send(api, raw).json()["recorded"] == 1
    layout = api.read(f"{IMPORTS}/layouts/MX-JAL").json()
    assert [column["heading"] for column in layout["columns"]] == ["Tarea", "Fecha tope"]


def test_contradictions_are_reported_and_the_rest_may_be_recorded_without_them(api: Api) -> None:
    raw = annex(
        JAL=[HEADINGS, ["L041", "Bien", "", "2026-12-01"], ["L045", "Al revés", "2026-12-05", "2026-12-01"],
             ["L047", "Lejos", "", "2031-01-01"], ["L048", "Una", "", "2026-12-01"], ["L048", "Otra", "", "2026-12-02"]]
    )  # fmt: skip
    head = api.head()

    kept_back = send(api, raw)
    assert (kept_back.status_code, api.head()) == (422, head)
    assert kept_back.json()["counts"] == {"would_be_recorded": 1, "contradiction": 4}

    assert send(api, raw, leave_out="true").json()["recorded"] == 1
    assert api.head() == head + 1


def test_the_sheet_of_another_state_is_not_taken(api: Api) -> None:
    other = send(api, annex(Sonora=[HEADINGS, ["L010", "x", "", "2026-12-02"]]))
    several = send(api, annex(A=[["x"]], B=[["y"]]))

    assert other.json()["rule"] == "file-of-another-territory"
    assert several.json()["rule"] == "file-which-sheet"
    assert "«A», «B»" in several.json()["detail"]


def test_nobody_imports_for_another_territory(api: Api) -> None:
    raw = annex(Jalisco=[HEADINGS, ["L010", "x", "", "2026-12-02"]])

    assert send(api, raw, token=api.token("coordinator", "MX-SON")).status_code == 403
    assert send(api, b"%PDF-1.7").json()["rule"] == "file-of-another-kind"
    assert api.client.post(IMPORTS, content=raw, headers={"Idempotency-Key": str(uuid4())}).status_code == 401
