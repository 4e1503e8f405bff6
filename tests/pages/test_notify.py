"""`bitacora notify`: what would be sent, and sending it once."""

from __future__ import annotations

import pytest

from tests.api.test_cli import bitacora
from tests.mailbox import receiving_mail
from tests.pages.site import ORIGIN, Site
from tests.pages.staff import appoint, enrolled
from tests.pages.test_letters import wanting
from tests.resources import people_folder


@pytest.fixture
def environment(site: Site) -> dict[str, str]:
    """The environment of the site's database, where somebody in Jalisco wants to be told of what is late."""
    person = enrolled(site)
    appoint(site, person)
    wanting(site, person, pace="at_once", matters=["late"], quiet_from=0, quiet_to=0)
    return {
        "DATABASE_URL": site.resources.database_url, "BITACORA_UNSAFE_DURABILITY": "1", "BITACORA_ORIGIN": ORIGIN,
        "BITACORA_PUBLIC_URL": "https://bitacora.example.mx",
        "BITACORA_PEOPLE": str(people_folder(site.resources.database_url)),
    }  # fmt: skip


def test_letters_are_shown_without_being_sent_and_then_sent_once(environment: dict[str, str]) -> None:
    shown = bitacora("notify", "--dry-run", environment=environment)
    without = bitacora("notify", environment=environment)
    with receiving_mail() as box:
        server = {
            **environment, "BITACORA_SMTP_HOST": "127.0.0.1", "BITACORA_SMTP_PORT": str(box.port),
            "BITACORA_SMTP_SECURITY": "none", "BITACORA_SMTP_FROM": "avisos@bitacora.example.mx",
        }  # fmt: skip
        sent = bitacora("notify", environment=server)
        again = bitacora("notify", environment=server)
        (letter,) = box.letters

    assert shown.returncode == 0, shown.stderr
    assert "Subject: [Datos simulados] Bitácora Electoral" in shown.stdout
    assert "VENCIDAS SIN CONCLUIR" in shown.stdout
    assert "1 letters would be sent" in shown.stderr
    assert (without.returncode, "BITACORA_SMTP_HOST" in without.stderr) == (2, True)
    assert (sent.stdout, again.stdout) == ("1 letters sent.\n", "0 letters sent.\n")
    assert letter.get_content().replace("\r", "").strip() in shown.stdout
