"""Enrolling with a code and a passkey, signing in with it, and leaving, in a real Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from api.sign_in.enrolment import invite
from tests.pages.site import Site
from tests.pages.staff import with_authenticator
from tests.pages.test_in_a_browser import visiting

pytestmark = pytest.mark.browser


def at_localhost(site: Site) -> str:
    """Return the address passkeys work at: a name, not a number."""
    return site.address.replace("127.0.0.1", "localhost")


def test_the_first_administrator_enrols_a_passkey_leaves_and_comes_back(site: Site, browser: Browser) -> None:
    code = invite(site.resources, "Ana Ruiz", "INE")
    with visiting(browser) as (page, complaints):
        with_authenticator(page)
        page.goto(f"{at_localhost(site)}/inscripcion?codigo={code}")
        page.get_by_role("button", name="Crear mi llave de acceso").click()
        page.wait_for_url("**/cuenta")

        expect(page.get_by_text("Ana Ruiz · INE")).to_be_visible()
        expect(page.get_by_role("rowheader", name="Administración de la bitácora, INE")).to_be_visible()
        (person,) = re.findall(r"p-[0-9a-f]{12}", page.inner_text("main"))

        page.get_by_role("button", name="Salir").click()
        page.wait_for_url(f"{at_localhost(site)}/")
        page.goto(f"{at_localhost(site)}/cuenta")
        assert page.url.endswith("/entrar?destino=%2Fcuenta")
        page.get_by_role("button", name="Entrar con mi llave de acceso").click()
        page.wait_for_url("**/cuenta")

        expect(page.get_by_text(person)).to_be_visible()
    # What the browser says of having cleared everything is no complaint.
    assert [each for each in complaints if not each.startswith("Clear-Site-Data")] == []


def test_a_code_that_was_used_enrols_nobody_else(site: Site, browser: Browser) -> None:
    code = invite(site.resources, "Beto Díaz", "INE")
    with visiting(browser) as (page, _):
        with_authenticator(page)
        page.goto(f"{at_localhost(site)}/inscripcion?codigo={code}")
        page.get_by_role("button", name="Crear mi llave de acceso").click()
        page.wait_for_url("**/cuenta")
    with visiting(browser) as (page, _):
        page.goto(f"{at_localhost(site)}/inscripcion?codigo={code}")

        expect(page.get_by_role("alert")).to_contain_text("El código no sirve")


def test_a_device_that_was_never_enrolled_does_not_get_in(site: Site, browser: Browser) -> None:
    with visiting(browser) as (page, _):
        with_authenticator(page)
        page.goto(f"{at_localhost(site)}/entrar")
        page.get_by_role("button", name="Entrar con mi llave de acceso").click()

        expect(page.get_by_role("status")).to_contain_text("No se pudo usar la llave de acceso")
        assert page.url.endswith("/entrar")


def test_at_another_name_of_this_machine_the_page_leads_to_where_passkeys_work(
    site: Site, browser: Browser
) -> None:
    with visiting(browser) as (page, _):
        page.goto(f"{site.address}/entrar")
        page.get_by_role("link", name=f"{at_localhost(site)}/entrar").click()

        expect(page.get_by_role("button", name="Entrar con mi llave de acceso")).to_be_enabled()
