"""What the program says about its own state is asked of the database, not taken from a setting."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr
from starlette.testclient import TestClient

from api.app import create_app
from api.database import open_resources
from api.settings import Settings
from ledger.roles import RoleNames
from tests.api.harness import ORIGIN, Api


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
