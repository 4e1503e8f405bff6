"""Attaching a document by form: without script, once, by who may, with words for what is refused."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from httpx2 import Response

from tests.pages.site import JALISCO, Site, text_of
from tests.pages.staff import Desk, appoint, enrolled, signed_in
from tests.sample_documents import pdf

EVIDENCE = "/soporte"


@pytest.fixture(scope="module")
def completed(site: Site) -> str:
    """The path of an activity of Jalisco that was completed."""
    items = site.data(f"/processes/{JALISCO}/milestones", status="completed")["items"]
    return f"/procesos/{JALISCO}/actividades/{items[0]['id']}"


def fields_of(page: str) -> dict[str, str]:
    """Return what the form to attach carries unseen."""
    form = page[page.index('class="attach stacked"') :]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


def attach(
    desk: Desk, path: str, fields: dict[str, str], *, file: tuple[str, bytes] | None = None
) -> Response:
    """Send the form as a browser does."""
    page = desk.get(path + EVIDENCE)
    assert page.status_code == 200, page.text
    sent = {**fields_of(page.text), **fields}
    return desk.client.post(
        desk.site.address + path + EVIDENCE,
        data=sent,
        files={"document": file or ("", b"")},
        headers={"Accept": "text/html"},
    )


def told(site: Site, path: str) -> str:
    """Return the public page of an activity, with everything recorded so far."""
    position = str(site.resources.ledger.log.head().position)
    api = path.replace("/procesos/", "/api/v1/processes/").replace("/actividades/", "/milestones/")
    site.resources.projector().catch_up()
    assert site.client.get(site.address + api, headers={"Bitacora-Min-Position": position}).status_code == 200
    return site.get(f"{path}?lang=es&v={uuid4()}").text


def test_a_document_is_attached_with_one_form_and_shown_to_everyone(
    site: Site, desk: Desk, completed: str
) -> None:
    content = pdf("attached by form")
    answer = attach(
        desk, completed, {"name": "Acta firmada", "number": "IEPC/12"}, file=("acta.pdf", content)
    )
    own, page = desk.get(answer.headers["Location"]), told(site, completed)
    digest = re.search(r"/api/v1/documents/([0-9a-f]{64})", page)

    assert answer.status_code == 303
    assert "Quedó asentado." in own.text
    assert "Acta firmada" in text_of(page)
    assert "IEPC/12" in text_of(page)
    assert digest is not None
    assert site.client.get(f"{site.address}{digest[0]}").content == content
    assert desk.get(f"/documentos/{digest[1]}").content == content


def test_the_same_form_sent_twice_attaches_once(site: Site, desk: Desk, completed: str) -> None:
    again = {"key": str(uuid4()), "name": "Dos veces", "number": "IEPC/13"}
    first, head = attach(desk, completed, again), site.resources.ledger.log.head().position
    second = attach(desk, completed, again)

    assert (first.status_code, second.status_code) == (303, 303)
    assert site.resources.ledger.log.head().position == head


def test_a_document_can_be_withdrawn_and_stays_listed(site: Site, desk: Desk, completed: str) -> None:
    attach(desk, completed, {"name": "Equivocado", "number": "IEPC/99"})
    page = desk.get(completed + EVIDENCE).text
    form = page[page.index("Equivocado") :]
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)[:3])
    answer = desk.client.post(
        site.address + completed + EVIDENCE,
        data={**hidden, "reason": "Es de otro acto."},
        files={"none": ("", b"")},
        headers={"Accept": "text/html"},
    )
    public = told(site, completed)

    assert answer.status_code == 303, text_of(answer.text)
    assert re.search(r"<s><b>Equivocado</b>", public)
    assert "Es de otro acto." in text_of(public)


@pytest.mark.parametrize(
    ("fields", "file", "rule", "words"),
    [
        ({"name": "Plan"}, ("plan.xlsx", pdf()), "document-not-as-named", "pero es PDF"),
        ({"name": "Nada"}, None, "evidence-unidentified", "No se sabe cuál documento es"),
        ({"name": "Vacío"}, ("acta.pdf", b""), "document-empty", "llegó vacío"),
        ({"name": "x\u202ey", "number": "1"}, None, "invalid-fields", "Revisa estos campos"),
        ({"name": "Otro", "number": "1", "supports": "99"}, None, "nothing-to-support", "No hay un reporte vigente"),
        ({"name": "Ajeno", "sha256": "ab" * 32}, None, "document-not-kept", "no está guardado aquí"),
        ({"name": "Sin clave", "number": "1", "key": ""}, None, "form-without-key", "clave de envío"),
    ],
)  # fmt: skip
def test_what_is_refused_keeps_what_was_typed(
    desk: Desk, completed: str, fields: dict[str, str], file: tuple[str, bytes] | None, rule: str, words: str
) -> None:
    answer = attach(desk, completed, fields, file=file)

    assert answer.status_code == 422
    assert words in text_of(answer.text)
    assert f"/problemas/{rule}" in answer.text
    if "key" not in fields:
        assert f'value="{fields["name"]}"' in answer.text


def test_a_document_that_was_kept_need_not_be_chosen_again(desk: Desk, completed: str) -> None:
    refused = attach(desk, completed, {"name": "", "number": "1"}, file=("acta.pdf", pdf("kept")))
    kept = fields_of(refused.text)["sha256"]
    answer = attach(desk, completed, {"name": "Ahora sí", "sha256": kept})

    assert refused.status_code == 422
    assert "ya está guardado" in text_of(refused.text)
    assert answer.status_code == 303


def test_nobody_attaches_for_another_territory_nor_without_signing_in(site: Site, completed: str) -> None:
    person = enrolled(site)
    appoint(site, person, territory="MX-COL")
    with signed_in(site, person) as colima:
        assert colima.get(completed + EVIDENCE).status_code == 403
    assert site.get(completed + EVIDENCE).status_code == 303


def test_a_form_of_another_site_attaches_nothing(site: Site, desk: Desk, completed: str) -> None:
    head = site.resources.ledger.log.head().position
    answer = attach(desk, completed, {"name": "Ajeno", "number": "1", "form_key": "0" * 32})

    assert answer.status_code == 403
    assert site.resources.ledger.log.head().position == head


def test_a_form_that_is_too_large_is_refused(desk: Desk, completed: str) -> None:
    too_large = desk.site.resources.settings.max_document_bytes + 1
    answer = attach(desk, completed, {"name": "Grande"}, file=("acta.pdf", b"%PDF-" + b"x" * too_large))

    assert answer.status_code == 413
    assert "pasa de 25 MiB" in text_of(answer.text)


def test_a_step_that_asks_for_a_document_and_has_none_says_so(docket: Site) -> None:
    page = docket.get("/procesos?lang=es")
    assert page.status_code == 200
    items = docket.data("/cases", limit="200")["items"]
    public = [case["id"] for case in items]
    awaited = [
        id_
        for id_ in public
        if "soporte pendiente" in text_of(docket.get(f"/expedientes/{id_}?lang=es").text)
    ]

    assert awaited
    case = docket.get(f"/expedientes/{awaited[0]}").text
    link = re.search(
        r'class="step-name">.*?href="([^"]+)"(?:(?!step-name).)*soporte pendiente', case, re.DOTALL
    )
    assert link is not None
    step = text_of(docket.get(link[1]).text)
    assert "Soporte pendiente" in step
    assert "El procedimiento pide:" in step
