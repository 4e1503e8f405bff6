"""What is exported, read by the programs it is made for: `make interop`.

They are in an environment of their own, so that none of them is beside ours; its name does not begin with ``test_``
because it needs that environment, which not everybody who tests has.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from api.exports import formats
from ledger.embedded import EmbeddedPostgres
from tests.api.exported import PUBLIC_CASE, events_of, new_keys, open_reserved, prepare, sign, taken
from tests.api.harness import JALISCO, Api, running_api
from tests.api.harness import prepare as begin
from tests.database import fresh_database, template_database
from tests.interop import reading

ROOT = Path(__file__).parent.parent.parent
PYTHON = ROOT / ".venv" / "interop" / "bin" / "python"
TIMEOUT_SECONDS = 180


@pytest.fixture(scope="module")
def read(postgres_18: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Export a log, let the others read it, and return what they found, with what our API says of it."""
    folder = tmp_path_factory.mktemp("exports")
    with (
        template_database(postgres_18, begin) as template,
        fresh_database(postgres_18, template) as url,
        running_api(url) as api,
    ):
        prepare(api, open_reserved(api))
        sign(api, new_keys(tmp_path_factory.mktemp("keys")))
        for name, one in formats().items():
            folder.joinpath(f"log.{one.ending}").write_bytes(taken(api, name))
        said = {"events": events_of(api), "completed": completed(api)}
    subprocess.run([PYTHON, reading.__file__, folder], check=True, timeout=TIMEOUT_SECONDS)
    found: dict[str, Any] = json.loads(folder.joinpath(reading.FOUND).read_text())
    return {**found, **said, "ocel": json.loads(folder.joinpath("log.ocel.json").read_text())}


def completed(api: Api) -> int:
    """Return how many activities and steps are completed, as the API has them."""
    paths = [f"/api/v1/processes/{process}/milestones?limit=500" for process in (JALISCO, PUBLIC_CASE)]
    rows = [row for path in paths for row in api.read(path).json()["items"]]
    return sum(row["status"] == "completed" for row in rows)


def test_nothing_is_warned_of(read: dict[str, Any]) -> None:
    assert [read[one.__name__]["warnings"] for one in reading.READINGS] == [[]] * len(reading.READINGS)


def test_every_line_is_a_cloudevent(read: dict[str, Any]) -> None:
    assert read["cloud_events"]["ids"] == [one["id"] for one in read["events"]]


def test_the_data_package_is_valid(read: dict[str, Any]) -> None:
    assert (read["data_package"]["valid"], read["data_package"]["errors"]) == (True, [])
    assert read["data_package"]["events"] == len(read["events"])


def test_duckdb_counts_what_the_api_counts(read: dict[str, Any]) -> None:
    types = [one["type"] for one in read["events"]]

    assert read["duckdb_totals"]["by_type"] == {one: types.count(one) for one in set(types)}
    assert read["duckdb_totals"]["completed"] == read["completed"] > 0
    assert read["duckdb_totals"]["last"] == 1


def test_pm4py_reads_the_same_from_all_three_forms_of_ocel(read: dict[str, Any]) -> None:
    log, found = read["ocel"], read["object_centric"]
    expected = {
        "events": len(log["events"]),
        # It keeps no object of which nothing happens: the checkpoint.
        "objects": len(log["objects"]) - 1,
        "links": sum(len(one["relationships"]) for one in log["events"]),
        "links_of_objects": sum(len(one["relationships"]) for one in log["objects"]),
        "types": ["authority", "case", "milestone", "process"],
    }

    for form in ("json", "xml", "sqlite"):
        assert {name: found[form][name] for name in expected} == expected, form
    assert found["json"]["first"] == found["xml"]["first"] == found["sqlite"]["first"]
    assert found["unmet"] == []


def test_pm4py_finds_the_traces_of_the_xes(read: dict[str, Any]) -> None:
    streams = {
        one["subject"] for one in read["events"] if one["subject"].startswith(("milestone/", "process/pos-"))
    }
    cases = {one.split("/")[1] for one in streams if one.startswith("process/")}
    alone = {one for one in streams if one.split("/")[1] not in cases}

    assert read["traces"]["traces"] == len(alone) + len(cases)
    assert read["traces"]["events"] == sum(one["subject"] in streams for one in read["events"])
    assert read["traces"]["begins"] == ["CaseOpened", "MilestonePlanned"]


def test_the_provenance_has_an_entity_an_event_and_the_checkpoint(read: dict[str, Any]) -> None:
    assert read["provenance"]["entities"] == len(read["events"]) + 1
