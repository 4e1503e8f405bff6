"""Who may do what: tokens, their roles and territories, and the rule every route has."""

from __future__ import annotations

import time

import pytest
from fastapi import APIRouter, FastAPI

from api.access import PUBLIC, RouteWithoutAccessRule, refuse_routes_without_access_rule
from domain.access import Role
from tests.api.harness import ACT, FEDERAL, Api, milestone


def test_an_application_with_a_route_that_names_no_rule_does_not_start() -> None:
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    good, bad = APIRouter(dependencies=[PUBLIC]), APIRouter()

    @good.get("/good")
    def read() -> None: ...

    @bad.get("/bad")
    def leak() -> None: ...

    app.include_router(good)
    refuse_routes_without_access_rule(app)
    app.include_router(bad)
    with pytest.raises(RouteWithoutAccessRule, match="GET /bad does not say who may ask it"):
        refuse_routes_without_access_rule(app)


def test_reading_needs_no_token_and_writing_does(api: Api) -> None:
    answer = api.client.post(f"{milestone('L001')}/start", json={"occurred_at": ACT})

    assert api.client.get(milestone("L001")).status_code == 200
    assert (answer.status_code, answer.json()["rule"]) == (401, "token-missing")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "credentials",
    ["Bearer", "Bearer x", "Basic eDp5", "Bearer bit_000000000000_" + "A" * 43,
     "bit_000000000000_" + "A" * 43,
     "Bearer bit_zz_x", "Bearer " + "A" * 5000, "Bearer bit_000000000000_" + "A" * 42 + "%00", "bearer\tx"],
)  # fmt: skip
def test_credentials_that_are_none_are_refused_alike(api: Api, credentials: str) -> None:
    head = api.head()
    answer = api.client.post(f"{milestone('L001')}/start", headers={"Authorization": credentials})

    assert answer.status_code == 401
    assert api.head() == head


def test_the_right_id_with_another_secret_is_refused(api: Api) -> None:
    token = api.token("coordinator", "MX-JAL")
    wrong = token[:-1] + ("A" if token[-1] != "A" else "B")

    assert api.write(f"{milestone('L001')}/start", token=wrong).json()["rule"] == "token-not-good"


def test_a_token_speaks_for_its_own_territory(api: Api) -> None:
    jalisco = api.token("coordinator", "MX-JAL")
    colima = api.token("coordinator", "MX-COL")
    country = api.token("coordinator", "MX")
    path = f"{milestone('F008.2026-10-JAL', FEDERAL)}/start"

    refused = api.write(path, token=colima)
    national = api.write(f"{milestone('F001', FEDERAL)}/start", token=jalisco)

    assert (refused.status_code, refused.json()["rule"]) == (403, "another-territory")
    assert (national.status_code, national.json()["rule"]) == (403, "another-territory")
    assert api.write(path, token=jalisco).status_code == 200
    assert api.write(f"{milestone('F001', FEDERAL)}/start", token=country).status_code == 200


@pytest.mark.parametrize(
    ("role", "reports", "validates", "opens"),
    [
        ("coordinator", 200, 403, 403),
        ("validator", 403, 422, 403),
        ("auditor", 403, 403, 403),
        ("administrator", 200, 422, 200),
    ],
)
def test_a_role_does_what_it_is_for(api: Api, role: Role, reports: int, validates: int, opens: int) -> None:
    token = api.issue(role, "MX")
    row = {"coordinator": "L082", "validator": "L083", "auditor": "L084", "administrator": "L085"}[role]
    body = {"kind": "local_election", "territory": "MX-COL", "cycle": "2026-2027"}

    validated = api.write(f"{milestone('L086')}/validation", token=token)
    reported = api.write(f"{milestone(row)}/start", token=token)
    opened = api.write("/api/v1/processes", body, token=token, etag='"0"')

    assert (reported.status_code, validated.status_code) == (reports, validates)
    assert opened.status_code in {opens, 201 if opens == 200 else opens}


