"""Bodies no command may come in: each with the status it gets. None may be recorded, and none may break anything."""

from __future__ import annotations

import json
from collections.abc import Iterator

GOOD = {"occurred_at": "2026-11-20T12:30:00-06:00"}
JSON = "application/json"

Case = tuple[str, bytes, str, int]
"""A name, the bytes, the content type, the expected status."""


def bodies() -> Iterator[Case]:
    """Yield every case."""
    yield from _not_json()
    yield from _not_text()
    yield from _not_exact()
    yield from _wrong_types()
    yield from _wrong_instants()
    yield from _wrong_fields()
    yield from _wrong_content_types()


def _not_json() -> Iterator[Case]:
    texts = [
        "", " ", "{", "}", "[", '{"note"', '{"note":', '{"note":}', "{'note': 'x'}", "{note: 1}", "nul",
        "True", "undefined",
        "{} {}", "{},", "[]]", "// x\n{}", "/* x */{}", '{"note":"x",}', '{"note":"a\nb"}',
        '{"note":"\\x41"}',
        '{"note":"\\u12"}', '{"note":"\\', '{"done":01}', '{"done":.5}', '{"done":1.}', '{"done":+1}', '{"done":0x10}',
        '{"done":1e}', '{"done":--1}', '{"done":1_000}', "<a/>", "note=x", "---\nnote: x", "\u2028", "\x1e{}",
        '{"a":1}{"b":2}',
    ]  # fmt: skip
    for number, text in enumerate(texts):
        yield f"not JSON {number}", text.encode(), JSON, 400


def _not_text() -> Iterator[Case]:
    good = json.dumps({**GOOD, "note": "x"})
    yield "BOM", b"\xef\xbb\xbf" + good.encode(), JSON, 400
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "cp037"):
        yield encoding, good.encode(encoding), JSON, 400
    for name, raw in {
        "lone continuation": b"\x80", "overlong slash": b"\xc0\xaf", "overlong NUL": b"\xc0\x80",
        "surrogate": b"\xed\xa0\x80",
        "beyond Unicode": b"\xf4\x90\x80\x80", "cut off": b"\xe2\x82", "latin-1": b"caf\xe9", "FF": b"\xff",
        "FE": b"\xfe",
    }.items():  # fmt: skip
        yield f"invalid UTF-8: {name}", b'{"note":"' + raw + b'"}', JSON, 400
    for name, escape in {
        "high surrogate": "\\ud800", "low surrogate": "\\udfff", "reversed pair": "\\udc00\\ud800",
        "NUL": "\\u0000",
        "NUL inside": "a\\u0000b",
    }.items():  # fmt: skip
        yield (
            f"{name} in a value",
            json.dumps(GOOD)[:-1].encode() + f',"note":"{escape}"}}'.encode(),
            JSON,
            400,
        )
        yield f"{name} in a key", json.dumps(GOOD)[:-1].encode() + f',"{escape}":"x"}}'.encode(), JSON, 400
    yield "raw NUL", b'{"note":"\x00"}', JSON, 400
    yield "only NUL", b"\x00" * 64, JSON, 400
    for control in ("\\u0001", "\\u0008", "\\u001b[31m", "\\u007f", "\\u0085", "\\u009b"):
        yield (
            f"control {control}",
            json.dumps(GOOD)[:-1].encode() + f',"note":"{control}"}}'.encode(),
            JSON,
            422,
        )


def _not_exact() -> Iterator[Case]:
    good = json.dumps(GOOD)[:-1]
    for name, value in {
        "NaN": "NaN", "Infinity": "Infinity", "-Infinity": "-Infinity", "1e400": "1e400", "-1e400": "-1e400",
        "1e999999": "1e999999", "5,000 digits": "9" * 5000, "-5,000 digits": "-" + "9" * 5000,
        "20 digits": "1" + "0" * 19,
        "100,000 digits": "7" * 100_000,
    }.items():  # fmt: skip
        yield f"{name} as a figure", f'{good},"done":{value}}}'.encode(), JSON, 400
        yield f"{name} where nothing is asked", f'{good},"x":[{value}]}}'.encode(), JSON, 400
    for name, text in {
        "known key twice": '{"note":"a","note":"b","occurred_at":"2026-11-20T12:30:00-06:00"}',
        "same value twice": '{"note":"a","note":"a"}',
        "escaped key twice": '{"note":"a","n\\u006fte":"b"}',
        "unknown key twice": '{"x":1,"x":1}',
        "deep key twice": '{"x":{"y":1,"y":2}}',
        "empty key twice": '{"":1,"":2}',
    }.items():
        yield name, text.encode(), JSON, 400
    for depth in (33, 100, 1_000, 50_000):
        yield f"{depth} lists deep", b'{"x":' + b"[" * depth + b"]" * depth + b"}", JSON, 400
        yield f"{depth} objects deep", b'{"":' * depth + b"1" + b"}" * depth, JSON, 400
        yield f"{depth} lists unclosed", b"[" * depth, JSON, 400
    yield "100,000 keys of a byte each twice", b"{" + b'"a":1,' * 30_000 + b'"a":1}', JSON, 400


