"""The headers of requests and answers, as the API's description tells of them: the framework sees none of ours."""

from __future__ import annotations

from typing import Any

from api import csv_table
from api.preconditions import KEY_HEADER, MATCH_HEADER
from api.reading import MIN_POSITION_HEADER

Operation = dict[str, Any]
"""An operation object of OpenAPI 3.1."""

_KEY = {
    "name": KEY_HEADER,
    "in": "header",
    "required": True,
    "description": "A UUID, new for each request and the same when it is repeated: it is never recorded twice.",
    "schema": {"type": "string", "format": "uuid"},
    "example": "0e9c8d1a-5b1f-4a53-9a6c-2f6f2d6f7c11",
}
_MATCH = {
    "name": MATCH_HEADER,
    "in": "header",
    "required": True,
    "description": "The `ETag` it was read with, as it came (RFC 9110, section 13.1.1), or that of the last receipt.",
    "schema": {"type": "string", "pattern": '^"[0-9]{1,18}(-[0-9a-f]+)?"$'},
    "example": '"4711"',
}
_KNOWN = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of what the reader has: where it is still so, the answer is 304 and empty.",
    "schema": {"type": "string"},
    "example": '"4711-0f3a"',
}
_MIN_POSITION = {
    "name": MIN_POSITION_HEADER,
    "in": "header",
    "required": False,
    "description": "A position that must be told in the answer: after a report, the receipt's `position`. "
    "The read waits up to a second for it, then answers 503; beyond the log's end, 422.",
    "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
    "example": "4711",
}

_TAG = {"description": "Names this state of the resource.", "schema": {"type": "string"}}
_LINK = {"description": 'The next page, `rel="next"` (RFC 8288).', "schema": {"type": "string"}}
_POSITION = {"description": "Where the log ends.", "schema": {"type": "string", "pattern": "^[0-9]+$"}}
_REPLAYED = {
    "description": "`true` where this key was recorded earlier: the answer is that of then.",
    "schema": {"type": "string", "const": "true"},
}


def key_header() -> Operation:
    """Return the header that makes a write repeatable, for a route that reads its own body."""
    return dict(_KEY)


def describe_read(operation: Operation) -> None:
    """Say what a read may bring, and what it gets besides its rows."""
    names = {parameter["name"] for parameter in operation.get("parameters", [])}
    answer = operation["responses"]["200"]
    answer.setdefault("headers", {}).update({"ETag": _TAG, "Bitacora-Position": _POSITION})
    operation["responses"]["304"] = {"description": "The reader has it already."}
    operation.setdefault("parameters", []).append(_KNOWN)
    if names & {"as_of", "since"}:
        operation["parameters"].append(_MIN_POSITION)
    if "/Page_" in str(answer.get("content", {}).get("application/json")):
        answer["content"][csv_table.MEDIA_TYPE] = {"schema": {"type": "string"}}
    if "cursor" in names:
        answer["headers"]["Link"] = _LINK


def describe_body(operation: Operation, body: str) -> None:
    """Say what a request must hold; ``body`` names its schema."""
    reference = {"$ref": f"#/components/schemas/{body}"}
    operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": reference}}}


def describe_key(operation: Operation) -> None:
    """Say that a request brings a key that makes it repeatable."""
    operation.setdefault("parameters", []).append(_KEY)


def describe_write(operation: Operation, body: str, *, exists: bool) -> None:
    """Say what a write must bring, and what its receipt comes with; ``body`` names the schema of its request."""
    describe_body(operation, body)
    operation.setdefault("parameters", []).extend([_KEY, _MATCH] if exists else [_KEY])
    operation["security"] = [{"token": []}]
    if created := operation["responses"].get("201"):
        operation["responses"]["200"] = created | {
            "description": "It was so already: nothing new was recorded."
        }
    for status in ("200", "201"):
        if status in operation["responses"]:
            headers = {"ETag": _TAG, "Bitacora-Position": _POSITION, "Idempotency-Replayed": _REPLAYED}
            operation["responses"][status]["headers"] = headers
