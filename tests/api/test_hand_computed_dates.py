"""Every case of the law by HTTP: led as a coordinator's program would lead it, and dated as a person computed it."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from api.app import create_app
from domain.procedure import procedures
from ledger.embedded import EmbeddedPostgres
from tests.api.cases import due, enough, report, step_of
from tests.api.harness import ORIGIN, Api
from tests.database import fresh_database
from tests.resources import resources_at

FOLDER = Path(__file__).parents[1] / "domain" / "hand_computed"
LATER = datetime(2033, 6, 1, 18, 0, tzinfo=UTC)
"""When every act of these cases lies in the past."""
YEARS = range(2024, 2035)
CAPITAL = "-06:00"


@pytest.fixture(scope="module")
def later(postgres_18: EmbeddedPostgres, opened_template: str) -> Iterator[Api]:
    """The application years later, with the calendars of INE and of Mexico City: no day of rest but the law's."""
    with fresh_database(postgres_18, opened_template) as url:
        resources = resources_at(url, ORIGIN, LATER)
        app: FastAPI = create_app(resources)
        with TestClient(app, raise_server_exceptions=False) as client:
            api = Api(app, client, resources)
            api.tokens["administrator", "MX"] = api.issue("administrator", "MX", days=4000)
            for territory in ("MX", "MX-CMX"):
                for year in YEARS:
                    calendar: dict[str, Any] = {
                        "territory": territory,
                        "year": year,
                        "days": [],
                        "instrument": "Prueba",
                    }
                    assert sent(api, "/api/v1/working-calendars", "2024-01-02T10:00", calendar).is_success
            yield api
        resources.close()


def sent(api: Api, path: str, at: str, words: dict[str, Any]) -> Response:
    """Send something that happened at a moment of the capital's clocks."""
    return api.client.post(
        path,
        json={"occurred_at": f"{at}:00{CAPITAL}", **words},
        headers={
            "Authorization": f"Bearer {api.token('administrator', 'MX')}",
            "Idempotency-Key": str(uuid4()),
        },
    )


def dates() -> list[Any]:
    """Return each date with the procedure it is of."""
    return [
        pytest.param(file.stem, each, id=f"{file.stem}-{number}")
        for file in sorted(FOLDER.glob("*.toml"))
        for number, each in enumerate(tomllib.loads(file.read_text("utf-8"))["date"])
    ]


def led(api: Api, kind: str, said: dict[str, Any], folio: str) -> str:
    """Open the case and report everything that the date rests on; return its id."""
    procedure = procedures()[kind]
    words = {
        "kind": kind,
        "territory": "MX-CMX" if procedure.jurisdiction == "state" else "MX",
        "folio": str(uuid4()) if procedure.docket == "reserved" else folio,
        "received": said["opened"],
        "facts": [{"id": name, "value": str(value)} for name, value in said["facts"].items()],
    }
    opened = sent(api, "/api/v1/cases", said["opened"], words)
    assert opened.status_code == 201, opened.text
    case = str(opened.json()["process"])
    facts = {name: str(value) for name, value in said["facts"].items()}
    rounds: Counter[str] = Counter()
    for row, at, outcome in said["walk"]:
        rounds[row] += 1
        step = row if rounds[row] == 1 else f"{row}.{rounds[row]}"
        happened = {"occurred_at": f"{at}:00{CAPITAL}"}
        if figures := enough(procedure.step(row.partition(".")[0]), outcome, facts):
            measured = report(api, case, step, "progress", {**happened, **figures})
            assert measured.status_code == 200, f"{step}: {measured.text}"
        done = report(api, case, step, body={**happened, "outcome": outcome or None})
        assert done.status_code == 200, f"{step}: {done.text}"
    return case


@pytest.mark.parametrize(("kind", "said"), dates())
def test_a_case_is_dated_as_the_law_says(
    later: Api, kind: str, said: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    case = led(later, kind, said, request.node.callspec.id)
    row: str = said["step"]
    if end := said.get("period_end"):
        row = f"{row}.{end[:4]}-Q{(int(end[5:7]) + 2) // 3}"
    elif "." not in row:
        number = 2
        while step_of(later, case, f"{said['step']}.{number}")[0].plan is not None:
            row, number = f"{said['step']}.{number}", number + 1

    assert due(later, case, row) == said["due"], f"{said['basis']}: {said['why']}"
