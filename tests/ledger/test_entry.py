"""The published entry: its bytes are fixed, and anybody can read them."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.entry import EntryTooLarge, check_entries, entry
from ledger.log import MAX_ENTRY_BYTES, StoredEvent
from tests.ledger.samples import commit, new

STORED = StoredEvent(
    position=7,
    stream="milestone/pef-2026-2027/F047",
    version=3,
    type="MilestoneCompleted.v1",
    body='{"note":"Acuerdo INE/CG·1"}'.encode(),
    occurred_at=datetime(2027, 6, 6, 12, 0, tzinfo=timezone(timedelta(hours=-6))),
    recorded_at=datetime(2027, 6, 6, 18, 0, 1, 250, tzinfo=UTC),
    command_id=UUID("0189d0c2-0000-7000-8000-000000000001"),
    author_actor="u-17",
    author_post='Vocal "Ejecutiva"',
    author_body="INE-JAL",
    author_grant="grant/u-17/1",
    author_on_behalf_of="OPL-JAL",
)

FROZEN = (
    '{"actor":"u-17","body":"INE-JAL","commandid":"0189d0c2-0000-7000-8000-000000000001",'
    '"data":{"note":"Acuerdo INE/CG·1"},"datacontenttype":"application/json","grant":"grant/u-17/1",'
    '"id":"milestone/pef-2026-2027/F047/3","occurredat":"2027-06-06T18:00:00.000000Z","onbehalfof":"OPL-JAL",'
    '"post":"Vocal \\"Ejecutiva\\"","source":"bitacora.example/2027","specversion":"1.0","streamversion":3,'
    '"subject":"milestone/pef-2026-2027/F047","time":"2027-06-06T18:00:01.000250Z","type":"MilestoneCompleted.v1"}'
)


def test_the_bytes_of_an_entry_are_these_for_ever() -> None:
    assert entry(STORED, "bitacora.example/2027") == FROZEN.encode()


def test_an_entry_has_the_attributes_cloudevents_asks_for() -> None:
    document = json.loads(entry(STORED, "o"))
    assert {"specversion", "id", "source", "type"} <= document.keys()
    assert document["specversion"] == "1.0"
    # CloudEvents 1.0.2, naming conventions: lower-case letters and digits, at most 20 of them.
    assert all(name.isalnum() and name.islower() and len(name) <= 20 for name in document)
    assert "position" not in document


def test_the_position_is_not_in_the_entry() -> None:
    assert entry(STORED, "o") == entry(STORED._replace(position=8), "o")


@pytest.mark.parametrize("column", [name for name in StoredEvent._fields if name != "position"])
def test_every_other_column_is_in_the_entry(column: str) -> None:
    old = getattr(STORED, column)
    other: Any = {"version": 4, "body": b"{}", "command_id": UUID(int=1)}.get(column, "other")
    if isinstance(old, datetime):
        other = old + timedelta(microseconds=1)
    assert entry(STORED, "o") != entry(STORED._replace(**{column: other}), "o")


def test_a_canonical_body_makes_a_canonical_entry() -> None:
    made = entry(STORED, "o")
    assert (
        json.dumps(json.loads(made), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        == made
    )


def test_what_is_empty_is_left_out() -> None:
    nobody = STORED._replace(
        author_actor="", author_post="", author_body="", author_grant="", author_on_behalf_of=None
    )
    assert not {"actor", "post", "body", "grant", "onbehalfof"} & json.loads(entry(nobody, "o")).keys()


@pytest.mark.parametrize("body", [b"\xff\xfe", b"not json", b"", b'{"a":NaN}', b"[" * 100_000, b'{"a":1} x'])
def test_a_body_that_is_not_json_goes_in_as_base64(body: bytes) -> None:
    if len(body) * 4 / 3 > MAX_ENTRY_BYTES:
        body = body[:20_000]
    document = json.loads(entry(STORED._replace(body=body), "o"))
    assert base64.b64decode(document["data_base64"]) == body
    assert document["datacontenttype"] == "application/octet-stream"
    assert "data" not in document


@given(st.binary(max_size=200), st.text(min_size=1, max_size=50), st.text(max_size=50))
def test_an_entry_is_json_and_holds_the_body_whatever_is_in_it(body: bytes, stream: str, post: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in stream + post):
        return
    made = entry(STORED._replace(body=body, stream=stream, author_post=post), "o")
    document = json.loads(made)
    assert document["subject"] == stream
    assert document.get("post", "") == post
    held = base64.b64decode(document["data_base64"]) if "data_base64" in document else body
    assert held == body
    assert "data_base64" in document or body in made


def test_an_event_that_would_not_fit_its_entry_is_refused_before_it_is_recorded() -> None:
    check_entries(commit(new("a", body=b'"' + b"x" * 60_000 + b'"')))
    with pytest.raises(EntryTooLarge, match="over the 65,535"):
        check_entries(commit(new("a", body=b'"' + b"x" * 65_400 + b'"')))
    with pytest.raises(EntryTooLarge):
        check_entries(commit(new("a", body=b"\xff" * 50_000)))
