"""A log worth exporting: elections, a public case and a reserved one, reports, and the key it is signed with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from httpx2 import Response

from ledger.checkpoint import Checkpoint
from ledger.connect import connect
from ledger.integrator import Integrator
from ledger.key_folder import KeyFolder
from ledger.signer import Signer
from tests.api.cases import open_case, report
from tests.api.harness import ORIGIN, Api, milestone

NOTE = "=cmd|' /C calc'!A0"
PUBLIC_CASE = "pos-2026-mx-q-7"


def new_keys(folder: Path) -> KeyFolder:
    """Return a folder with a key for the log."""
    keys = KeyFolder(folder, ORIGIN)
    keys.create()
    return keys


def open_reserved(api: Api) -> str:
    """Open a case nobody may be told of; return its id."""
    folio = str(uuid4())
    opened = open_case(
        api, kind="data_rights_request", territory="MX-JAL", folio=folio, matter=None, facts=[]
    )
    assert opened.status_code == 201, opened.text
    return str(opened.json()["process"])


def prepare(api: Api, reserved: str) -> None:
    """Report on a public case, on the reserved one and on an activity; wait until it is told."""
    assert open_case(api, folio="Q-7").status_code == 201
    answers = [
        report(api, PUBLIC_CASE, "S01", body={"instrument": "Acuerdo Q-7"}),
        report(api, reserved, "S01"),
        api.write(f"{milestone('L012')}/progress", {"done": 1, "note": NOTE}),
        api.read("/api/v1/processes"),
    ]
    assert {answer.status_code for answer in answers} == {200}


def sign(api: Api, keys: KeyFolder) -> Checkpoint:
    url = api.resources.database_url
    Integrator(url).catch_up()
    with connect(url, api.resources.settings.roles.signer, "test") as connection:
        return Signer(connection, keys).sign()


def asked(api: Api, format_: str, **query: object) -> Response:
    """Ask for an export."""
    return api.client.get(f"/api/v1/exports/{format_}?{urlencode(query)}")


def taken(api: Api, format_: str, **query: object) -> bytes:
    """Return an export."""
    answer = asked(api, format_, **query)
    assert answer.status_code == 200, answer.text
    return answer.content


def events_of(api: Api, **query: object) -> list[dict[str, Any]]:
    """Return the events of an export."""
    return [json.loads(line) for line in taken(api, "ndjson", **query).splitlines()]
