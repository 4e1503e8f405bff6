"""What happened as Atom: read by `feedparser`, and the same as the pages and the log."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import pytest

from domain.milestone_events import MilestoneReplaced
from tests.pages.site import FEDERAL, JALISCO, ORIGIN, Site, text_of
from tests.pages.staff import happen
from tests.pages.test_pages import report_progress

ATOM = "{http://www.w3.org/2005/Atom}"
FEEDS = ("/novedades.atom", "/novedades/MX-JAL.atom", f"/novedades/procesos/{FEDERAL}.atom")


def feed(site: Site, path: str) -> Any:
    answer = site.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    found = feedparser.parse(answer.content)
    assert not found.bozo, found.bozo_exception
    return found


def position(entry: Any) -> int:
    return int(entry.id.rpartition("-")[2])


@pytest.mark.parametrize("path", FEEDS)
def test_a_feed_is_what_atom_says_it_is(site: Site, path: str) -> None:
    found = feed(site, path)

    assert found.version == "atom10"
    assert found.feed.title.startswith("Datos simulados: Novedades")
    assert found.feed.id == site.address + path
    assert found.feed.updated == max(entry.updated for entry in found.entries)
    assert {link.rel for link in found.feed.links} >= {"self", "alternate"}
    for entry in found.entries:
        assert entry.id == f"https://{ORIGIN}#asiento-{position(entry)}"
        assert entry.title
        assert entry.updated
        assert ", " in entry.author
        assert "asiento n.º" in entry.summary


def test_the_newest_is_first_and_said_in_the_pages_words(site: Site) -> None:
    found = feed(site, "/novedades.atom")
    page = text_of(site.get("/").text)
    positions = [position(entry) for entry in found.entries]

    assert positions == sorted(positions, reverse=True)
    for entry in found.entries[:8]:
        what, _, name = entry.title.partition(": ")
        assert what in page
        assert name in page


def test_an_entry_is_the_log_s(site: Site) -> None:
    entry = feed(site, f"/novedades/procesos/{JALISCO}.atom").entries[0]
    recorded = site.data(f"/events/{position(entry)}")

    assert recorded["subject"].split("/")[1] == JALISCO
    assert entry.updated == recorded["time"].partition(".")[0] + "Z"
    assert entry.author == f"{recorded['post']}, {recorded['body']}"
    assert entry.category == recorded["type"].partition(".")[0]
    assert recorded["actor"] not in site.get(f"/novedades/procesos/{JALISCO}.atom").text


def test_the_same_entry_has_the_same_id_in_every_feed(site: Site) -> None:
    state = {entry.title: entry.id for entry in feed(site, "/novedades/MX-JAL.atom").entries}
    process = feed(site, f"/novedades/procesos/{JALISCO}.atom").entries
    shared = [entry for entry in process if entry.title in state]

    assert shared
    assert {entry.id for entry in shared} & set(state.values())


def test_the_pages_of_a_feed_hold_each_entry_once(site: Site) -> None:
    seen: list[int] = []
    path = f"/novedades/procesos/{FEDERAL}.atom"
    for _ in range(100):
        found = feed(site, path)
        seen += [position(entry) for entry in found.entries]
        following = [link.href for link in found.feed.links if link.rel == "next"]
        if not following:
            break
        path = following[0].removeprefix(site.address)

    assert len(seen) > 50
    assert seen == sorted(set(seen), reverse=True)


def test_what_somebody_wrote_is_text_in_a_feed_and_changes_it(site: Site) -> None:
    before = site.get("/novedades.atom")
    assert site.get("/novedades.atom", If_None_Match=before.headers["ETag"]).status_code == 304
    where = {"territory": "MX-COL", "kind": "act", "status": "planned"}
    milestone = site.data(f"/processes/{FEDERAL}/milestones", **where)["items"][0]["id"]
    report_progress(site, milestone, 3, "nota")
    after = site.get("/novedades.atom", If_None_Match=before.headers["ETag"])

    assert after.status_code == 200
    authors = [name.text for name in ET.fromstring(after.content).iter(f"{ATOM}name")]  # noqa: S314 - our own feed
    assert "Enlace <b>audaz</b>, INE" in authors
    assert "<b>audaz" not in after.text


@pytest.mark.parametrize(
    ("page", "news", "calendar"),
    [
        ("/", "/novedades.atom", "/calendarios/MX.ics"),
        ("/entidades/MX-JAL", "/novedades/MX-JAL.atom", "/calendarios/MX-JAL.ics"),
        (
            f"/procesos/{JALISCO}",
            f"/novedades/procesos/{JALISCO}.atom",
            f"/calendarios/procesos/{JALISCO}.ics",
        ),
    ],
)
def test_a_page_says_where_it_can_be_followed(site: Site, page: str, news: str, calendar: str) -> None:
    text = site.get(page).text

    assert f'<link rel="alternate" type="application/atom+xml" title="Novedades" href="{news}">' in text
    assert f'href="{calendar}"' in text


def test_a_replaced_activity_is_news_that_says_by_which(site: Site) -> None:
    """It is no cancellation: who follows the news learns what is done instead."""
    row, other = [
        one for one in site.data(f"/processes/{JALISCO}/milestones")["items"] if one["kind"] == "act"
    ][:2]
    replaced = MilestoneReplaced(replaced_by=other["id"], instrument="SUP-1", reason="Sentencia")
    happen(site, JALISCO, row["id"], replaced)
    entry = feed(site, f"/novedades/procesos/{JALISCO}.atom").entries[0]
    english = feed(site, f"/novedades/procesos/{JALISCO}.atom?lang=en").entries[0]

    assert entry.title == f"Sustituida: {row['name']['es']}"
    assert entry.summary.startswith(f"Sustituida por {other['id']}. {JALISCO} · Jalisco.")
    assert entry.tags[0].term == "MilestoneReplaced"
    assert entry.link == f"{site.address}/procesos/{JALISCO}/actividades/{row['id']}"
    assert english.summary.startswith(f"Replaced by {other['id']}. ")


def test_what_is_not_there_has_no_news(site: Site) -> None:
    assert site.get("/novedades/MX-XXX.atom").status_code == 404
    assert site.get("/novedades/procesos/pel-1900-mex.atom").status_code == 404
    assert site.get("/novedades.atom?antes=x").status_code == 422
