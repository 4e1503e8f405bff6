"""Letters: what is in them, when they go out, and that nobody is told twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.letters.follower import NAME, LetterFollower
from api.opening import CONSOLE
from domain.access import Role
from domain.milestone_events import MilestoneCompleted, MilestoneRedated, MilestoneReopened, Schedule
from domain.names import Names
from ledger.connect import connect
from ledger.desk.followers import follower_at
from ledger.desk.letters import MatterKind, Wish, keep_wish
from tests.mailbox import Mailbox, receiving_mail
from tests.pages.site import JALISCO, NOW, Site
from tests.pages.staff import appoint, enrolled, happen, proposed

MOVED = Schedule(due="2027-03-15", basis="calendar", explanation=Names(es="Por acuerdo.", en="By agreement."))
ALL: list[MatterKind] = ["due", "late", "redated", "returned", "to_validate"]


@pytest.fixture
def mailbox(site: Site) -> Iterator[Mailbox]:
    """The mail server of the site."""
    before = site.resources.settings
    with receiving_mail() as box:
        site.resources.settings = before.model_copy(
            update={
                "smtp_host": "127.0.0.1", "smtp_port": box.port, "smtp_security": "none",
                "smtp_from": "Bitácora <avisos@bitacora.example.mx>",
                "public_url": "https://bitacora.example.mx",
            }
        )  # fmt: skip
        yield box
    site.resources.settings = before


def wanting(site: Site, person: str, **wish: Any) -> None:
    """Keep what a person wants to be told."""
    wanted: dict[str, Any] = {
        "address": f"{person}@iepc.example.mx", "confirmed_at": NOW - timedelta(days=1), "pace": "at_once",
        "matters": ALL, "due_days": 7, "quiet_from": 22, "quiet_to": 7, "language": "es",
    }  # fmt: skip
    with site.resources.desk.connection() as connection:
        keep_wish(connection, Wish(person=person, **(wanted | wish)))


class Reader:
    """Somebody who wants letters, and the follower that sends them at a time of the test's choosing."""

    def __init__(self, site: Site, mailbox: Mailbox, role: Role, territory: str, **wish: Any) -> None:
        self.site, self.mailbox = site, mailbox
        self.person = enrolled(site)
        appoint(site, self.person, role, territory)
        self.address = f"{self.person}@iepc.example.mx"
        wanting(site, self.person, **wish)
        self.at = NOW
        self.follower = LetterFollower(site.resources, clock=lambda: self.at)

    def look(self, at: datetime | None = None) -> list[str]:
        """Let the follower look, and return what this reader got in all."""
        self.at = at or self.at
        with connect(
            self.site.resources.desk_url, self.site.resources.settings.roles.desk, "test"
        ) as connection:
            self.follower.look(connection)
        return [letter.get_content() for letter in self.mailbox.to(self.address)]

    def leave(self) -> None:
        """Want nothing more, so that other tests send this reader nothing."""
        with self.site.resources.desk.connection() as connection:
            connection.execute("DELETE FROM desk.letters")


@contextmanager
def reading(
    site: Site, mailbox: Mailbox, role: Role = "coordinator", territory: str = "MX-JAL", **wish: Any
) -> Iterator[Reader]:
    reader = Reader(site, mailbox, role, territory, **wish)
    try:
        yield reader
    finally:
        reader.leave()


def listed(site: Site, standing: str) -> list[Any]:
    """Return the activities followed in Jalisco that stand so, by the API."""
    found: list[Any] = []
    for process in (JALISCO, "pef-2026-2027"):
        asked = {"territory": "MX-JAL", "standing": standing, "limit": "500"}
        found += site.data(f"/processes/{process}/milestones", **asked)["items"]
    return found


def test_a_letter_says_what_is_late_and_what_is_due_soon_as_the_api_does(
    site: Site, mailbox: Mailbox
) -> None:
    late = listed(site, "without_report") + listed(site, "reported_unfinished")
    soon = [
        row
        for row in listed(site, "pending")
        if datetime.fromisoformat(row["due_at"]) < NOW + timedelta(days=7)
    ]
    with reading(site, mailbox) as reader:
        (text,) = reader.look()
    (letter,) = mailbox.to(reader.address)

    assert late
    assert f"VENCIDAS SIN CONCLUIR: {len(late)}" in text
    assert (f"POR VENCER: {len(soon)}" in text) == bool(soon)
    for row in (late + soon)[:5]:
        assert row["name"]["es"] in " ".join(text.split())
        assert f"https://bitacora.example.mx/procesos/{row['process']}/actividades/{row['id']}" in text
    assert letter["From"] == "Bitácora <avisos@bitacora.example.mx>"
    assert letter["Subject"].startswith("[Datos simulados] Bitácora Electoral: ")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "https://bitacora.example.mx/cuenta/avisos" in text
    assert "Proyecto independiente" in text


def test_nobody_is_told_twice(site: Site, mailbox: Mailbox) -> None:
    with reading(site, mailbox) as reader:
        assert len(reader.look()) == 1
        assert len(reader.look()) == 1
        # Another process that looks later has it from the desk.
        reader.follower = LetterFollower(site.resources, clock=lambda: reader.at)
        assert len(reader.look(NOW + timedelta(minutes=1))) == 1


def test_what_becomes_late_is_told_when_it_does(site: Site, mailbox: Mailbox) -> None:
    due = min(datetime.fromisoformat(row["due_at"]) for row in listed(site, "pending"))
    with reading(site, mailbox, matters=["late"], quiet_from=0, quiet_to=0) as reader:
        before = reader.look(due - timedelta(seconds=1))
        after = reader.look(due)

    assert len(after) == len(before) + 1
    assert "VENCIDAS SIN CONCLUIR" in after[-1]


