"""People of the log for the tests of the API: enrolled, and given rights, as the service itself."""

from __future__ import annotations

from uuid import uuid4

from api.opening import CONSOLE
from api.persons import new_person_id
from domain.person import PERSON, PersonEnrolled, person_stream
from ledger.ledger import View
from tests.api.harness import NOW, Api

TERM = {"starts_at": "2026-11-01T00:00:00-06:00", "ends_at": "2027-10-31T00:00:00-06:00"}


def enrolled(api: Api, body: str = "IEPC") -> str:
    """Return the id of somebody new, who holds nothing."""
    person = new_person_id()

    async def decide(view: View) -> None:
        await view.load(PERSON, person_stream(person))
        view.write(person_stream(person), [PersonEnrolled(body=body, way="passkey")])

    async def record() -> None:
        await api.resources.ledger.execute(decide, command_id=uuid4(), author=CONSOLE, occurred_at=NOW)

    assert api.client.portal is not None
    api.client.portal.call(record)
    return person


def appointment(**changes: object) -> dict[str, object]:
    """Return a request for an appointment as coordinator in Jalisco, for a year."""
    return {
        "role": "coordinator", "territory": "MX-JAL", "post": "Enlace de seguimiento", "body": "IEPC",
        "instrument": "Oficio 12/2026", **TERM, **changes,
    }  # fmt: skip