def _wrong_types() -> Iterator[Case]:
    values: dict[str, object] = {
        "text": "7", "true": True, "false": False, "float": 1.0, "half": 1.5, "null": None, "list": [1],
        "object": {"n": 1},
        "negative": -1, "too many": 1_000_000_001, "2**53": 2**53, "2**63": 2**63 - 1, "empty": "",
        "exponent": 1e3,
    }  # fmt: skip
    for name, value in values.items():
        yield f"done: {name}", json.dumps({**GOOD, "done": value}).encode(), JSON, 422
    for name, value in {
        "number": 7, "true": True, "list": ["x"], "object": {"_type_": "x"}, "empty": "", "blank": "  \t ",
        "too long": "x" * 4001,
        "emoji too long": "🗳" * 4001,
    }.items():  # fmt: skip
        yield f"note: {name}", json.dumps({**GOOD, "done": 1, "note": value}).encode(), JSON, 422
    for name, value in {"list": [], "text": "x", "number": 1, "null": None, "true": True}.items():
        yield f"body: {name}", json.dumps(value).encode(), JSON, 422


def _wrong_instants() -> Iterator[Case]:
    for text in (
        "2026-11-20T12:30:00", "2026-11-20", "2026-11-20 12:30", "12:30", "1999-12-31T23:59:59Z",
        "2101-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
        "-2026-11-20T12:30:00Z",
        "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-20T24:01:00Z", "2026-11-20T12:60:00Z",
        "2026-11-20T12:30:61Z",
        "2026-11-20T12:30:00+25:00", "2026-W47-5T12:30:00Z", "2026-324T12:30:00Z", "ayer", "", "now",
        "infinity", "NaN",
        "1700000000", "1e11", "2026-11-20T12:30:00[America/Mexico_City]", "\uff12\uff10\uff12\uff16-11-20T12:30:00Z",
    ):  # fmt: skip
        yield f"occurred_at: {text!r}", json.dumps({"done": 1, "occurred_at": text}).encode(), JSON, 422
    values: tuple[object, ...] = (
        None,
        0,
        1_700_000_000,
        1.7e9,
        100_000_000_000,
        True,
        [],
        {},
        ["2026-11-20T12:30:00Z"],
    )
    for value in values:
        yield f"occurred_at: {value!r}", json.dumps({"done": 1, "occurred_at": value}).encode(), JSON, 422


def _wrong_fields() -> Iterator[Case]:
    whole = {**GOOD, "done": 1}
    for name in (
        "actor", "author", "recorded_at", "position", "status", "territory", "version", "type", "stream",
        "command_id", "id",
        "__proto__", "constructor", "_type_", "_data_", "$ref", "done ", "Done", "DONE", "", "model_config",
        "__class__", "ñ",
    ):  # fmt: skip
        yield f"unknown field {name!r}", json.dumps({**whole, name: "x"}).encode(), JSON, 422
    yield "poisoned transcoding", b'{"_type_":"x","_data_":"y"}', JSON, 422
    yield (
        "poisoned decimal",
        json.dumps({**whole, "note": {"_type_": "decimal_str", "_data_": "1E+99999999"}}).encode(),
        JSON,
        422,
    )
    yield "no occurred_at", b'{"done":1}', JSON, 422
    yield "no done", json.dumps(GOOD).encode(), JSON, 422
    yield "nothing", b"{}", JSON, 422
    yield (
        "60,000 unknown fields",
        json.dumps({**whole, **{f"k{n}": 1 for n in range(15_000)}}).encode(),
        JSON,
        422,
    )


def _wrong_content_types() -> Iterator[Case]:
    good = json.dumps({**GOOD, "done": 1}).encode()
    for content_type in (
        "", "text/plain", "text/json", "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x", "application/xml",
        "application/problem+json", "application/vnd.api+json", "application/merge-patch+json",
        "application/json; charset=utf-16",
        "application/json; charset=latin-1", "application/json, text/plain", "application/*", "*/*", "json",
        "application/jsonx",
        "application/json; boundary=x", "application/cloudevents+json", "application/octet-stream",
        "text/html; application/json",
    ):  # fmt: skip
        yield f"content type {content_type!r}", good, content_type, 415
