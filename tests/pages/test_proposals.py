"""The pages of proposals: what was proposed and by whom, and that a list is an address."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest

from domain.event import Author
from domain.proposal import GOOD_FOR, ProposalMade, ProposalRejected, digest_of, proposal_stream
from ledger.ledger import View
from tests.pages.site import FEDERAL, JALISCO, NOW, Site, text_of
from tests.pages.staff import appoint, enrolled, signed_in

ADDRESS = f"/api/v1/processes/{JALISCO}/closing"
COMMAND = '{"instrument":"IEPC-ACG-900/2027","reason":null}'
WHO = Author("abc", "Secretaría Ejecutiva", "IEPC", "token/abc")


@pytest.fixture(scope="module")
def proposals(site: Site) -> tuple[str, str]:
    """Two proposals: one that waits, and one that was rejected."""
    waiting, rejected = str(uuid4()), str(uuid4())
    made = ProposalMade(
        effect="closing", address=ADDRESS, command=COMMAND, digest=digest_of(ADDRESS, NOW, COMMAND),
        rests_on="0" * 64, territory="MX-JAL", process=JALISCO, expires_at=NOW + GOOD_FOR,
    )  # fmt: skip

    async def decide(view: View) -> None:
        view.write(proposal_stream(waiting), [made])
        view.write(proposal_stream(rejected), [made, ProposalRejected(reason="Falta <una> impugnación.")])

    asyncio.run(
        site.resources.ledger.execute(
            decide, command_id=uuid4(), author=WHO, occurred_at=NOW - timedelta(hours=1)
        )
    )
    site.resources.projector().catch_up()
    return waiting, rejected


def test_the_list_says_what_waits_and_until_when(site: Site, proposals: tuple[str, str]) -> None:
    page = site.get("/propuestas?estado=pendientes").text

    assert f"/propuestas/{proposals[0]}" in page
    assert f"/propuestas/{proposals[1]}" not in page
    assert "Concluir un proceso" in text_of(page)
    assert "Secretaría Ejecutiva, IEPC" in text_of(page)
    assert "hasta 22/11/2026 12:00" in text_of(page)


def test_a_process_is_called_by_its_name_with_its_id_beside_it(
    site: Site, proposals: tuple[str, str]
) -> None:
    name = site.data(f"/processes/{JALISCO}")["name"]
    page, english = (text_of(site.get(f"/propuestas?lang={language}").text) for language in ("es", "en"))

    assert proposals
    assert f"Jalisco {name['es']} {JALISCO}" in page
    assert f"Jalisco {name['en']} {JALISCO}" in english


def test_a_proposal_shows_every_word_of_what_was_sent_and_leads_to_deciding(
    site: Site, proposals: tuple[str, str]
) -> None:
    page = site.get(f"/propuestas/{proposals[0]}").text

    assert "IEPC-ACG-900/2027" in page
    assert digest_of(ADDRESS, NOW, COMMAND) in page
    assert f"/procesos/{JALISCO}" in page
    assert f"/propuestas/{proposals[0]}/decidir" in page


def test_what_was_decided_leads_nowhere_and_says_why(site: Site, proposals: tuple[str, str]) -> None:
    page = site.get(f"/propuestas/{proposals[1]}?lang=en").text

    assert "Falta &lt;una&gt; impugnación." in page
    assert "/decidir" not in page
    assert "rejected" in text_of(page)


def test_a_proposal_nobody_made_is_not_found(site: Site) -> None:
    assert site.get(f"/propuestas/{uuid4()}").status_code == 404
    assert site.get("/propuestas/nada").status_code in {404, 422}


def proposed(site: Site) -> str:
    """Have one administrator propose by a form to re-date a deadline of law, and return the proposal's address."""
    address = sent(site, "F006-COL")
    site.resources.projector().catch_up()
    return address


