"""Who may report by a form, and what of a form that is not whole or not of this site."""

from __future__ import annotations

import pytest

from domain.person import PersonRemoved
from tests.pages.report_form import OPEN, filled, form_of, head
from tests.pages.site import FEDERAL, Site, text_of
from tests.pages.staff import Desk, appoint, enrolled, record, signed_in


def test_nobody_reports_for_another_territory(desk: Desk) -> None:
    before = head(desk.site)
    for answer in (
        desk.get(form_of("L045", "completion", "pel-2026-2027-mex")),
        desk.post(
            form_of("L045", "completion", "pel-2026-2027-mex"),
            filled(desk, form_of(OPEN, "completion")),
        ),
    ):
        assert answer.status_code == 403
        assert "nadie habla por otro territorio" in answer.text
    assert head(desk.site) == before


def test_who_was_removed_meanwhile_records_nothing(site: Site) -> None:
    person = enrolled(site)
    appoint(site, person)
    with signed_in(site, person) as desk:
        form = filled(desk, form_of(OPEN, "start"))
        record(site, person, PersonRemoved(reason="Baja."))
        before = head(site)
        answer = desk.post(form_of(OPEN, "start"), form)

        assert answer.status_code == 401
        assert "entra en otra pestaña" in answer.text
        assert head(site) == before


def test_who_is_not_signed_in_is_led_to_sign_in_and_back(site: Site) -> None:
    answer = site.get(form_of(OPEN, "completion"))

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/entrar?destino=%2Fprocesos")


@pytest.mark.parametrize("change", [{"key": "x"}, {"read": ""}, {"key": ""}])
def test_a_form_that_arrived_incomplete_records_nothing(desk: Desk, change: dict[str, str]) -> None:
    before = head(desk.site)
    answer = desk.post(form_of(OPEN, "start"), filled(desk, form_of(OPEN, "start")) | change)

    assert answer.status_code == 400
    assert head(desk.site) == before


def test_a_form_of_another_site_records_nothing(desk: Desk) -> None:
    before = head(desk.site)
    form = filled(desk, form_of(OPEN, "start"))

    assert desk.post(form_of(OPEN, "start"), form | {"form_key": "0" * 32}).status_code == 403
    assert desk.post(form_of(OPEN, "start"), form, Sec_Fetch_Site="cross-site").status_code == 403
    assert head(desk.site) == before


def test_what_is_not_there_cannot_be_reported_on(desk: Desk) -> None:
    assert desk.get(form_of("L999", "start")).status_code == 404
    assert desk.get(form_of("F047", "nothing", "pef-1999-2000")).status_code == 404


def test_a_missing_activity_points_to_its_parts_only_where_there_are_some(desk: Desk) -> None:
    followed_by_state = desk.get(form_of("F005", "start", FEDERAL))
    nowhere = [
        form_of("F005", "start", "pes-2027-mx-0001"),
        form_of("L999", "start"),
        form_of("F999", "start", FEDERAL),
    ]

    assert followed_by_state.status_code == 404
    assert "Se sigue por entidad y se reporta en cada una: F005-JAL." in text_of(followed_by_state.text)
    for address in nowhere:
        answer = desk.get(address)
        assert answer.status_code == 404
        assert "que reportar en" in text_of(answer.text)
        assert "se reporta en cada una" not in text_of(answer.text)
