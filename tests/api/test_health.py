"""What the program says about its own state is asked of the database, not taken from a setting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr
from starlette.testclient import TestClient

from api.app import create_app
from api.database import open_resources
from api.settings import Settings
from ledger.connect import connect
from ledger.embedded import EmbeddedPostgres
from ledger.integrator import Integrator
from ledger.key_folder import KeyFolder
from ledger.roles import RoleNames
from ledger.signer import Signer
from tests.api.harness import ORIGIN, Api, milestone, running_api
from tests.database import fresh_database
from tests.ledger.logs import superuser


@pytest.mark.parametrize(("may_append", "boundary"), [(False, True), (True, False)])
def test_the_roles_are_a_boundary_where_the_login_that_reads_may_not_append(
    api: Api, may_append: bool, boundary: bool
) -> None:
    roles, login = RoleNames(), f"readiness_{may_append}".lower()
    url = api.resources.database_url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {login} LOGIN")
        connection.execute(f"GRANT {roles.reader} TO {login}")
        if may_append:
            connection.execute(f"GRANT {roles.committer} TO {login}")
    settings = Settings(
        database_url=SecretStr(url),
        reader_database_url=SecretStr(make_conninfo(url, user=login)),
        unsafe_durability=True,
        origin=ORIGIN,
    )
    resources = open_resources(settings)
    with TestClient(create_app(resources)) as client:
        said = client.get("/readyz").json()
    resources.close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP ROLE {login}")

    assert said["can_tell"], said
    assert said["roles_are_a_boundary"] is boundary


def test_a_log_that_nobody_signs_any_more_is_a_warning_once_it_has_waited_for_minutes(
    postgres_18: EmbeddedPostgres, opened_template: str, tmp_path: Path
) -> None:
    keys = KeyFolder(tmp_path / "keys", ORIGIN)
    keys.create()
    with fresh_database(postgres_18, opened_template) as url, running_api(url) as api:
        # Who will report has a token by now, which is an event, too.
        api.token("administrator", "MX")
        never = _minutes_later(api, 10)
        _sign(url, keys)
        signed = _minutes_later(api, 10)
        assert api.write(f"{milestone('L012')}/start").status_code == 200
        fresh = _minutes_later(api, 0)
        left = _minutes_later(api, 3)

    opened = never["position"]
    assert _said_of_signing(never).startswith(
        f"Signing stands still at position 0: {opened:,} wait, the oldest for "
    )
    assert (never["status"], never["signing"]["size"], never["signing"]["signed_at"]) == ("ready", 0, None)
    assert _said_of_signing(signed) == ""
    assert signed["signing"] == {"size": opened, "lag_events": 0, "lag_seconds": 0.0} | {
        "signed_at": signed["signing"]["signed_at"]
    }
    assert (_said_of_signing(fresh), fresh["signing"]["lag_events"]) == ("", 1)
    assert (
        f"at position {opened:,}: 1 wait, the oldest for 3 minutes. Start 'bitacora sign'"
        in _said_of_signing(left)
    )


def _minutes_later(api: Api, minutes: int) -> dict[str, Any]:
    """Return what the program says of itself, after all that is recorded has stood for so many minutes more."""
    with superuser(api.resources.database_url) as connection:
        connection.execute(
            "UPDATE ledger.events SET recorded_at = recorded_at - make_interval(mins => %s)", [minutes]
        )
    api.app.state.readiness = None
    said: dict[str, Any] = api.client.get("/readyz").json()
    return said


def _said_of_signing(said: dict[str, Any]) -> str:
    return "".join(one for one in said["warnings"] if "sign" in one.lower())


def _sign(url: str, keys: KeyFolder) -> None:
    Integrator(url).catch_up()
    with connect(url, RoleNames().signer, "test") as connection:
        Signer(connection, keys).sign()
