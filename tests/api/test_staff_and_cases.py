"""A case that is not public: its authority, signed in, reports and sees receipts; for others it is not there."""

from __future__ import annotations

import re
from typing import Any, cast
from uuid import uuid4

import pytest
from httpx2 import Response

from ledger.desk.sessions import begin_session
from tests.api.cases import open_case, report
from tests.api.harness import Api
from tests.pages.site import Site
from tests.pages.staff import appoint, enrolled

HERE = "http://localhost"
"""Where people sign in without an address of their own."""


@pytest.fixture(scope="module")
def reserved(api: Api) -> str:
    """The id of a reserved case of Jalisco."""
    opened = open_case(
        api,
        kind="data_rights_request",
        territory="MX-JAL",
        folio="0b9f3c52-6f0e-4f43-9a58-2f6f6b1f7d11",
        facts=[],
        matter=None,
    )
    assert opened.status_code == 201, opened.text
    return str(opened.json()["process"])


def signed_in(api: Api, territory: str) -> dict[str, str]:
    """Return the cookie of a new coordinator of a territory."""
    site = Site(HERE, api.resources, cast("Any", api.client))
    person = enrolled(site)
    appoint(site, person, territory=territory)
    with api.resources.desk.connection() as connection:
        return {"Cookie": f"bitacora-local={begin_session(connection, person, api.resources.clock())}"}


def ask(api: Api, path: str, cookie: dict[str, str]) -> Response:
    return api.client.get(HERE + path, headers={"Accept": "text/html", **cookie})


def said(answer: Response) -> str:
    """Return what a page says, without the address it was asked at."""
    page = answer.text.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"[a-z]+-2026-[a-z0-9-]+|[0-9a-f-]{36}", "…", page)


def test_the_form_of_a_reserved_case_is_there_for_its_authority_alone(api: Api, reserved: str) -> None:
    form = f"/procesos/{reserved}/actividades/S01/reportar?que=completion"
    never = "/procesos/arco-2026-mx-jal-0000/actividades/S01/reportar?que=completion"
    own, other = signed_in(api, "MX-JAL"), signed_in(api, "MX-SON")

    assert ask(api, form, own).status_code == 200
    assert ask(api, form, other).status_code == ask(api, never, other).status_code == 404
    assert said(ask(api, form, other)).replace(reserved, "…") == said(ask(api, never, other))
    sent = api.client.post(HERE + form, data={}, headers={"Accept": "text/html", **other})
    assert sent.status_code == 403, "a form without its key, whatever it is about"


def test_the_receipt_of_a_reserved_case_is_there_for_its_authority_alone(api: Api, reserved: str) -> None:
    key = report(api, reserved, "S01", body={"instrument": "0b9f3c52-6f0e-4f43-9a58-2f6f6b1f7d12"}).json()[
        "command_id"
    ]
    own, other = signed_in(api, "MX-JAL"), signed_in(api, "MX-SON")

    assert ask(api, f"/acuses/{key}", own).status_code == 200
    assert ask(api, f"/acuses/{key}", other).status_code == 404
    assert ask(api, f"/acuses/{key}", {}).status_code == 404
    assert said(ask(api, f"/acuses/{key}", other)) == said(ask(api, f"/acuses/{uuid4()}", other))


def test_a_receipt_can_be_read_where_nobody_can_sign_in(api: Api) -> None:
    opened = open_case(api, folio="UT/SCG/Q/78/2026")
    receipt = api.client.get(
        f"/acuses/{opened.json()['command_id']}",
        headers={"Accept": "text/html", "Host": "b.example.mx", "Cookie": "another=1; bitacora-local=x"},
    )

    assert receipt.status_code == 200
