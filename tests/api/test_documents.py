"""Evidence by HTTP: uploaded, attached, withdrawn, downloaded, and by whom it may be had."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response

from tests.api.cases import open_case, report
from tests.api.harness import Api, milestone
from tests.sample_documents import bomb, pdf, xlsx

DOCUMENTS = "/api/v1/documents"


def send(api: Api, content: bytes, *, name: str = "", token: str | None = None, **headers: str) -> Response:
    """Upload a document."""
    sent = {"Authorization": f"Bearer {token or api.token()}"} | {
        key.replace("_", "-"): value for key, value in headers.items()
    }
    return api.client.post(DOCUMENTS, params={"name": name} if name else {}, content=content, headers=sent)


def sent(api: Api, content: bytes) -> str:
    """Upload a document, and return its digest."""
    answer = send(api, content)
    assert answer.status_code in {200, 201}, answer.text
    return str(answer.json()["sha256"])


def written(content: bytes) -> str:
    """Return a digest as a header has it."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


def reported(api: Api, id_: str) -> str:
    """Return the path of an activity that was started."""
    path = milestone(id_)
    assert api.write(f"{path}/start").status_code == 200
    return path


def attach(api: Api, path: str, evidence: Mapping[str, Any], **more: Any) -> Response:
    """Attach evidence to an activity."""
    return api.write(f"{path}/evidence", {"evidence": evidence}, **more)


def download(api: Api, sha256: str, **headers: str) -> Response:
    """Ask for a document."""
    return api.read(f"{DOCUMENTS}/{sha256}", **headers)


def test_a_document_is_uploaded_attached_and_downloaded_as_it_was(api: Api) -> None:
    content, path = pdf("the agreement"), reported(api, "L001")
    uploaded = send(
        api, content, name="acuerdo.pdf", Repr_Digest=written(content), Content_Digest=written(content)
    )
    sha256 = hashlib.sha256(content).hexdigest()
    before = download(api, sha256)
    attached = attach(api, path, {"name": "Acuerdo 12", "sha256": sha256})
    given = download(api, sha256)

    assert uploaded.status_code == 201
    assert uploaded.json() == {"sha256": sha256, "size_bytes": len(content), "media_type": "application/pdf"}
    assert uploaded.headers["Location"] == f"{DOCUMENTS}/{sha256}"
    assert before.status_code == 404
    assert attached.status_code == 200, attached.text
    assert given.content == content
    assert given.headers["Repr-Digest"] == written(content)
    assert given.headers["Content-Disposition"] == f'attachment; filename="{sha256[:16]}.pdf"'
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in given.headers["Content-Security-Policy"]
    assert given.headers["Accept-Ranges"] == "none"
    assert given.headers["Content-Type"] == "application/pdf"


def test_evidence_is_listed_with_what_it_is_and_read_again_as_of_a_moment(api: Api) -> None:
    path, content = reported(api, "L002"), xlsx()
    sha256 = sent(api, content)
    evidence = {
        "name": "Relación de casillas",
        "sha256": sha256,
        "reference": {"number": "IEPC-ACG-012/2026", "body": "Consejo General", "issued_on": "2026-11-20"},
    }
    attached = attach(api, path, evidence).json()
    listed = api.read(f"{path}/evidence").json()["items"]
    earlier = api.read(f"{path}/evidence?as_of={attached['position'] - 1}").json()["items"]

    assert earlier == []
    assert len(listed) == 1
    assert listed[0]["version"] == attached["version"]
    assert listed[0]["supports"] == 2
    assert listed[0]["size_bytes"] == len(content)
    assert listed[0]["media_type"].endswith("spreadsheetml.sheet")
    assert listed[0]["reference"] == evidence["reference"]
    assert api.read(f"{path}/evidence", Accept="text/csv").text.startswith("version,supports,name,sha256")


def test_the_same_document_is_kept_once_and_attached_once(api: Api) -> None:
    path, content = reported(api, "L003"), pdf("sent twice")
    first, second = send(api, content), send(api, content)
    evidence = {"name": "Acta", "sha256": first.json()["sha256"]}
    once, again = attach(api, path, evidence), attach(api, path, {**evidence, "name": "La misma"})

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert (once.json()["changed"], again.json()["changed"]) == (True, False)


