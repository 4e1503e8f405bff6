"""How the log stands, on its page and as data: what was signed, and which witnesses signed it as well."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from api.routes.health import BELIEVED_SECONDS
from api.signing import build_and_sign
from ledger.connect import connect
from ledger.cosignature import cosign
from ledger.cosigning import publish_cosignatures
from ledger.embedded import EmbeddedPostgres
from ledger.note import COSIGNATURE, SigningKey, parse_note
from ledger.witness_policy import parse_policy
from tests.database import fresh_database
from tests.pages.site import Site, running_site, text_of

AT = datetime(2026, 11, 21, 18, 5, tzinfo=UTC)
NAMES = ("uni", "diario", "tribunal")
KEYS = [SigningKey(f"{name}.example.mx", bytes([n] * 32), COSIGNATURE) for n, name in enumerate(NAMES, 1)]
POLICY = "".join(
    [
        *(f"witness {name} {key.public.vkey}\n" for name, key in zip(NAMES, KEYS, strict=True)),
        f"group todos 2 {' '.join(NAMES)}\nquorum todos\n",
    ]
)


@pytest.fixture
def signed(postgres_18: EmbeddedPostgres, told_calendar: str, tmp_path: Path) -> Iterator[Site]:
    """The site over a log that was signed and has three witnesses, of whom two are needed."""
    (tmp_path / "witnesses").write_text(POLICY)
    settings = {"witnesses": tmp_path / "witnesses", "keys": tmp_path / "keys"}
    with (
        fresh_database(postgres_18, told_calendar) as url,
        running_site(
            url,
            before=lambda resources: setattr(
                resources, "settings", resources.settings.model_copy(update=settings)
            ),
        ) as site,
    ):
        build_and_sign(site.resources)
        yield site


def witnessed(site: Site, *keys: SigningKey, at: datetime = AT) -> None:
    """Let these witnesses sign the last checkpoint."""
    signed = site.resources.signed_log.checkpoint()
    assert signed is not None
    lines = [cosign(key, parse_note(signed.note).text, at) for key in keys]
    with connect(site.resources.database_url, site.resources.settings.roles.signer, "test") as connection:
        publish_cosignatures(connection, signed.size, lines, parse_policy(POLICY), at)


def test_while_nothing_is_signed_the_page_says_so(site: Site) -> None:
    answer = site.get("/sello")

    assert answer.status_code == 200
    assert site.client.get(f"{site.address}/api/v1/checkpoint").status_code == 404
    assert "La bitácora aún no está firmada" in text_of(answer.text)


def test_it_says_up_to_where_the_log_is_signed_and_with_which_key(signed: Site) -> None:
    state, page = signed.data("/checkpoint"), text_of(signed.get("/sello").text)
    note = signed.client.get(f"{signed.address}/log/checkpoint").text

    assert note.startswith(f"{state['origin']}\n{state['size']}\n{state['root']}\n")
    assert state["size"] == signed.resources.ledger.log.head().position
    for shown in (
        state["root"],
        *state["keys"],
        "0 de 3 testigos",
        "Hacen falta al menos 2",
        "aún no cofirmado",
    ):
        assert shown in page
    assert (state["is_witnessed"], state["witnessed_size"], state["needed"]) == (False, None, 2)


def test_once_enough_witnesses_have_signed_it_is_witnessed_and_says_by_whom_and_when(signed: Site) -> None:
    assert "aún no cofirmado" in signed.get("/sello").text
    witnessed(signed, KEYS[0])
    one = signed.data("/checkpoint")
    assert (one["is_witnessed"], [w["cosigned_at"] is not None for w in one["witnesses"]]) == (
        False, [True, False, False],
    )  # fmt: skip
    witnessed(signed, KEYS[2])
    state, page = signed.data("/checkpoint"), text_of(signed.get("/sello").text)

    assert (state["is_witnessed"], state["witnessed_size"]) == (True, state["size"])
    assert state["witnesses"][0]["cosigned_at"] == "2026-11-21T18:05:00Z"
    assert "cofirmado Cofirmado por 2 de 3 testigos" in page
    assert "diario no ha cofirmado este sello" in page


def test_what_was_witnessed_last_stays_at_its_address_though_the_log_grows(signed: Site) -> None:
    asked = f"{signed.address}/log/witnessed"
    before = signed.client.get(asked)
    assert (before.status_code, before.json()["rule"]) == (404, "not-witnessed")
    witnessed(signed, *KEYS)
    found = signed.client.get(asked)

    assert found.content == signed.client.get(f"{signed.address}/log/checkpoint").content
    assert found.headers["Cache-Control"] == "public, max-age=1"
    assert "/log/witnessed" in signed.get("/sello?lang=en").text


def health(site: Site) -> dict[str, Any]:
    """Return what the program says of its witnesses, asked anew."""
    time.sleep(BELIEVED_SECONDS)
    said = site.client.get(f"{site.address}/readyz").json()
    warnings = [one for one in said["warnings"] if one.startswith("Witnesses")]
    return {"status": said["status"], "warnings": warnings, **(said["witnesses"] or {})}


def test_witnesses_that_stand_still_are_a_warning_a_figure_and_a_sentence(signed: Site) -> None:
    never = health(signed)
    page = text_of(signed.get("/sello").text)
    assert (never["status"], never["needed"], never["size"], never["quiet_seconds"]) == ("ready", 2, 0, None)
    assert "at position 0: no checkpoint has ever been signed by the 2 it takes" in never["warnings"][0]
    assert "los necesarios aún no han firmado nunca" in page
    assert "bitacora_witnessed_size 0.0" in signed.client.get(f"{signed.address}/metrics").text

    now = datetime.now(UTC)
    witnessed(signed, *KEYS, at=now - timedelta(minutes=7))
    left = health(signed)
    assert "no checkpoint has for 7 minutes been signed" in left["warnings"][0]
    assert "Los testigos están detenidos: no han firmado los necesarios desde" in text_of(
        signed.get("/sello").text
    )
    assert signed.data("/checkpoint")["witnesses_stand_still"] is True
    figures = dict(
        line.split(" ") for line in signed.client.get(f"{signed.address}/metrics").text.splitlines()
        if line.startswith("bitacora_witnessed")
    )  # fmt: skip
    assert float(figures["bitacora_witnessed_age_seconds"]) >= 420

    witnessed(signed, *KEYS, at=now)
    back = health(signed)
    assert (back["warnings"], back["size"]) == ([], signed.data("/checkpoint")["size"])
    assert "detenidos" not in text_of(signed.get("/sello").text)


def test_a_line_that_is_not_a_witness_s_own_counts_for_nothing(signed: Site) -> None:
    forged = [SigningKey(key.name, bytes([9] * 32), COSIGNATURE) for key in KEYS]
    witnessed(signed, *forged)

    assert not signed.data("/checkpoint")["is_witnessed"]


def test_a_proof_is_kept_with_a_checkpoint_that_was_witnessed(signed: Site) -> None:
    witnessed(signed, *KEYS)
    size = signed.data("/checkpoint")["size"]
    proof = signed.client.get(f"{signed.address}/api/v1/events/{size}/receipt").text

    assert all(f"— {key.name} " in proof for key in KEYS)


def test_a_log_without_witnesses_says_what_that_means(
    postgres_18: EmbeddedPostgres, told_calendar: str, tmp_path: Path
) -> None:
    with (
        fresh_database(postgres_18, told_calendar) as url,
        running_site(
            url,
            before=lambda resources: setattr(
                resources, "settings", resources.settings.model_copy(update={"keys": tmp_path})
            ),
        ) as site,
    ):
        build_and_sign(site.resources)
        assert "no tiene testigos todavía" in text_of(site.get("/sello").text)
        assert "has no witnesses yet" in text_of(site.get("/sello?lang=en").text)