def test_opening_a_process_twice_opens_it_once(api: Api) -> None:
    body = {"kind": "local_election", "territory": "MX-NAY", "cycle": "2026-2027"}
    first = api.write("/api/v1/processes", body, etag='"0"')
    head = api.head()
    second = api.write("/api/v1/processes", body, etag='"0"')

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.headers["Location"] == "/api/v1/processes/pel-2026-2027-nay"
    assert (first.json()["changed"], second.json()["changed"]) == (True, False)
    assert api.head() == head
    assert api.read(first.headers["Location"]).json()["milestones"] > 50


def test_a_process_is_confirmed_and_closed_by_who_administers_it(api: Api) -> None:
    body = {"kind": "local_election", "territory": "MX-COA", "cycle": "2026-2027"}
    path = api.write("/api/v1/processes", body, etag='"0"').headers["Location"]
    assert not api.read(path).json()["confirmed"]

    refused = api.write(
        f"{path}/confirmation", {"instrument": "Decreto"}, token=api.token("coordinator", "MX-COA")
    )
    confirmed = api.write(f"{path}/confirmation", {"instrument": "Decreto 1"})
    stale = api.write(f"{path}/closing", {"instrument": "Acta"}, etag='"5"')
    closed = api.write(f"{path}/closing", {"instrument": "Acta"})

    assert refused.status_code == 403
    assert confirmed.json()["changed"]
    assert api.read(f"{path}").json()["confirmed"]
    assert stale.status_code == 412
    assert closed.json()["status"] == "closed"
    row = api.read(path).json()
    assert 0 < row["open_milestones"] <= row["milestones"]
    told = api.read(f"{path}/history?newest_first=true&limit=1").json()["items"][0]
    assert (told["type"], told["payload"]["open_milestones"]) == ("ProcessClosed", row["open_milestones"])
    missing = api.write("/api/v1/processes/pel-2030-2031-jal/closing", {"instrument": "Acta"}, etag='"5"')
    assert (missing.status_code, missing.json()["rule"]) == (404, "unknown-process")


def test_no_process_begins_or_ends_in_the_future(api: Api) -> None:
    later = {"occurred_at": "2026-11-22T12:00:00-06:00"}
    body = {"kind": "local_election", "territory": "MX-OAX", "cycle": "2026-2027"}
    path = api.write("/api/v1/processes", body, etag='"0"').headers["Location"]
    head = api.head()
    answers = [
        api.write("/api/v1/processes", {**body, "territory": "MX-PUE", **later}, etag='"0"'),
        api.write(f"{path}/closing", {"instrument": "Acta", **later}),
    ]

    assert [(answer.status_code, answer.json()["rule"]) for answer in answers] == [
        (422, "act-in-the-future")
    ] * 2
    assert api.head() == head


def test_a_revoked_token_is_useless_within_five_seconds(api: Api) -> None:
    token = api.issue("coordinator", "MX-JAL")
    path = f"{milestone('L088')}/start"
    assert api.write(path, token=token).status_code == 200
    api.revoke(token)
    revoked_at = time.monotonic()

    while api.write(path, token=token).status_code != 401:
        assert time.monotonic() - revoked_at < 5
        time.sleep(0.1)


def test_a_refusal_calls_roles_and_places_by_their_names(api: Api) -> None:
    auditor = api.write(f"{milestone('L089')}/start", token=api.token("auditor", "MX-JAL")).json()
    elsewhere = api.write(f"{milestone('L089')}/start", token=api.token("coordinator", "MX-COL")).json()

    assert auditor["detail"].startswith("El papel de auditoría no permite")
    assert elsewhere["detail"].startswith(
        "Tu nombramiento es para Colima (MX-COL) y esto es de Jalisco (MX-JAL)"
    )


def test_an_expired_token_is_useless(api: Api) -> None:
    expired = api.issue("coordinator", "MX-JAL", days=-1)

    assert api.write(f"{milestone('L001')}/start", token=expired).json()["rule"] == "token-not-good"
