"""Uploads that can be resumed: begun, broken off, asked about, gone on with, finished or let go of."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from httpx2 import Response

from api.routes.uploads import PARTIAL
from tests.api.harness import Api
from tests.api.test_documents import DOCUMENTS, written
from tests.sample_documents import large_pdf, pdf

CONTENT = large_pdf(300_000)


def mine(api: Api) -> dict[str, str]:
    """Return the headers of a coordinator of Jalisco."""
    return {"Authorization": f"Bearer {api.token()}"}


def begun(api: Api, *, length: int | None = len(CONTENT), name: str = "") -> str:
    """Begin an upload, and return its address."""
    sized = {} if length is None else {"Upload-Length": str(length)}
    answer = api.client.post(
        f"{DOCUMENTS}/uploads", params={"name": name} if name else {}, headers=mine(api) | sized
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["Upload-Limit"].startswith("max-size=26214400")
    return str(answer.headers["Location"])


def append(
    api: Api, address: str, offset: int, piece: bytes, *, last: bool = False, **headers: str
) -> Response:
    """Send a piece."""
    sent = {
        **mine(api),
        "Content-Type": PARTIAL,
        "Upload-Offset": str(offset),
        "Upload-Complete": "?1" if last else "?0",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return api.client.patch(address, content=piece, headers=sent)


def offset_of(api: Api, address: str) -> int:
    """Ask how far an upload has come."""
    answer = api.client.head(address, headers=mine(api))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return int(answer.headers["Upload-Offset"])


def test_an_upload_in_pieces_is_the_document(api: Api) -> None:
    address = begun(api, name="acta.pdf")
    first = append(api, address, 0, CONTENT[:100_000], Content_Digest=written(CONTENT[:100_000]))
    offset = offset_of(api, address)
    last = append(api, address, offset, CONTENT[offset:], last=True, Repr_Digest=written(CONTENT))

    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "100000")
    assert offset == 100_000
    assert last.status_code == 201, last.text
    assert last.json()["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert api.client.head(address, headers=mine(api)).status_code == 404


def test_a_piece_at_another_offset_is_told_where_to_go_on(api: Api) -> None:
    address = begun(api)
    append(api, address, 0, CONTENT[:1000])
    again = append(api, address, 0, CONTENT[:1000])

    assert (again.status_code, again.json()["rule"]) == (409, "upload-at-another-offset")
    assert again.headers["Upload-Offset"] == "1000"
    assert offset_of(api, address) == 1000


def test_a_piece_that_arrived_otherwise_than_it_was_sent_is_not_kept(api: Api) -> None:
    address = begun(api)
    refused = append(api, address, 0, CONTENT[:1000], Content_Digest=written(b"another"))

    assert (refused.status_code, refused.json()["rule"]) == (422, "digest-differs")
    assert offset_of(api, address) == 0


def test_an_upload_that_ends_too_early_goes_on(api: Api) -> None:
    address = begun(api)
    early = append(api, address, 0, CONTENT[:1000], last=True)

    assert early.status_code == 409
    assert append(api, address, 1000, CONTENT[1000:], last=True).status_code in {200, 201}


def test_more_than_was_announced_is_refused(api: Api) -> None:
    address = begun(api, length=1000)

    assert append(api, address, 0, CONTENT[:2000]).status_code == 413
    assert offset_of(api, address) == 0


def test_what_is_too_large_is_refused_before_a_byte_is_sent(api: Api) -> None:
    answer = api.client.post(f"{DOCUMENTS}/uploads", headers=mine(api) | {"Upload-Length": str(2**40)})

    assert (answer.status_code, answer.json()["rule"]) == (413, "document-too-large")


def test_a_whole_upload_that_is_no_document_is_let_go_of(api: Api) -> None:
    address = begun(api, length=None, name="plan.xlsx")
    refused = append(api, address, 0, pdf("called a sheet"), last=True)

    assert (refused.status_code, refused.json()["rule"]) == (422, "document-not-as-named")
    assert api.client.head(address, headers=mine(api)).status_code == 404


def test_nobody_else_sees_or_goes_on_with_an_upload(api: Api) -> None:
    address = begun(api)
    other = {"Authorization": f"Bearer {api.token('coordinator', 'MX-COL')}"}

    for answer in (
        api.client.get(address, headers=other),
        api.client.patch(
            address, content=b"x", headers=other | {"Content-Type": PARTIAL, "Upload-Offset": "0"}
        ),
        api.client.delete(address, headers=other),
    ):
        assert (answer.status_code, answer.json()["rule"]) == (404, "unknown-upload")
    assert offset_of(api, address) == 0


def test_an_upload_can_be_let_go_of(api: Api) -> None:
    address = begun(api)

    assert api.client.delete(address, headers=mine(api)).status_code == 204
    assert api.client.get(address, headers=mine(api)).status_code == 404


def test_an_upload_is_over_after_a_day(api: Api) -> None:
    clock = api.resources.clock
    bearer = {"Authorization": f"Bearer {api.token(days=3)}"}
    address = api.client.post(f"{DOCUMENTS}/uploads", headers=bearer).headers["Location"]
    assert api.client.get(address, headers=bearer).status_code == 200
    api.resources.clock = lambda: clock() + timedelta(days=1)
    try:
        assert api.client.get(address, headers=bearer).status_code == 404
    finally:
        api.resources.clock = clock


@pytest.mark.parametrize(
    ("headers", "status", "rule"),
    [
        ({"Content-Type": "application/octet-stream"}, 415, "upload-type-unsupported"),
        ({"Upload-Offset": "-1"}, 400, "upload-header-unreadable"),
        ({"Upload-Offset": "1e3"}, 400, "upload-header-unreadable"),
        ({"Upload-Offset": "9" * 30}, 400, "upload-header-unreadable"),
        ({"Upload-Offset": "7"}, 409, "upload-at-another-offset"),
    ],
)
def test_a_piece_with_wrong_headers_is_refused(
    api: Api, headers: dict[str, str], status: int, rule: str
) -> None:
    address = begun(api)
    sent = mine(api) | {"Content-Type": PARTIAL, "Upload-Offset": "0"} | headers
    answer = api.client.patch(address, content=b"x", headers=sent)

    assert (answer.status_code, answer.json()["rule"]) == (status, rule)


@pytest.mark.parametrize("id_", ["0" * 32, "..%2F..%2Fetc%2Fpasswd", "x"])
def test_an_upload_that_never_began_is_not_there(api: Api, id_: str) -> None:
    assert api.client.get(f"{DOCUMENTS}/uploads/{id_}", headers=mine(api)).status_code == 404
