"""Events to bytes and back: made once, the same for ever."""

from __future__ import annotations

import json
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.event import Event, Payload
from ledger.codec import (
    MAX_DEPTH,
    UnknownEvent,
    UnreadableEvent,
    Unstorable,
    canonical,
    decode,
    encode,
)


class Colour(Enum):
    GREEN = "green"
    RED = "red"


class Act(Payload):
    title: str
    on: date


class Painted(Event, type="Painted.v3"):
    """Sampled for these tests only."""

    zone: str
    colour: Colour
    at: datetime
    coats: int
    act: Act | None = None
    price: Decimal | None = None
    marks: tuple[str, ...] = ()

    # v1 had no coats; v2 called the zone "area".
    upcasts: ClassVar = {
        1: lambda body: body | {"coats": 1},
        2: lambda body: {("zone" if key == "area" else key): value for key, value in body.items()},
    }


class Loose(Event, type="Loose.v1"):
    """Holds anything, to try what a careful model would not let in."""

    content: Any


class Forgetful(Event, type="Forgetful.v1"):
    """Reads back differently from what was written."""

    moment: Any


PAINTED = Painted(
    zone="Dolores Hidalgo",
    colour=Colour.RED,
    at=datetime(2027, 6, 6, 18, 0, tzinfo=UTC),
    coats=2,
    act=Act(title="INE/CG1·2026", on=date(2026, 9, 1)),
    price=Decimal("12.50"),
    marks=("a", "b"),
)


def test_the_bytes_of_an_event_are_these_for_ever() -> None:
    assert (
        encode(PAINTED)
        == (
            '{"act":{"on":"2026-09-01","title":"INE/CG1·2026"},"at":"2027-06-06T18:00:00Z","coats":2,"colour":"red",'
            '"marks":["a","b"],"price":"12.50","zone":"Dolores Hidalgo"}'
        ).encode()
    )


def test_what_is_decoded_is_what_was_encoded() -> None:
    assert decode("Painted.v3", encode(PAINTED)) == PAINTED


def test_an_older_body_is_raised_step_by_step() -> None:
    body = b'{"area":"Centro","at":"2027-06-06T18:00:00Z","colour":"green"}'
    assert decode("Painted.v1", body) == Painted(
        zone="Centro", colour=Colour.GREEN, at=datetime(2027, 6, 6, 18, 0, tzinfo=UTC), coats=1
    )


@pytest.mark.parametrize("type_", ["Painted.v4", "NeverHeardOf.v1", "domain.milestone:Completed"])
def test_an_event_from_a_newer_program_says_so(type_: str) -> None:
    with pytest.raises(UnknownEvent, match="newer version"):
        decode(type_, b"{}")


@pytest.mark.parametrize(
    ("type_", "body"),
    [
        ("Painted.v3", b"{}"),
        ("Painted.v3", b"not json"),
        ("Painted.v3", b"\xff"),
        ("Painted.v3", b'{"area":"x"}'),
        ("Painted.vX", b"{}"),
        ("Painted", b"{}"),
        ("Painted.v2", b"[]"),
        ("Painted.v3", encode(PAINTED).replace(b'"coats":2', b'"coats":"2"')),
        ("Painted.v3", encode(PAINTED).replace(b'"coats":2', b'"coats":2,"more":1')),
    ],
)
def test_a_body_that_is_not_what_its_type_says_is_unreadable(type_: str, body: bytes) -> None:
    with pytest.raises(UnreadableEvent):
        decode(type_, body)


@pytest.mark.parametrize(
    "content",
    [
        1.5,
        float("nan"),
        float("inf"),
        2**53,
        -(2**53),
        "a\0b",
        "\ud800",
        "e\u0301",  # é in two characters: not NFC
        {"clé": 1},
        {1: 2},
        {"a": {"b": [1.0]}},
    ],
)
def test_what_two_readers_could_read_differently_is_not_stored(content: Any) -> None:
    with pytest.raises((Unstorable, UnicodeError)):
        encode(Loose(content=content))


def test_deep_nesting_is_not_stored() -> None:
    def nested(levels: int) -> Any:
        return [nested(levels - 1)] if levels else "core"

    encode(Loose(content=nested(MAX_DEPTH - 1)))
    with pytest.raises(Unstorable, match="nested"):
        encode(Loose(content=nested(MAX_DEPTH)))


def test_a_body_larger_than_an_entry_is_not_stored() -> None:
    with pytest.raises(Unstorable, match="65,535"):
        encode(Loose(content="x" * 70_000))


def test_an_event_that_reads_back_differently_is_not_stored() -> None:
    with pytest.raises(Unstorable, match="differs"):
        encode(Forgetful(moment=datetime(2027, 1, 1, tzinfo=UTC)))


def test_the_dictionary_that_poisons_other_logs_is_only_data_here() -> None:
    poison = Loose(content={"_type_": "decimal_str", "_data_": "1E+99999999"})
    assert decode("Loose.v1", encode(poison)) == poison


STORABLE_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")).map(
    lambda text: unicodedata.normalize("NFC", text)
)
STORABLE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | STORABLE_TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8), inner, max_size=4
        )
    ),
    max_leaves=20,
)


def jcs(value: Any) -> str:
    """RFC 8785, written a second time and as plainly as possible: the codec must agree with it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
        return '"' + "".join(short.get(ord(c), f"\\u{ord(c):04x}" if ord(c) < 32 else c) for c in value) + '"'
    if isinstance(value, list):
        return "[" + ",".join(jcs(member) for member in value) + "]"
    by_utf16 = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
    return "{" + ",".join(f"{jcs(key)}:{jcs(member)}" for key, member in by_utf16) + "}"


@given(STORABLE)
def test_canonical_bytes_are_those_of_rfc_8785(value: Any) -> None:
    made = canonical(value)
    assert made == jcs(value).encode()
    assert json.loads(made) == value
    assert canonical(json.loads(made)) == made


@given(STORABLE)
def test_whatever_can_be_stored_reads_back_equal(value: Any) -> None:
    assert decode("Loose.v1", encode(Loose(content=value))) == Loose(content=value)
