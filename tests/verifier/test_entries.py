"""Entries are read without believing them, and any that two readers could read differently is refused."""

from __future__ import annotations

import base64
import json

import pytest

from bitacora_verifier.entries import NotAsItMustBe, read_entry
from ledger.entry import entry
from tests.verifier.published import ORIGIN, event

GOOD = entry(event(7, "milestone/JAL/F1", 3, b'{"note":"\\"caf\xc3\xa9\\"\\n","parts":[1,{}]}'), ORIGIN)


def test_what_the_server_makes_is_read() -> None:
    claims = read_entry(GOOD, ORIGIN)

    assert claims[:4] == ("milestone/JAL/F1", 3, "2027-01-04T15:00:07.000000Z", "Sampled.v1")
    assert claims.data == {"note": '"café"\n', "parts": [1, {}]}


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null", b'"text"', b"-7", b"true", b"\xff\x00", b"{", b""])
def test_every_body_the_server_keeps_canonically_or_as_bytes_is_read(body: bytes) -> None:
    assert read_entry(entry(event(7, "any", 1, body), ORIGIN), ORIGIN).stream == "any"


@pytest.mark.parametrize(
    "text", ["\x00", "\x1f", '"', "\\", "\x7f", "\u2028", "ñ", "𝄞", "/", "\b\t\n\f\r", "\x0b"]
)
def test_whatever_stands_in_a_name_is_read(text: str) -> None:
    stored = event(7, f"a{text}b", 1, b"{}")._replace(
        author_post=text, author_on_behalf_of=text, author_grant=text
    )

    assert read_entry(entry(stored, ORIGIN), ORIGIN).version == 1


MEMBERS = [
    json.dumps({name: said}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)[1:-1]
    for name, said in json.loads(GOOD).items()
]
MAY_BE_MISSING = ("actor", "body", "grant", "post")


def joined(*members: str) -> bytes:
    return ("{" + ",".join(members) + "}").encode()


@pytest.mark.parametrize("place", range(len(MEMBERS)))
def test_a_member_stands_once_and_in_its_place(place: int) -> None:
    before, member, after = MEMBERS[:place], MEMBERS[place], MEMBERS[place + 1 :]
    assert joined(*before, member, *after) == GOOD

    for wrong in (
        joined(*before, member, member, *after),
        joined(*before, *after, member) if after else joined(member, *before),
        joined(*before, '"zz":1', member, *after),
    ):
        with pytest.raises(NotAsItMustBe):
            read_entry(wrong, ORIGIN)
    if member[1:].startswith(MAY_BE_MISSING):
        assert read_entry(joined(*before, *after), ORIGIN).version == 3
    else:
        with pytest.raises(NotAsItMustBe):
            read_entry(joined(*before, *after), ORIGIN)


NEARLY_RIGHT = {
    "a space": (b',"data":', b', "data":'),
    "another log": (b"bitacora.example.mx", b"bitacora.example.com"),
    "an id of another version": (b"F1/3", b"F1/4"),
    "an id of another stream": (b'"id":"milestone/JAL/F1/3"', b'"id":"milestone/JAL/F2/3"'),
    "a version with a zero before it": (b'version":3', b'version":03'),
    "a version as text": (b'version":3', b'version":"3"'),
    "an instant that is none": (b'"time":"2027-01-04', b'"time":"2027-02-30'),
    "an instant of another zone": (b'07.000000Z","type"', b'07.000000+00:00","type"'),
    "an instant without its decimals": (b'07.000000Z","type"', b'07Z","type"'),
    "a name twice in the data": (b'"parts":', b'"note":'),
    "names that are not sorted": (b'{"note"', b'{"zote"'),
    "a fraction": (b"[1,", b"[1.5,"),
    "a number with an exponent": (b"[1,", b"[1e2,"),
    "no number": (b"[1,", b"[NaN,"),
    "data that goes on after it ended": (b"[1,{}]}", b'[1,{}]},"data":{}'),
    "a longer escape than it needs": (b"\\n", b"\\u000a"),
    "a letter escaped": ("é".encode(), b"\\u00e9"),
    "half of a letter": ("é".encode(), b"\xc3"),
    "another version of CloudEvents": (b'"1.0"', b'"1.1"'),
    "another kind of content": (b"application/json", b"application/octet-stream"),
    "an empty post": (b'"post":"Vocal"', b'"post":""'),
    "an upper case command": (b"00000000-0000-4000-8", b"0000000A-0000-4000-8"),
}


@pytest.mark.parametrize("case", NEARLY_RIGHT)
def test_what_is_nearly_an_entry_is_refused(case: str) -> None:
    before, after = NEARLY_RIGHT[case]
    assert before in GOOD

    with pytest.raises(NotAsItMustBe) as refused:
        read_entry(GOOD.replace(before, after, 1), ORIGIN)
    assert refused.value.en != refused.value.es


@pytest.mark.parametrize(
    "wrong", [b"", b"{}", GOOD[:-1], GOOD + b"\n", b" " + GOOD, b"\xef\xbb\xbf" + GOOD, GOOD * 2]
)
def test_an_entry_has_nothing_before_or_after_it(wrong: bytes) -> None:
    with pytest.raises(NotAsItMustBe):
        read_entry(wrong, ORIGIN)


@pytest.mark.parametrize("packed", [b"AB==", b"A", b"A===", b"AAA=AAA="])
def test_base64_is_written_in_its_one_way(packed: bytes) -> None:
    whole = entry(event(7, "any", 1, b"\xff"), ORIGIN)
    given = base64.b64encode(b"\xff")

    with pytest.raises(NotAsItMustBe):
        read_entry(whole.replace(b'64":"' + given, b'64":"' + packed), ORIGIN)


def test_data_nested_beyond_any_reader_is_refused() -> None:
    with pytest.raises(NotAsItMustBe):
        read_entry(GOOD.replace(b"[1,{}]", b"[" * 60_000), ORIGIN)
