"""A real night in the log: Puebla's tally sheets of 2024, imported once, asked about at any moment."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import pytest

from api.opening import start_log
from api.prep_imports.judging import judge
from api.prep_imports.published import read_published
from api.prep_imports.recording import PrepImport
from domain.event import Refused
from domain.log import LOG, LOG_STREAM
from ledger.embedded import EmbeddedPostgres
from ledger.ledger import Ledger
from ledger.log import Log
from ledger.memory import MemoryLog
from tests.api.harness import NOW, ORIGIN, Api, opened, running_api
from tests.database import fresh_database
from tests.prep_files import (
    REAL,
    counted,
    illegible,
    never_arrived,
    prep_file,
    real_file,
    without_sheet,
)
from tests.resources import record_and_tell

PUEBLA = "pel-2023-2024-pue"
TALLY = f"/api/v1/processes/{PUEBLA}/tally-sheets"
EVENTS_OF_PUEBLA = 1 + 1 + 27 + 3 * 7_316 + 943 + 12
"""The process, the file, the catalogue of 26 districts and of abroad, three stamps each, and those with one moment."""


def taken(ledger: Ledger, raw: bytes, process: str = PUEBLA, name: str = REAL, now: datetime = NOW) -> int:
    """Import a file; return how many events that was."""
    file = judge(read_published(raw), name, raw, now)
    return asyncio.run(PrepImport(ledger, ORIGIN, process, file, now).run())


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """A log in memory that was started."""
    ledger = Ledger(MemoryLog())
    asyncio.run(start_log(ledger, ORIGIN, NOW))
    yield ledger
    ledger.close()


def types_of(log: Log, after: int = 1) -> list[str]:
    return [stored.type.partition(".")[0] for stored in log.read(after, 100_000)]


def test_what_the_file_says_of_each_sheet_is_recorded(ledger: Ledger) -> None:
    events = taken(ledger, prep_file())

    assert events == 1 + 1 + 1 + 4 * 3 + 3 + 1
    assert types_of(ledger.log)[:3] == ["ProcessOpened", "TallySheetFileAccepted", "TallySheetsExpected"]


def test_the_stages_are_recorded_in_the_order_of_the_acts(ledger: Ledger) -> None:
    taken(
        ledger, prep_file([counted(1, "23:50"), counted(2, "20:10"), illegible(3, "21:00"), without_sheet(4)])
    )
    acts = [stored.occurred_at for stored in ledger.log.read(4, 100)]

    assert len(acts) == 10
    assert acts == sorted(acts)


def test_the_same_file_again_adds_nothing(ledger: Ledger) -> None:
    taken(ledger, prep_file())

    assert taken(ledger, prep_file()) == 0


def test_a_later_cut_adds_what_is_new_in_it(ledger: Ledger) -> None:
    early = [counted(1), counted(2), never_arrived(8)]
    taken(ledger, prep_file(early, cut="02/06/2024 22:00 (UTC-6)"))

    assert taken(ledger, prep_file([counted(1), counted(2), counted(8, "22:40")])) == 1 + 3
    assert types_of(ledger.log, after=10)[-3:] == [
        "TallySheetCollected", "TallySheetCaptured", "TallySheetVerified",
    ]  # fmt: skip


REFUSED = [
    ([counted(1), counted(2)], "tally-sheet-not-in-file"),
    ([counted(1), counted(2), counted(3), counted(4)], "tally-sheet-not-in-file"),
    ([counted(1), counted(2), illegible(3, "21:10")], "tally-sheet-otherwise"),
    ([counted(1), counted(2), counted(3, "21:11")], "tally-sheet-otherwise"),
    ([counted(1), counted(2), counted(3), without_sheet(5), never_arrived(9)], "tally-catalogue-otherwise"),
]


@pytest.mark.parametrize(("rows", "rule"), REFUSED)
def test_a_file_that_contradicts_the_one_before_is_refused_and_nothing_is_recorded(
    ledger: Ledger, rows: list[dict[str, str]], rule: str
) -> None:
    taken(ledger, prep_file([counted(1), counted(2), counted(3), without_sheet(5)]))
    before = ledger.log.head().position

    with pytest.raises(Refused) as refused:
        taken(ledger, prep_file(rows if rule != "tally-sheet-otherwise" else [*rows, without_sheet(5)]))

    assert refused.value.rule == rule
    assert ledger.log.head().position == before


def test_two_elections_of_one_process_have_a_catalogue_each(ledger: Ledger) -> None:
    rows = [{**row, "CODIGO_INTEGRIDAD": "N/A"} for row in (without_sheet(1), without_sheet(2))]
    taken(ledger, prep_file(rows))

    assert taken(ledger, prep_file(rows, election="AYUNTAMIENTOS")) == 1 + 1 + 2


def test_a_file_of_another_state_or_day_does_not_enter_a_process(ledger: Ledger) -> None:
    taken(ledger, prep_file())
    jalisco = prep_file([{**counted(1), "ID_ENTIDAD": "'14"}])
    raw = prep_file([counted(1)])
    another_day = judge(read_published(raw), "x.csv", raw, NOW, date(2024, 5, 30))

    with pytest.raises(Refused, match="import-of-another-territory"):
        taken(ledger, jalisco)
    with pytest.raises(Refused, match="import-of-another-election-day"):
        asyncio.run(PrepImport(ledger, ORIGIN, PUEBLA, another_day, NOW).run())


def test_an_election_of_the_catalogue_is_opened_with_its_plan(ledger: Ledger) -> None:
    def in_2027(text: str) -> str:
        return text.replace("03/06/2024", "07/06/2027").replace("02/06/2024", "06/06/2027")

    row = {name: in_2027(cell) for name, cell in counted(1).items()}
    taken(
        ledger,
        prep_file([row], cut="07/06/2027 20:00 (UTC-6)"),
        "pel-2026-2027-pue",
        now=NOW.replace(year=2027, month=6, day=8),
    )

    assert types_of(ledger.log).count("MilestonePlanned") > 60


def test_a_simulated_log_stays_simulated_whatever_is_imported() -> None:
    ledger = Ledger(MemoryLog())
    asyncio.run(start_log(ledger, "demo.invalid/x", NOW, simulated=True))

    assert taken(ledger, prep_file()) > 0
    assert asyncio.run(ledger.load(LOG, LOG_STREAM)).state.simulated
    ledger.close()


def test_nothing_is_imported_before_the_log_begins() -> None:
    ledger = Ledger(MemoryLog())

    with pytest.raises(Refused, match="log-not-started"):
        taken(ledger, prep_file())
    ledger.close()


# The real night -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def night(postgres_18: EmbeddedPostgres) -> Iterator[Api]:
    """The API over a log with Puebla's night in it."""

    async def begin(resources: Any) -> None:
        await start_log(resources.ledger, ORIGIN, NOW)
        raw = real_file()
        file = judge(read_published(raw), REAL, raw, NOW)
        assert await PrepImport(resources.ledger, ORIGIN, PUEBLA, file, NOW).run() == EVENTS_OF_PUEBLA

    with fresh_database(postgres_18) as url:
        record_and_tell(url, ORIGIN, NOW, begin)
        with running_api(url) as api:
            yield api


