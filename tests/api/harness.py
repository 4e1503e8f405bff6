"""The application over a real database, as a coordinator's program sees it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from fastapi import FastAPI
from httpx2 import Response
from starlette.testclient import TestClient

from api.app import create_app
from api.auth import new_token
from api.database import Resources
from api.opening import CONSOLE, record_opening, start_log
from domain.access import Role
from domain.plan import OpenProcess
from domain.token import TOKEN, RevokeToken, TokenIssued, token_stream
from ledger.ledger import View
from tests.resources import record_and_tell, resources_at

ORIGIN = "bitacora.test/2026-2027"
FEDERAL = "pef-2026-2027"
JALISCO = "pel-2026-2027-jal"
ACT = "2026-11-20T12:30:00-06:00"
"""When the acts of these tests happened."""
NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
"""What these tests' clock says."""


def opened(database_url: str) -> Resources:
    """Return resources over a database, on the tests' clock."""
    return resources_at(database_url, ORIGIN, NOW)


async def begin(resources: Resources) -> None:
    """Start the log and open the federal process and Jalisco's."""
    at = NOW - timedelta(days=80)
    await start_log(resources.ledger, ORIGIN, at)
    for kind, territory in (("federal_election", "MX"), ("local_election", "MX-JAL")):
        command = OpenProcess(kind=kind, territory=territory, cycle="2026-2027")
        await record_opening(resources.ledger, ORIGIN, command, at)


def prepare(database_url: str) -> None:
    """Make a database with both processes open and told."""
    record_and_tell(database_url, ORIGIN, NOW, begin)


@dataclass(slots=True)
class Api:
    """One running application, with tokens to ask it with."""

    app: FastAPI
    client: TestClient
    resources: Resources
    tokens: dict[tuple[Role, str], str] = field(default_factory=dict)

    def token(self, role: Role = "coordinator", territory: str = "MX-JAL", *, days: int = 1) -> str:
        """Return a token's text; made when first asked for."""
        if days != 1:
            return self.issue(role, territory, days=days)
        if (role, territory) not in self.tokens:
            self.tokens[role, territory] = self.issue(role, territory)
        return self.tokens[role, territory]

    def issue(self, role: Role, territory: str, *, days: int = 1) -> str:
        """Return the text of a new token."""
        made = new_token()
        issued = TokenIssued(
            role=role,
            territory=territory,
            post="Enlace de seguimiento",
            body="IEPC",
            digest=made.digest,
            expires_at=NOW + timedelta(days=days),
        )

        async def decide(view: View) -> None:
            view.write(token_stream(made.id), [issued])

        self._record(decide)
        return made.text

    def revoke(self, text: str) -> None:
        """Revoke a token."""
        stream = token_stream(text.split("_")[1])

        async def decide(view: View) -> None:
            view.write(stream, RevokeToken(reason="Prueba").decide((await view.load(TOKEN, stream)).state))

        self._record(decide)

    def _record(self, decide: Any) -> None:
        async def record() -> None:
            await self.resources.ledger.execute(decide, command_id=uuid4(), author=CONSOLE, occurred_at=NOW)

        assert self.client.portal is not None
        self.client.portal.call(record)

    def read(self, path: str, **headers: str) -> Response:
        """Ask for something, and see everything recorded so far."""
        position = str(self.resources.ledger.log.head().position)
        return self.client.get(path, headers={"Bitacora-Min-Position": position, **_spelt(headers)})

    def etag(self, path: str) -> str:
        """Return the ETag of a resource."""
        answer = self.read(path)
        assert answer.status_code == 200, answer.text
        return str(answer.headers["ETag"])

    def write(
        self,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        etag: str | None = None,
        token: str | None = None,
        by_two: bool = True,
        **headers: str,
    ) -> Response:
        """Send a command: ``etag`` is read where none is given, and the act happened at `ACT`.

        What takes two people is agreed with by another one, unless ``by_two`` is False.
        """
        resource = path.rpartition("/")[0]
        sent = {
            "Authorization": f"Bearer {token or self.token('administrator', 'MX')}",
            "Idempotency-Key": key or str(uuid4()),
            "If-Match": etag or self.etag(resource),
            **_spelt(headers),
        }
        answer = self.client.post(path, json={"occurred_at": ACT, **(body or {})}, headers=sent)
        return self.approve(answer) if answer.status_code == 202 and by_two else answer

    def approve(self, proposed: Response, *, token: str | None = None) -> Response:
        """Agree with a proposal, as another administrator than who made it."""
        path = f"/api/v1/proposals/{proposed.json()['proposal']}"
        sent = {
            "Authorization": f"Bearer {token or self.token('administrator', 'MX', days=2)}",
            "Idempotency-Key": str(uuid4()),
            "If-Match": proposed.headers["ETag"],
        }
        body = {"occurred_at": ACT, "digest": proposed.json()["digest"]}
        return self.client.post(f"{path}/approval", json=body, headers=sent)

    def head(self) -> int:
        """Return where the log ends."""
        return self.resources.ledger.log.head().position


def milestone(id: str, process: str = JALISCO) -> str:  # noqa: A002 - the API's word
    """Return the path of a milestone."""
    return f"/api/v1/processes/{process}/milestones/{id}"


@contextmanager
def running_api(database_url: str) -> Iterator[Api]:
    """Run the application over a prepared database, with a projector beside it."""
    resources = opened(database_url)
    stop = threading.Event()
    projector = threading.Thread(target=lambda: resources.projector().run(stop))
    projector.start()
    app = create_app(resources)
    try:
        with TestClient(app, raise_server_exceptions=False) as client:
            yield Api(app, client, resources)
    finally:
        stop.set()
        projector.join()
        resources.close()


def _spelt(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