def test_the_same_request_attaches_once(api: Api) -> None:
    path, key = reported(api, "L004"), str(uuid4())
    tag, evidence = api.etag(path), {"name": "Acta", "sha256": sent(api, pdf("by one key"))}
    once = attach(api, path, evidence, key=key, etag=tag)
    head = api.head()
    again = attach(api, path, evidence, key=key, etag=tag)

    assert once.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert api.head() == head


def test_withdrawn_evidence_stays_listed_and_is_no_longer_given_to_anyone(api: Api) -> None:
    path = reported(api, "L005")
    sha256 = sent(api, pdf("withdrawn"))
    attached = attach(api, path, {"name": "Con datos personales", "sha256": sha256}).json()
    withdrawn = api.write(
        f"{path}/evidence-withdrawal", {"withdraws": attached["version"], "reason": "Era otro documento."}
    )
    (listed,) = api.read(f"{path}/evidence").json()["items"]
    history = api.read(f"{path}/history").json()["items"]
    jalisco = {"Authorization": f"Bearer {api.token('auditor', 'MX-JAL')}"}
    colima = {"Authorization": f"Bearer {api.token('auditor', 'MX-COL')}"}

    assert withdrawn.status_code == 200, withdrawn.text
    assert listed["reason"] == "Era otro documento."
    assert listed["withdrawn_at"] is not None
    assert [one["corrected_by"] for one in history if one["type"] == "EvidenceAttached"] == [
        withdrawn.json()["position"]
    ]
    assert download(api, sha256).status_code == 404
    assert download(api, sha256, **colima).status_code == 404
    assert download(api, sha256, **jalisco).status_code == 200


def test_a_completion_owes_its_document_until_one_is_attached(api: Api) -> None:
    path = milestone("L006")
    api.write(f"{path}/completion", {"evidence": [{"name": "Acuerdo"}]})
    pending = api.read(path).json()["owes"]
    attach(api, path, {"name": "Acuerdo", "reference": {"number": "IEPC-ACG-006/2026"}})

    assert pending == ["evidence"]
    assert api.read(path).json()["owes"] == []


@pytest.mark.parametrize(
    ("evidence", "rule"),
    [
        ({"name": "Acta", "sha256": "ab" * 32}, "document-not-kept"),
        ({"name": "Acta"}, "evidence-unidentified"),
        ({"name": "Acta", "sha256": "../../etc/passwd"}, "invalid-fields"),
        ({"name": "acta\u202efdp.exe", "address": "https://example.mx"}, "invalid-fields"),
    ],
)
def test_what_names_no_document_is_not_attached(api: Api, evidence: dict[str, Any], rule: str) -> None:
    path = reported(api, "L012")
    head = api.head()
    answer = attach(api, path, evidence)

    assert (answer.status_code, answer.json()["rule"]) == (422, rule)
    assert api.head() == head


def test_who_speaks_for_another_territory_attaches_nothing(api: Api) -> None:
    evidence = {"name": "Acta", "sha256": sent(api, pdf("another territory"))}
    answer = attach(api, milestone("L001"), evidence, token=api.token("coordinator", "MX-COL"))

    assert (answer.status_code, answer.json()["rule"]) == (403, "another-territory")


def test_documents_are_sent_by_who_reports_or_validates(api: Api) -> None:
    nobody = api.client.post(DOCUMENTS, content=pdf())
    auditor = send(api, pdf(), token=api.token("auditor", "MX"))
    validator = send(api, pdf("by a validator"), token=api.token("validator", "MX-JAL"))

    assert (nobody.status_code, nobody.json()["rule"]) == (401, "token-missing")
    assert (auditor.status_code, auditor.json()["rule"]) == (403, "role-not-enough")
    assert validator.status_code == 201


