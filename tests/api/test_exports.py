"""Exports: any part of the log in other people's forms, each made at a checkpoint, the same bytes each time."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import sqlite3
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.parquet
import pytest

from api import exports
from api.exports import Format, formats
from api.object_events import payload_of
from api.routes.exports import AT_ONCE
from ledger.key_folder import KeyFolder
from ledger.log import StoredEvent
from tests.api.exported import (
    NOTE,
    PUBLIC_CASE,
    asked,
    events_of,
    new_keys,
    open_reserved,
    prepare,
    sign,
    taken,
)
from tests.api.harness import FEDERAL, JALISCO, ORIGIN, Api, milestone


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyFolder:
    """What the log is signed with."""
    return new_keys(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def reserved(api: Api) -> str:
    """Return the id of a reserved case, which nobody may be told of."""
    return open_reserved(api)


@pytest.fixture(scope="module")
def told(api: Api, keys: KeyFolder, reserved: str) -> Api:
    """An application with reports, a public case and a reserved one, all of it signed."""
    assert asked(api, "ndjson").json()["rule"] == "not-signed"
    prepare(api, reserved)
    sign(api, keys)
    return api


# What is in it -------------------------------------------------------------------------------------------


def test_every_file_of_exports_has_a_format_of_its_own_name() -> None:
    folder = Path(exports.__file__).parent
    files = {file.stem for file in folder.glob("*.py")} - {"__init__"}

    assert len(formats()) == len(files)
    assert all(isinstance(one, Format) and one.name == name for name, one in formats().items())


def test_ndjson_is_the_log_line_by_line_without_what_is_not_public(told: Api, reserved: str) -> None:
    whole = told.client.get("/api/v1/events").content.splitlines(keepends=True)
    hidden = [line for line in whole if f"/{reserved}" in str(json.loads(line)["subject"])]

    assert len(hidden) > 5
    assert taken(told, "ndjson") == b"".join(line for line in whole if line not in hidden)


@pytest.mark.parametrize("format_", formats())
def test_no_form_tells_of_a_reserved_case(told: Api, reserved: str, format_: str) -> None:
    for query in ({}, {"territory": "MX-JAL"}):
        assert reserved.encode() not in taken(told, format_, **query)


def test_a_reserved_case_is_answered_as_one_that_never_was(told: Api, reserved: str) -> None:
    never = reserved[:-1] + ("0" if reserved[-1] != "0" else "1")
    answers = [asked(told, "ndjson", process=one) for one in (reserved, never)]
    steps = [asked(told, "ndjson", process=one, milestone="S01") for one in (reserved, never)]

    assert {answer.status_code for answer in (*answers, *steps)} == {404}
    for first, second in (answers, steps):
        assert first.text.replace(reserved, "") == second.text.replace(never, "")


def test_a_process_is_its_own_stream_and_its_activities(told: Api) -> None:
    subjects = {one["subject"] for one in events_of(told, process=JALISCO)}

    assert f"process/{JALISCO}" in subjects
    assert all(one.split("/")[1] == JALISCO for one in subjects)
    assert len(subjects) == 1 + told.read(f"/api/v1/processes/{JALISCO}").json()["milestones"]


def test_a_state_is_its_processes_and_what_of_others_is_followed_in_it(told: Api) -> None:
    subjects = {one["subject"] for one in events_of(told, territory="MX-JAL")}
    of_jalisco = {one["subject"] for one in events_of(told, process=JALISCO)}

    assert of_jalisco < subjects
    assert {one.split("/")[1] for one in subjects - of_jalisco} == {FEDERAL}
    assert all(one.endswith("-JAL") for one in subjects - of_jalisco)


def test_an_activity_and_a_case_file_are_exported_alone(told: Api) -> None:
    alone = events_of(told, process=JALISCO, milestone="L012")
    case = events_of(told, process=PUBLIC_CASE)

    assert [one["type"] for one in alone] == ["MilestonePlanned.v1", "MilestoneProgressed.v1"]
    assert {one["subject"].split("/")[1] for one in case} == {PUBLIC_CASE}
    assert "CaseOpened.v1" in {one["type"] for one in case}


def test_as_of_a_moment_is_what_was_known_then(told: Api) -> None:
    whole = events_of(told)
    first = taken(told, "ndjson", as_of=5).splitlines()

    assert [json.loads(line) for line in first] == whole[:5]
    assert asked(told, "csv", as_of=5).headers["Bitacora-Export-Position"] == "5"


# Stamped, and the same again -----------------------------------------------------------------------------


@pytest.mark.parametrize("format_", formats())
def test_the_same_part_at_the_same_checkpoint_is_the_same_bytes(
    told: Api, keys: KeyFolder, format_: str
) -> None:
    position = told.head()
    answer = asked(told, format_, territory="MX-JAL", as_of=position)
    for _ in range(2):
        assert (
            told.write(f"{milestone('L012')}/progress", {"done": 2, "note": str(uuid4())}).status_code == 200
        )
    later = asked(told, format_, territory="MX-JAL", as_of=position)
    sign(told, keys)
    again = asked(told, format_, territory="MX-JAL", as_of=position)

    assert (answer.status_code, later.status_code, again.status_code) == (200, 200, 200), later.text
    assert answer.content == later.content == again.content
    stamp = "Bitacora-Checkpoint"
    assert answer.headers[stamp] == later.headers[stamp] == again.headers[stamp]


def test_who_has_it_already_is_told_so(told: Api) -> None:
    answer = asked(told, "csv", as_of=5)
    known = {"If-None-Match": answer.headers["ETag"]}
    paths = ["csv?as_of=5", "csv?as_of=6", "xes?as_of=5", f"csv?as_of=5&process={FEDERAL}"]

    statuses = [told.client.get(f"/api/v1/exports/{path}", headers=known).status_code for path in paths]
    assert statuses == [304, 200, 200, 200]


def test_the_stamp_is_the_checkpoint_that_covers_it(told: Api, keys: KeyFolder) -> None:
    before = sign(told, keys)
    assert told.write(f"{milestone('L013')}/progress", {"done": 1}).status_code == 200
    after = sign(told, keys)

    stamped = asked(told, "ndjson", as_of=before.size).headers["Bitacora-Checkpoint"].split()
    assert stamped[:2] == [ORIGIN, str(before.size)]
    stamped = asked(told, "ndjson", as_of=before.size + 1).headers["Bitacora-Checkpoint"].split()
    assert stamped[1] == str(after.size)


def test_what_is_not_signed_yet_is_refused_and_the_default_is_what_is(told: Api, keys: KeyFolder) -> None:
    signed = sign(told, keys)
    assert told.write(f"{milestone('L012')}/progress", {"done": 3}).status_code == 200
    assert told.read("/api/v1/processes").status_code == 200
    refused = asked(told, "ndjson", as_of=told.head())
    by_default = asked(told, "ndjson")

    assert (refused.status_code, refused.json()["rule"]) == (404, "not-signed-yet")
    assert refused.headers["Retry-After"] == "1"
    assert by_default.headers["Bitacora-Export-Position"] == str(signed.size)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"as_of": "2099-01-01T00:00:00Z"}, 422),
        ({"as_of": "2001-01-01T00:00:00Z"}, 422),
        ({"as_of": "ayer"}, 422),
        ({"as_of": 10**9}, 422),
        ({"territory": "MX-XXX"}, 404),
        ({"process": "pel-2026-2027-xxx"}, 404),
        ({"process": JALISCO, "milestone": "L999"}, 404),
        ({"milestone": "L012"}, 422),
        ({"process": JALISCO, "territory": "MX-JAL"}, 422),
        ({"proces": JALISCO}, 422),
    ],
)
def test_what_cannot_be_exported_is_said_in_words(told: Api, query: dict[str, object], status: int) -> None:
    answer = asked(told, "csv", **query)

    assert answer.status_code == status, answer.text
    assert len(answer.json()["detail"]) > 20


def test_a_form_there_is_not_is_not_there(told: Api) -> None:
    assert asked(told, "docx").status_code == 404


def test_no_more_are_made_at_a_time_than_there_is_room_for(told: Api) -> None:
    from api.extract import extract
    from api.routes.exports import _Pieces
    from projections.extent import Part
    from projections.moment import AsOf

    with told.resources.readers.connection() as connection:
        found = extract(told.resources, connection, Part(), AsOf(5, told.resources.clock()))
    chosen = formats()["ndjson"]
    # None of these is ever begun.
    waiting = [_Pieces(found, chosen) for _ in range(AT_ONCE)]
    busy = asked(told, "ndjson")
    waiting.clear()

    assert (busy.status_code, busy.json()["rule"]) == (503, "exports-busy")
    assert asked(told, "ndjson").status_code == 200


# Form by form --------------------------------------------------------------------------------------------


def test_csv_has_a_row_an_event_and_no_formula(told: Api) -> None:
    rows = list(csv.DictReader(io.StringIO(taken(told, "csv").decode(), newline="")))
    events = events_of(told)

    assert [row["id"] for row in rows] == [one["id"] for one in events]
    assert [json.loads(row["data"]) for row in rows] == [one["data"] for one in events]
    assert [int(row["position"]) for row in rows] == sorted(int(row["position"]) for row in rows)
    assert not [cell for row in rows for cell in row.values() if cell and cell[0] in "=+-@"]


def test_parquet_has_the_same_rows_with_their_types(told: Api) -> None:
    table = pa.parquet.read_table(io.BytesIO(taken(told, "parquet")))
    events = events_of(told)

    assert table.column("id").to_pylist() == [one["id"] for one in events]
    assert [json.loads(one) for one in table.column("data").to_pylist()] == [one["data"] for one in events]
    assert table.schema.field("time").type == pa.timestamp("us", "UTC")
    assert table.schema.metadata[b"bitacora.origin"] == ORIGIN.encode()


def test_the_data_package_tells_the_hash_of_each_file_and_the_checkpoint(told: Api) -> None:
    with zipfile.ZipFile(io.BytesIO(taken(told, "datapackage"))) as archive:
        assert archive.testzip() is None
        package = json.loads(archive.read("datapackage.json"))
        for resource in package["resources"]:
            content = archive.read(resource["path"])
            assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
            assert resource["bytes"] == len(content)
        assert archive.read("events.ndjson") == taken(told, "ndjson")

    assert package["bitacora"]["origin"] == ORIGIN
    assert package["bitacora"]["events"] == len(events_of(told))


def test_object_centric_data_has_every_event_with_what_it_was_about(told: Api) -> None:
    log = json.loads(taken(told, "ocel-json"))
    things = {one["id"]: one["type"] for one in log["objects"]}
    events = {one["id"]: one for one in log["events"]}

    assert set(events) == {one["id"] for one in events_of(told)}
    assert set(things.values()) >= {"process", "case", "milestone", "authority", "checkpoint"}
    linked = [(one, link) for one in (*log["events"], *log["objects"]) for link in one["relationships"]]
    assert all(link["objectId"] in things for _, link in linked)
    done = next(one for one in log["events"] if one["type"] == "MilestoneProgressed")
    assert [(link["qualifier"], things[link["objectId"]]) for link in done["relationships"]] == [
        ("milestone", "milestone"), ("process", "process"), ("reported by", "authority"),
    ]  # fmt: skip
    declared = {one["name"]: {each["name"] for each in one["attributes"]} for one in log["eventTypes"]}
    assert all({each["name"] for each in one["attributes"]} <= declared[one["type"]] for one in log["events"])


def test_the_three_forms_of_object_centric_data_say_the_same(told: Api, tmp_path: Path) -> None:
    of_json = json.loads(taken(told, "ocel-json", process=JALISCO))
    of_xml = ET.fromstring(taken(told, "ocel-xml", process=JALISCO))  # noqa: S314 - our own
    file = tmp_path / "log.sqlite"
    file.write_bytes(taken(told, "ocel-sqlite", process=JALISCO))
    links = {
        (one["id"], link["objectId"], link["qualifier"])
        for one in of_json["events"]
        for link in one["relationships"]
    }

    found = {
        (one.get("id"), link.get("object-id"), link.get("qualifier"))
        for one in of_xml.iterfind("events/event")
        for link in one.iterfind("objects/relationship")
    }
    assert found == links
    database = sqlite3.connect(file)
    assert set(database.execute("SELECT * FROM event_object")) == links
    assert len(of_xml.findall("objects/object")) == len(of_json["objects"])
    assert database.execute("SELECT count(*) FROM object").fetchone() == (len(of_json["objects"]),)
    ((note,),) = database.execute(
        "SELECT note FROM event_MilestoneProgressed WHERE done = 1 AND note LIKE '=%'"
    )
    assert note == NOTE
    database.close()


@pytest.mark.parametrize(
    "body", [b'{"note":"\\ud800"}', '{"note":"ñ"}'.encode("utf-16"), b'{"done":NaN,"note":1}']
)
def test_what_only_the_patient_reader_of_json_reads_is_told_all_the_same(body: bytes) -> None:
    assert payload_of(recorded(body)).keys() == json.loads(body).keys()


def recorded(body: bytes) -> StoredEvent:
    """Return an event with this body, whatever it is."""
    at = datetime(2027, 6, 6, 18, tzinfo=UTC)
    return StoredEvent(1, "s", 1, "T.v1", body, at, at, UUID(int=1), "", "", "", "", None)


def test_a_body_that_is_no_json_object_tells_nothing() -> None:
    assert [payload_of(recorded(body)) for body in (b"\xff", b"[1]", b'{"a":', b"")] == [{}, {}, {}, {}]


def test_a_trace_is_an_activity_or_a_case_file(told: Api) -> None:
    namespace = {"x": "http://www.xes-standard.org/"}
    log = ET.fromstring(taken(told, "xes"))  # noqa: S314 - our own
    traces = {
        trace.find("x:string[@key='concept:name']", namespace).get("value"): [  # type: ignore[union-attr]  # every trace has one
            event.find("x:string[@key='concept:name']", namespace).get("value")  # type: ignore[union-attr]  # and every event
            for event in trace.iterfind("x:event", namespace)
        ]
        for trace in log.iterfind("x:trace", namespace)
    }

    assert traces[f"{JALISCO}/L012"][:2] == ["MilestonePlanned", "MilestoneProgressed"]
    assert traces[PUBLIC_CASE][0] == "CaseOpened"
    assert "MilestoneCompleted" in traces[PUBLIC_CASE]
    assert not [name for name in traces if name and name.startswith(f"{PUBLIC_CASE}/")]


def test_provenance_leads_from_events_to_commands_and_authorities(told: Api) -> None:
    document = json.loads(taken(told, "prov-json"))
    events = events_of(told)

    generated = {one["prov:entity"]: one["prov:activity"] for one in document["wasGeneratedBy"].values()}
    assert generated == {f"evento:{one['id']}": f"comando:{one['commandid']}" for one in events}
    assert set(generated.values()) == set(document["activity"])
    agents = {one["prov:agent"] for one in document["wasAssociatedWith"].values()}
    assert agents <= set(document["agent"])
    lines = taken(told, "ndjson").splitlines()
    first = document["entity"][f"evento:{events[0]['id']}"]
    assert first["bitacora:sha256"] == hashlib.sha256(lines[0]).hexdigest()
    assert document["entity"]["bitacora:checkpoint"]["bitacora:origin"] == ORIGIN


def test_no_member_of_provenance_is_written_twice(told: Api) -> None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({name for name, _ in pairs}) == len(pairs), pairs
        return dict(pairs)

    json.loads(taken(told, "prov-json"), object_pairs_hook=once)
