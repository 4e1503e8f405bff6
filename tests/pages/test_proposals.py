"""The pages of proposals: what was proposed and by whom, and that a list is an address."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from domain.event import Author
from domain.proposal import GOOD_FOR, ProposalMade, ProposalRejected, digest_of, proposal_stream
from ledger.ledger import View
from tests.pages.site import JALISCO, NOW, Site, text_of

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