def sent(site: Site, milestone: str) -> str:
    """Send the form that proposes it, and return where that leads."""
    person = enrolled(site, "Ana Ruiz")
    appoint(site, person, "administrator", "MX", body="INE")
    path = f"/procesos/{FEDERAL}/actividades/{milestone}/reportar?que=redating"
    with signed_in(site, person) as first:
        form = {name: value for name, value in hidden(first.get(path).text).items() if name in CARRIED}
        form |= {
            "occurred_at": "2026-11-20T10:00", "due": "2026-12-05", "basis": "law", "instrument": "DOF",
            "reason": "Reforma",
        }  # fmt: skip
        answer = first.post(path, form)
    assert answer.status_code == 303, text_of(answer.text)
    return str(answer.headers["Location"])


CARRIED = {"form_key", "key", "read"}


def hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of a page's forms."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def test_a_form_of_legal_effect_becomes_a_proposal_that_another_person_approves_by_a_form(site: Site) -> None:
    address = proposed(site)
    second = enrolled(site, "Beto Díaz")
    appoint(site, second, "validator", "MX-COL", body="INE")
    with signed_in(site, second) as desk:
        page = desk.get(f"{address}/decidir").text
        assert "Vence 5 de diciembre de 2026 (ahora: " in text_of(page)
        assert "En qué descansa la fecha la ley" in text_of(page)
        assert "Motivo Reforma" in text_of(page)
        assert "F006-COL" in page
        done = desk.post(f"{address}/decidir", {**hidden(page), "decision": "approval"})
    site.resources.projector().catch_up()

    assert (done.status_code, done.headers.get("Location")) == (303, address)
    assert "aprobada" in text_of(site.get(address).text)
    assert site.data(f"/processes/{FEDERAL}/milestones/F006-COL")["due"] == "2026-12-05"


def test_who_may_not_approve_is_told_why_and_nothing_is_done(site: Site) -> None:
    waiting = str(uuid4())
    made = ProposalMade(
        effect="closing", address=ADDRESS, command=COMMAND, digest=digest_of(ADDRESS, NOW, COMMAND),
        rests_on="0" * 64, territory="MX-JAL", process=JALISCO, expires_at=NOW + GOOD_FOR,
    )  # fmt: skip

    async def decide(view: View) -> None:
        view.write(proposal_stream(waiting), [made])

    asyncio.run(site.resources.ledger.execute(decide, command_id=uuid4(), author=WHO, occurred_at=NOW))
    site.resources.projector().catch_up()
    other = enrolled(site, "Carla Soto")
    appoint(site, other, "validator", "MX-SON", body="INE")
    with signed_in(site, other) as desk:
        page = desk.get(f"/propuestas/{waiting}/decidir").text
        assert "No te toca decidirla." in text_of(page)
        assert 'name="decision"' not in page
        row = site.data(f"/proposals/{waiting}")
        made_up = {"form": str(uuid4()), "read": str(row["position"]), "digest": row["digest"]}
        forged = {**hidden(page), **made_up, "decision": "approval"}
        refused = desk.post(f"/propuestas/{waiting}/decidir", forged)

    assert refused.status_code == 403
    assert "MX-SON" in text_of(refused.text)
    assert "pendiente" in text_of(site.get(f"/propuestas/{waiting}").text)


def test_a_form_leads_to_a_page_that_tells_what_it_did_also_where_telling_takes_a_moment(site: Site) -> None:
    second = enrolled(site, "Beto Díaz")
    appoint(site, second, "validator", "MX-SON", body="INE")
    with told_a_moment_later(site):
        address = sent(site, "F006-SON")
        assert site.get(address).status_code == 200
    with signed_in(site, second) as desk:
        page = desk.get(f"{address}/decidir").text
        with told_a_moment_later(site):
            desk.post(
                f"{address}/decidir", {**hidden(page), "decision": "rejection", "reason": "No procede."}
            )
            assert "No procede." in site.get(f"{address}?lang=es").text


@contextmanager
def told_a_moment_later(site: Site) -> Iterator[None]:
    """Have what is recorded of proposals meanwhile told as late as it may be on a busy night."""
    log = site.resources.ledger.log
    begun, until = log.head().position, time.monotonic() + 10

    def tell() -> None:
        while not any(one.stream.startswith("proposal/") for one in log.read(begun, 100)):
            assert time.monotonic() < until
            time.sleep(0.02)
        time.sleep(0.4)
        site.resources.projector().catch_up()

    telling = threading.Thread(target=tell)
    telling.start()
    try:
        yield
    finally:
        telling.join()