@pytest.mark.parametrize(
    ("content", "name", "headers", "status", "rule"),
    [
        (b"", "", {}, 422, "document-empty"),
        (pdf(), "plan.xlsx", {}, 422, "document-not-as-named"),
        (pdf(), "../../../etc/cron.d/x.pdf", {}, 422, "document-name-unusable"),
        (pdf(), "acta\u202efdp.exe", {}, 422, "document-name-unusable"),
        (pdf(), "acta\x07.pdf", {}, 422, "document-name-unusable"),
        (bomb(), "plan.docx", {}, 422, "document-package-unsafe"),
        (b"MZ" + b"\0" * 99, "acta.pdf", {}, 422, "document-kind-not-taken"),
        (pdf(), "", {"Repr_Digest": written(b"another")}, 422, "digest-differs"),
        (pdf(), "", {"Content_Digest": written(b"another")}, 422, "digest-differs"),
        (pdf(), "", {"Repr_Digest": "sha-256=:x:"}, 400, "digest-unreadable"),
        (pdf(), "", {"Repr_Digest": "sha-256=abc"}, 400, "digest-unreadable"),
        (pdf(), "", {"Content_Encoding": "gzip"}, 415, "content-encoding-unsupported"),
    ],
)
def test_a_bad_document_is_refused_in_words_and_nothing_is_kept(
    api: Api, content: bytes, name: str, headers: dict[str, str], status: int, rule: str
) -> None:
    before = list(api.resources.documents.all())
    answer = send(api, content, name=name, **headers)

    assert (answer.status_code, answer.json()["rule"]) == (status, rule)
    assert list(api.resources.documents.all()) == before
    assert [
        path for path in (api.resources.documents.folder / "parts").iterdir() if path.suffix == ".part"
    ] == []


def test_a_digest_of_another_algorithm_is_no_reason_to_refuse(api: Api) -> None:
    assert send(api, pdf("sha-512"), Repr_Digest="sha-512=:AAAA:").status_code == 201


def test_a_reader_who_has_the_document_is_not_sent_it_again(api: Api) -> None:
    path = reported(api, "L010")
    sha256 = sent(api, pdf("cached"))
    attach(api, path, {"name": "Acta", "sha256": sha256})

    again = download(api, sha256, If_None_Match=download(api, sha256).headers["ETag"])
    part = download(api, sha256, Range="bytes=0-3")

    assert (again.status_code, again.content) == (304, b"")
    assert (part.status_code, part.content) == (200, pdf("cached"))


def test_a_document_whose_bytes_are_gone_says_so(api: Api) -> None:
    path = reported(api, "L011")
    sha256 = sent(api, pdf("gone"))
    attach(api, path, {"name": "Acta", "sha256": sha256})
    kept = api.resources.documents.find(sha256)
    assert kept is not None
    kept.path.unlink()

    answer = download(api, sha256)

    assert (answer.status_code, answer.json()["rule"]) == (410, "document-gone")


def test_the_documents_of_a_listed_case_are_for_its_own_authority(api: Api) -> None:
    opened = open_case(
        api, kind="information_request", territory="MX-JAL", folio="330031999", matter=None, facts=[]
    )
    case = opened.json()["process"]
    assert report(api, case, "S01").status_code == 200
    path, content = f"/api/v1/processes/{case}/milestones/S01", pdf("of a listed case")
    jalisco, colima = (
        {"Authorization": f"Bearer {api.token('auditor', place)}"} for place in ("MX-JAL", "MX-COL")
    )
    tag = api.read(path, **jalisco).headers["ETag"]
    attached = attach(api, path, {"name": "Oficio", "sha256": sent(api, content)}, etag=tag)
    sha256 = hashlib.sha256(content).hexdigest()

    assert attached.status_code == 200, attached.text
    for reader, status in ((jalisco, 200), (colima, 404), ({}, 404)):
        assert download(api, sha256, **reader).status_code == status
        assert api.read(f"{path}/evidence", **reader).status_code == status


def test_a_reserved_case_has_no_documents_in_the_log(api: Api) -> None:
    folio = "0b9f3c52-6f0e-4f43-9a58-2f6f6b1f7d11"
    opened = open_case(
        api, kind="data_rights_request", territory="MX-JAL", folio=folio, matter=None, facts=[]
    )
    case = opened.json()["process"]
    assert report(api, case, "S01").status_code == 200
    path = f"/api/v1/processes/{case}/milestones/S01"
    tag = api.read(path, Authorization=f"Bearer {api.token('auditor', 'MX-JAL')}").headers["ETag"]
    answer = attach(api, path, {"name": "Oficio", "sha256": sent(api, pdf("reserved"))}, etag=tag)

    assert (answer.status_code, answer.json()["rule"]) == (422, "private-words")