HEADER = {
    "expected": 8334, "registered": 8271, "out_of_catalogue": 12, "captured": 8259, "counted": 6848,
    "not_counted": 1411, "captured_percent": "99.1000", "counted_percent": "82.1694",
    "inconsistent_percent": "18.2385",
}  # fmt: skip
"""What the file's own header says."""


def figures(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {name: answer[name] for name in HEADER}


def test_the_summary_of_puebla_is_what_the_header_of_its_file_says(night: Api) -> None:
    answer = night.read(f"{TALLY}/summary").json()

    assert figures(answer) == HEADER
    assert figures(answer["elections"][0]) == HEADER
    assert [(file["file"], file["rows"]) for file in answer["files"]] == [(REAL, 8346)]
    assert figures(night.read(f"{TALLY}/summary?election=governor").json()) == HEADER
    assert night.read(f"{TALLY}/summary?election=municipal").json()["captured_percent"] is None


def test_a_second_import_adds_no_event(night: Api) -> None:
    before = night.head()

    resources = opened(night.resources.database_url)

    assert taken(resources.ledger, real_file()) == 0
    assert night.head() == before
    resources.close()


def test_the_curve_never_goes_down_and_ends_in_the_summary(night: Api) -> None:
    points = night.read(f"{TALLY}/curve?step=600").json()["items"]

    for name in ("expected", "registered", "captured", "counted", "not_counted", "collected", "verified"):
        assert all(one[name] <= next_[name] for one, next_ in pairwise(points)), name
    assert figures(points[-1]) == HEADER
    assert 80 < len(points) < 150


def test_a_point_of_the_curve_is_the_summary_of_what_had_happened_by_then(night: Api) -> None:
    points = night.read(f"{TALLY}/curve?step=3600").json()["items"]
    for point in points[:: len(points) // 5]:
        asked = night.read(f"{TALLY}/summary?happened_by={point['at']}").json()

        assert figures(asked) == figures(point)


def test_by_each_minute_as_much_had_happened_as_the_file_s_own_stamps_say(night: Api) -> None:
    raw = real_file()
    sheets = judge(read_published(raw), REAL, raw, NOW).sheets.values()
    for minute in ("2024-06-02T21:00:00-06:00", "2024-06-03T01:17:00-06:00", "2024-06-03T19:59:59-06:00"):
        asked = night.read(f"{TALLY}/summary?happened_by={minute}").json()
        by_then = [one for one in sheets if one.captured_at and one.captured_at.isoformat() <= minute]

        assert asked["captured"] == len(by_then)
        assert asked["counted"] == sum(one.counted for one in by_then)
        assert asked["expected"] == 8334


def test_each_sheet_is_listed_once_and_they_come_to_the_figures(night: Api) -> None:
    rows: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = night.read(f"{TALLY}?limit=500" + (f"&cursor={cursor}" if cursor else "")).json()
        rows, cursor = [*rows, *page["items"]], page["next"]

    standings = Counter(row["standing"] for row in rows)
    assert len(rows) == len({row["id"] for row in rows}) == HEADER["registered"]
    assert standings == {"counted": 6848, "not_counted": 1411, "out_of_catalogue": 12}
    assert sum(row["unstamped"] and row["standing"] != "out_of_catalogue" for row in rows) == 943
    assert all(row["code"] or row["unstamped"] for row in rows)


def test_a_station_s_sheets_are_found_by_their_key_and_one_by_its_id(night: Api) -> None:
    some = night.read(f"{TALLY}?standing=not_counted&area=001&limit=1").json()["items"][0]
    of_its_key = night.read(f"{TALLY}?key={some['key']}").json()["items"]
    one = night.read(f"{TALLY}/{some['id']}").json()

    assert some in of_its_key
    assert all(row["key"] == some["key"] for row in of_its_key)
    assert {name: value for name, value in one.items() if name != "stages"} == some
    assert one["stages"][-1]["position"] == some["position"]
    assert night.client.get(f"{TALLY}/governor.001.nada.1").json()["rule"] == "unknown-tally-sheet"


def test_a_sheet_had_come_as_far_by_an_instant_as_its_stamps_say(night: Api) -> None:
    row = next(
        one
        for one in night.read(f"{TALLY}?standing=counted&limit=500").json()["items"]
        if one["collected_at"] < one["captured_at"] < one["verified_at"]
    )
    before = night.client.get(f"{TALLY}/{row['id']}?happened_by=2024-06-02T12:00:00-06:00")
    collected = night.read(f"{TALLY}/{row['id']}?happened_by={row['collected_at']}").json()

    assert before.status_code == 404
    assert (collected["standing"], collected["captured_at"]) == ("collected", None)
    assert [stage["type"] for stage in collected["stages"]] == ["TallySheetCollected"]
    assert night.read(f"{TALLY}?happened_by=2024-06-02T12:00:00-06:00").json()["items"] == []


def test_before_the_import_nothing_was_known_of_that_night(night: Api) -> None:
    assert night.read(f"{TALLY}/summary?as_of=3").json()["expected"] == 0
    assert night.read(f"{TALLY}/summary?as_of=1").status_code == 404
    some = night.read(f"{TALLY}/summary?as_of=5000").json()
    assert 0 < some["captured"] < 8259


@pytest.mark.parametrize(
    "query", ["happened_by=ayer", "happened_by=2024-06-02T21:00:00", "election=queen", "step=5", "as_of=x"]
)
def test_a_question_that_is_none_is_refused_in_words(night: Api, query: str) -> None:
    assert night.read(f"{TALLY}/curve?{query}").status_code == 422


@pytest.mark.parametrize(
    ("moment", "why"),
    [("2026-11-21T18:00:01Z", "in the future"), ("2024-06-02T21:00:00", "no instant"), ("", "no instant"),
     ("5000", "no instant")],
)  # fmt: skip
@pytest.mark.parametrize("asked", ["summary", "curve"])
def test_by_no_instant_or_one_to_come_the_sheets_are_refused_as_all_else_is(
    night: Api, asked: str, moment: str, why: str
) -> None:
    refused = [
        night.client.get(f"{path}?happened_by={moment}&lang=en").json()
        for path in (f"{TALLY}/{asked}", f"/api/v1/processes/{PUEBLA}")
    ]

    assert why in refused[0]["detail"]
    assert [one["rule"] for one in refused] == ["bad-moment"] * 2
    assert refused[0]["errors"] == refused[1]["errors"]


def test_an_instant_may_be_written_with_a_plus_as_everywhere(night: Api) -> None:
    asked = [
        night.read(f"{TALLY}/summary?happened_by={by}")
        for by in ("2024-06-03T05:00:00+02:00", "2024-06-03T03:00:00Z")
    ]

    assert figures(asked[0].json()) == figures(asked[1].json())


def test_the_curve_is_a_table_too(night: Api) -> None:
    answer = night.client.get(f"{TALLY}/curve", headers={"Accept": "text/csv"})

    assert answer.text.splitlines()[0].startswith("at,") or "expected" in answer.text.splitlines()[0]


def test_the_imported_election_is_not_the_one_its_state_is_in(night: Api) -> None:
    process = night.read(f"/api/v1/processes/{PUEBLA}").json()

    assert process["without_plan"]["es"].startswith("De esta elección solo se sigue")
    assert PUEBLA not in night.read("/api/v1/entities/MX-PUE").text
    assert night.client.get(f"/procesos/{PUEBLA}").status_code == 200


def test_its_election_day_cannot_be_moved(night: Api) -> None:
    moved = {"election_day": "2024-06-09", "basis": "calendar", "instrument": "x", "reason": "x"}
    answer = night.write(f"/api/v1/processes/{PUEBLA}/election-day", moved)

    assert answer.json()["type"].endswith("process-without-plan")


def test_the_page_shows_the_figures_and_the_night(night: Api) -> None:
    page = night.client.get(f"/procesos/{PUEBLA}/actas").text
    process = night.client.get(f"/procesos/{PUEBLA}").text

    for said in ("8,334", "8,271", "99.1000 %", "82.1694 %", "18.2385 %", "7,316", REAL):
        assert said in page
    assert page.count("<polyline") == 3
    assert "04/06/2024" not in page
    assert f'href="/procesos/{PUEBLA}/actas"' in process
    assert "De esta elección solo se sigue" in process


def test_before_the_import_the_page_says_that_there_is_nothing(night: Api) -> None:
    page = night.client.get(f"/procesos/{PUEBLA}/actas?al=2").text

    assert "no se han importado actas" in page
    assert "8,334" not in page