def test_only_what_was_asked_for_is_told(site: Site, mailbox: Mailbox) -> None:
    with reading(site, mailbox, matters=["late"]) as reader:
        (text,) = reader.look()

    assert "POR VENCER" not in text
    with reading(site, mailbox, matters=[]) as reader:
        assert reader.look() == []


def test_in_quiet_hours_nothing_is_sent_and_afterwards_it_is(site: Site, mailbox: Mailbox) -> None:
    # Jalisco keeps the central hour, six behind UTC.
    late_in_the_evening = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)
    with reading(site, mailbox) as reader:
        assert reader.look(late_in_the_evening) == []
        assert reader.look(late_in_the_evening + timedelta(hours=8, minutes=29)) == []
        assert len(reader.look(late_in_the_evening + timedelta(hours=8, minutes=30))) == 1


def test_a_digest_is_sent_at_seven_in_the_reader_s_own_morning_once_a_day(
    site: Site, mailbox: Mailbox
) -> None:
    # Tijuana is eight hours behind UTC in November.
    seven = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
    with reading(site, mailbox, territory="MX-BCN", pace="daily", due_days=60) as reader:
        assert reader.look(seven - timedelta(minutes=1)) == []
        assert len(reader.look(seven)) == 1
        assert len(reader.look(seven + timedelta(hours=5))) == 1
        # What stands is said again the next day.
        assert len(reader.look(seven + timedelta(days=1))) == 2


def test_a_letter_that_does_not_go_out_is_sent_later(site: Site, mailbox: Mailbox) -> None:
    with reading(site, mailbox) as reader:
        mailbox.refuses = True
        assert reader.look() == []
        mailbox.refuses = False
        assert reader.look(NOW + timedelta(minutes=1)) == []
        assert len(reader.look(NOW + timedelta(minutes=6))) == 1


def test_who_holds_no_right_any_more_is_told_nothing(site: Site, mailbox: Mailbox) -> None:
    with reading(site, mailbox) as reader:
        assert reader.look(NOW + timedelta(days=400)) == []


def test_a_validator_is_told_what_waits_for_them_and_not_what_is_due(site: Site, mailbox: Mailbox) -> None:
    with reading(site, mailbox, role="validator") as reader:
        (text,) = reader.look()

    assert "ESPERAN TU CONFORMIDAD" in text
    assert "VENCIDAS" not in text


def test_nobody_is_asked_to_validate_what_they_reported_themselves(site: Site, mailbox: Mailbox) -> None:
    own, other = [row["id"] for row in listed(site, "pending") if row["process"] == JALISCO][:2]
    with reading(site, mailbox, role="validator", matters=["to_validate"]) as reader:
        before = reader.look()
        for id_, actor in ((own, reader.person), (other, enrolled(site, "Luis Mora"))):
            happen(site, JALISCO, id_, MilestoneCompleted(), by=replace(CONSOLE, actor=actor))
        (told,) = reader.look(NOW + timedelta(minutes=1))[len(before) :]

    assert "ESPERAN TU CONFORMIDAD: 1" in told
    assert [word for word in told.split() if "/actividades/" in word] == [
        f"https://bitacora.example.mx/procesos/{JALISCO}/actividades/{other}"
    ]


def test_who_decides_on_a_proposal_is_told_which_it_is_and_led_to_its_page(
    site: Site, mailbox: Mailbox
) -> None:
    closing = {"instrument": "IEPC-ACG-900/2027"}
    path = proposed(site, "closing", f"processes/{JALISCO}/closing", closing, "MX-JAL", JALISCO)
    with reading(site, mailbox, role="validator") as reader:
        (text,) = reader.look()

    assert "* Concluir un proceso (Jalisco)" in text
    assert "La propuso Dirección Ejecutiva; expira el 22/11/2026 12:00 (hora del centro)" in text
    assert f"https://bitacora.example.mx{path}" in text.split()


def test_what_others_did_to_an_activity_of_mine_is_told_once(site: Site, mailbox: Mailbox) -> None:
    row = next(row for row in listed(site, "pending") if row["process"] == JALISCO)
    with reading(site, mailbox, matters=["redated", "returned"], pace="daily") as reader:
        before = reader.look()
        happen(
            site,
            JALISCO,
            row["id"],
            MilestoneRedated(
                schedule=MOVED,
                instrument="IEPC-ACG-9/2026",
                reason="Acuerdo",
            ),
            MilestoneReopened(reason="Falta un anexo"),
        )
        after = reader.look(NOW + timedelta(days=1))
        again = reader.look(NOW + timedelta(days=2))

    assert before == []
    assert len(after) == 1
    assert "REPROGRAMADAS: 1" in after[0]
    assert "REABIERTAS, VUELVEN A TI: 1" in after[0]
    assert "15 de marzo de 2027" in after[0]
    assert again == after


def test_an_address_that_nobody_showed_to_be_theirs_gets_nothing(site: Site, mailbox: Mailbox) -> None:
    with reading(site, mailbox, confirmed_at=None) as reader:
        assert reader.look() == []


def test_a_letter_speaks_the_language_it_was_asked_for_in(site: Site, mailbox: Mailbox) -> None:
    with reading(site, mailbox, language="en") as reader:
        (text,) = reader.look()

    assert "PAST THEIR DATE AND NOT DONE" in text
    assert "An independent project" in text


def test_it_is_known_when_the_follower_last_looked(site: Site, mailbox: Mailbox) -> None:
    with reading(site, mailbox) as reader:
        reader.look()
    with site.resources.desk.connection() as connection:
        at = follower_at(connection, NAME)

    assert at is not None
    assert at.looked_at == reader.at
