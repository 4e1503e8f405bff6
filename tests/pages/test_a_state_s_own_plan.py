"""A state's own plan is one file and no code: pages and API show what it adds, lacks and changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.database import Resources
from api.opening import record_opening, start_log
from domain.plan import OpenProcess
from domain.variant import plan_for
from ledger.embedded import EmbeddedPostgres
from tests.database import fresh_database, template_database
from tests.domain.manual import procedures_with
from tests.domain.test_variant import JALISCO as FILE
from tests.pages.site import JALISCO, NOW, ORIGIN, Site, running_site, text_of
from tests.pages.test_procedures import faults
from tests.resources import record_and_tell


async def _begin(resources: Resources) -> None:
    await start_log(resources.ledger, ORIGIN, NOW, simulated=True)
    for kind, territory in (("federal_election", "MX"), ("local_election", "MX-JAL")):
        command = OpenProcess(kind=kind, territory=territory, cycle="2026-2027")
        await record_opening(resources.ledger, ORIGIN, command, NOW)


@pytest.fixture
def one_file_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_18: EmbeddedPostgres
) -> Iterator[Site]:
    """A site whose log was opened with Jalisco's own plan among the files, and nothing else otherwise."""
    with (
        procedures_with("variants/jal.toml", FILE, tmp_path, monkeypatch),
        template_database(postgres_18, lambda url: record_and_tell(url, ORIGIN, NOW, _begin)) as name,
        fresh_database(postgres_18, name) as url,
        running_site(url) as site,
    ):
        yield site


def test_a_new_file_is_a_plan_that_pages_and_api_show(one_file_more: Site) -> None:
    site = one_file_more
    standard = text_of(site.get("/estandares/MX-JAL?lang=es").text)
    process = site.get(f"/procesos/{JALISCO}?lang=es").text
    figures = next(row for row in site.data("/conformance")["items"] if row["code"] == "MX-JAL")

    assert "X01 Un acto más Código electoral local 1 añadido — 7 de mayo de 2027" in standard
    assert (figures["added"], figures["missing"], figures["dated"]) == (1, 1, 1)
    assert f"/procesos/{JALISCO}/actividades/X01" in process
    assert f"/procesos/{JALISCO}/actividades/L116" not in process
    assert "7 de mayo de 2027" in text_of(site.get(f"/procesos/{JALISCO}/actividades/X01").text)
    assert site.data(f"/processes/{JALISCO}/milestones/L010")["due"] == "2026-10-15"
    assert "X01" in site.get(f"/api/v1/processes/{JALISCO}/milestones", Accept="text/csv").text


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_national_plan_s_page_shows_what_differs_in_the_states_that_follow_their_own(
    one_file_more: Site, language: str
) -> None:
    page = one_file_more.get(f"/procedimientos/local_election?lang={language}").text
    told = {
        row["territory"]: row for row in one_file_more.data("/procedures/local_election/variants")["items"]
    }

    assert faults(page) == []
    assert list(told) == ["MX-JAL", "MX-MEX"]
    for code, expected in {"MX-JAL": (1, 1, 1), "MX-MEX": (54, 7, 0)}.items():
        counts = Counter(row["difference"] for row in told[code]["differences"])
        assert tuple(counts[what] for what in ("added", "changed", "removed")) == expected
        assert f"/estandares/{code}" in page


def test_without_its_file_there_is_no_such_plan() -> None:
    """Negative control: what the tests above saw came from the file alone."""
    assert "X01" not in plan_for("local_election", "MX-JAL", "2026-2027").by_id
