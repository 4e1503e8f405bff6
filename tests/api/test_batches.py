"""Many reports in one request, as a body's own system sends them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response

from api.batches.columns import HEADINGS, REPORT_WORDS, items_of
from api.batches.request import ROUTES
from api.spreadsheet.table import Sheet
from tests.api.harness import ACT, FEDERAL, JALISCO, Api, milestone

BATCHES = "/api/v1/batches"


@pytest.fixture(autouse=True)
def _tokens(api: Api) -> None:
    """Tokens are events too: they are issued before anything is counted."""
    api.token("administrator", "MX")
    api.token()


def item(id_: str, report: str = "start", process: str = JALISCO, **more: Any) -> dict[str, Any]:
    named: dict[str, Any] = {name: more.pop(name) for name in ("read", "key", "occurred_at") if name in more}
    return {
        "process": process, "milestone": id_, "report": report, "occurred_at": ACT, **named, "fields": more,
    }  # fmt: skip


def send(
    api: Api, items: list[Any], mode: str = "all_or_nothing", *, key: str = "", dry_run: bool = False,
    token: str = "", language: str = "es",
) -> Response:  # fmt: skip
    headers = {
        "Authorization": f"Bearer {token or api.token('administrator', 'MX')}",
        "Idempotency-Key": key or str(uuid4()),
        "Accept-Language": language,
    }
    return api.client.post(BATCHES, json={"mode": mode, "dry_run": dry_run, "items": items}, headers=headers)


def outcomes(answer: Response) -> list[str]:
    return [row["outcome"] for row in answer.json()["rows"]]


def changes(row: Mapping[str, Any]) -> dict[str, tuple[str | None, str | None]]:
    return {change["field"]: (change["before"], change["after"]) for change in row["changes"]}


def test_a_batch_records_every_row_in_one_commit_with_each_act_s_own_moment(api: Api) -> None:
    head, key = api.head(), str(uuid4())
    items = [
        item("L001"),
        item("L002", "progress", done=3, target=9, occurred_at="2026-11-19T08:00:00-06:00"),
    ]

    answer = send(api, items, key=key)

    assert answer.status_code == 200, answer.text
    assert outcomes(answer) == ["recorded", "recorded"]
    assert [row["position"] for row in answer.json()["rows"]] == [head + 1, head + 2]
    assert changes(answer.json()["rows"][1])["done"] == (None, "3")
    stored = api.resources.ledger.log.read(head, 10)
    assert {str(event.command_id) for event in stored} == {key}
    assert [event.occurred_at.isoformat() for event in stored] == [
        "2026-11-20T18:30:00+00:00",
        "2026-11-19T14:00:00+00:00",
    ]


def test_one_row_that_cannot_be_recorded_keeps_back_all_and_says_why(api: Api) -> None:
    head = api.head()

    answer = send(api, [item("L003"), item("L999"), item("L004", "completion", done=3), "nonsense"])

    assert answer.status_code == 422
    assert answer.json()["rule"] == "batch-not-recorded"
    assert answer.json()["counts"] == {"would_be_recorded": 1, "refused": 3}
    rows = answer.json()["rows"]
    assert rows[1]["rule"] == "unknown-milestone"
    assert rows[2]["errors"] == [{"field": "done", "message": "Este campo no existe: quítalo."}]
    assert rows[3]["errors"]
    assert api.head() == head


def test_itemised_each_row_stands_for_itself(api: Api) -> None:
    answer = send(api, [item("L010"), item("L999"), item("L012")], "itemised")

    assert answer.status_code == 200
    assert outcomes(answer) == ["recorded", "refused", "recorded"]
    ids = {row["command_id"] for row in answer.json()["rows"] if row["command_id"]}
    assert len(ids) == 2


@pytest.mark.parametrize("mode", ["all_or_nothing", "itemised"])
def test_a_batch_that_is_sent_again_gets_the_same_receipts_and_records_nothing(api: Api, mode: str) -> None:
    key = str(uuid4())
    part = {"all_or_nothing": "L013", "itemised": "L040"}[mode]
    items = [
        item(part),
        item(part, "progress", done=1),
        item(part, "progress", done=1),
        item(part, "completion"),
    ]
    first = send(api, items, mode, key=key)
    head = api.head()
    later = api.write(f"{milestone(part)}/reopening", {"reason": "Faltaba un anexo"})

    again = send(api, items, mode, key=key)

    assert first.status_code == 200, first.text
    assert outcomes(first) == ["recorded", "recorded", "unchanged", "recorded"]
    assert later.status_code == 200, later.text
    assert again.status_code == first.status_code
    receipts = [
        [row for row in answer.json()["rows"] if row["outcome"] == "recorded"] for answer in (first, again)
    ]
    assert receipts[0] == receipts[1][: len(receipts[0])]
    assert api.head() == head + 1 or mode == "itemised"


def test_a_row_is_decided_on_what_the_rows_before_it_leave(api: Api) -> None:
    answer = send(api, [item("L041", "completion"), item("L041", "start"), item("L041", "reopening", reason="Sí")],
                  "itemised")  # fmt: skip

    assert outcomes(answer) == ["recorded", "refused", "recorded"]
    assert answer.json()["rows"][1]["rule"] == "cannot-start-from-completed"


def test_a_dry_run_says_what_would_change_and_records_nothing(api: Api) -> None:
    head = api.head()

    answer = send(api, [item("L045"), item("L047", "progress", done=2)], dry_run=True)

    assert outcomes(answer) == ["would_be_recorded", "would_be_recorded"]
    assert changes(answer.json()["rows"][0]) == {
        "status": ("planned", "in_progress"),
        "started_at": (None, "2026-11-20T18:30:00+00:00"),
    }
    assert api.head() == head


def test_a_row_that_was_read_before_somebody_changed_it_is_a_conflict_that_says_what(api: Api) -> None:
    read = api.read(milestone("L048")).json()["position"]
    api.write(f"{milestone('L048')}/start")

    answer = send(api, [item("L048", "completion", read=read), item("L064", read=read)], "itemised")

    conflict = answer.json()["rows"][0]
    assert outcomes(answer)[0] == "conflict"
    assert [change["type"] for change in conflict["since"]] == ["MilestoneStarted.v1"]


def test_rows_of_another_territory_are_refused_row_by_row(api: Api) -> None:
    answer = send(
        api, [item("F001", process=FEDERAL), item("L070")], "itemised", token=api.token(), language="en"
    )

    assert outcomes(answer) == ["refused", "recorded"]
    assert answer.json()["rows"][0]["rule"] == "another-territory"
    assert answer.json()["rows"][0]["message"].startswith("Your grant is for Jalisco (MX-JAL)")


def test_an_act_of_legal_effect_is_refused_in_a_batch_and_said_to_be_sent_alone(api: Api) -> None:
    rows = api.read(f"/api/v1/processes/{FEDERAL}/milestones?limit=500").json()["items"]
    by_law = next(row["id"] for row in rows if row["date_basis"] == "law" and row["status"] == "planned")

    answer = send(
        api, [item(by_law, "redating", FEDERAL, due="2027-06-30", instrument="INE/CG1", reason="Sentencia")]
    )

    assert answer.json()["rows"][0]["rule"] == "takes-two-alone"


def test_the_same_key_with_other_rows_is_refused(api: Api) -> None:
    key = str(uuid4())
    send(api, [item("L071")], key=key)

    assert send(api, [item("L072")], key=key).json()["rule"] == "command-id-reused"


def test_two_rows_under_one_key_are_not_both_taken(api: Api) -> None:
    answer = send(api, [item("L073", key="a"), item("L074", key="a")], "itemised")

    assert outcomes(answer) == ["recorded", "refused"]


def test_fifty_of_the_same_batch_at_once_record_it_once(api: Api) -> None:
    head, key = api.head(), str(uuid4())
    with ThreadPoolExecutor(10) as crowd:
        answers = list(crowd.map(lambda _: send(api, [item("L080"), item("L081")], key=key), range(50)))

    assert {answer.status_code for answer in answers} == {200}
    assert api.head() == head + 2
    assert len({str(answer.json()["rows"]) for answer in answers}) == 1


@pytest.mark.parametrize("items", [[], [{}] * 10_001])
def test_a_batch_has_one_to_ten_thousand_rows(api: Api, items: list[Any]) -> None:
    assert send(api, items).status_code == 422


def test_a_batch_takes_a_token_and_a_key(api: Api) -> None:
    assert api.client.post(BATCHES, json={"items": []}).status_code == 401
    token = {"Authorization": f"Bearer {api.token()}"}
    assert api.client.post(BATCHES, json={"items": []}, headers=token).status_code == 428


def test_a_csv_is_a_batch(api: Api) -> None:
    text = (
        "proceso;actividad;reporte;ocurrió;hechos;meta;nota\r\n"
        f'{JALISCO};L082;Avance;{ACT};4;8;"Dos\r\nlíneas; sí"\r\n'
        f"{JALISCO};L083;;;;;\r\n"
    ).encode("utf-8-sig")
    headers = {
        "Authorization": f"Bearer {api.token()}", "Idempotency-Key": str(uuid4()), "Content-Type": "text/csv",
    }  # fmt: skip

    answer = api.client.post(f"{BATCHES}?mode=itemised", content=text, headers=headers)

    assert answer.status_code == 200, answer.text
    assert outcomes(answer) == ["recorded"], answer.text
    assert changes(answer.json()["rows"][0])["done"] == (None, "4")


def test_a_row_brings_its_document_and_one_attached_later_is_a_row_of_its_own(api: Api) -> None:
    lines = [
        "proceso,actividad,reporte,ocurrió,soporte,soporte número,soporte dirección",
        f"{JALISCO},L083,conclusión,2026-11-20,Acta de la sesión,,",
        f"{JALISCO},L083,soporte,2026-11-20,,IEPC-ACG-083/2026,",
        f"{JALISCO},L084,conclusión,2026-11-20,Acuerdo,,https://example.org/acuerdo.pdf",
    ]
    answer = api.client.post(BATCHES, content="\n".join(lines).encode(), headers={
        "Authorization": f"Bearer {api.token()}", "Idempotency-Key": str(uuid4()), "Content-Type": "text/csv",
    })  # fmt: skip
    first, second = (api.read(f"{milestone(id_)}/evidence").json()["items"] for id_ in ("L083", "L084"))

    assert outcomes(answer) == ["recorded"] * 3, answer.text
    assert [(one["name"], (one["reference"] or {}).get("number")) for one in first] == [
        ("Acta de la sesión", None),
        ("IEPC-ACG-083/2026", "IEPC-ACG-083/2026"),
    ]
    assert [one["address"] for one in second] == ["https://example.org/acuerdo.pdf"]
    assert api.read(milestone("L083")).json()["owes"] == []


def test_figures_have_a_column_each_by_group_where_they_are_apart() -> None:
    cells = [
        "proceso",
        "actividad",
        "reporte",
        "ocurrió",
        "hechos",
        "cifra mujeres",
        "Cifra puestos.distritos",
    ]
    row = ["pel", "L001", "avance", "2026-11-20", "5", "3", "dos"]

    (item,) = items_of([Sheet("Hoja", [cells, row])])

    assert item["fields"] == {
        "done": 5,
        "figures": [
            {"quantity": "mujeres", "value": 3},
            {"quantity": "puestos", "by": "distritos", "value": "dos"},
        ],
    }


def test_a_replacement_has_its_column_and_says_by_which() -> None:
    cells = ["proceso", "actividad", "reporte", "ocurrió", "sustituida por", "instrumento", "motivo"]
    row = ["pel", "L001", "sustitución", "2026-11-20", "L002", "SUP-1", "Sentencia"]

    (item,) = items_of([Sheet("Hoja", [cells, row])])

    assert item["report"] == "replacement"
    assert item["fields"] == {"replaced_by": "L002", "instrument": "SUP-1", "reason": "Sentencia"}


def test_a_row_of_a_batch_is_replaced_by_what_the_rows_before_it_left(api: Api) -> None:
    """The first replaces one by the other; the second would close the circle."""
    words = {"instrument": "SUP-1", "reason": "Se ordenó otro acto"}
    answer = send(
        api,
        [
            item("L133", "replacement", replaced_by="L134", **words),
            item("L134", "replacement", replaced_by="L133", **words),
        ],
        dry_run=True,
    )
    first, second = answer.json()["rows"]

    assert outcomes(answer) == ["would_be_recorded", "refused"], answer.text
    assert changes(first) == {"status": ("planned", "cancelled"), "replaced_by": (None, "L134")}
    assert second["rule"] == "replacement-closed"


def test_every_kind_of_report_has_a_spanish_word_and_every_field_a_heading() -> None:
    assert set(REPORT_WORDS.values()) == set(ROUTES)
    in_rows = {"note", "done", "target", "outcome", "instrument", "reason", "declare"}
    assert in_rows <= set(HEADINGS.values())
