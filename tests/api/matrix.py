"""The table of who may do what (`matrix.toml`), and what its addresses lead to in a database."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, cast, get_args
from uuid import uuid4

from fastapi.routing import iter_route_contexts
from httpx2 import Response

from domain.access import Role
from ledger.desk.calendars import new_calendar_address
from ledger.desk.sessions import begin_session
from ledger.desk.webhooks import Webhook, add_webhook
from tests.api.cases import load_calendar, open_case, report, step_of
from tests.api.harness import JALISCO, Api, milestone
from tests.api.staff import enrolled
from tests.pages import staff
from tests.pages.site import Site

_TABLE: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_name("matrix.toml").read_text("utf-8")
)
WRITES, READS = _TABLE["write"], _TABLE["read"]
ROLES: tuple[Role, ...] = get_args(Role)
TERRITORIES = {
    "its own": "MX-JAL",
    "a sibling's": "MX-COL",
    "the country's": "MX",
    "a part of its own": "MX-JAL-D03",
}
REACHING = frozenset({"MX-JAL", "MX"})
"""The territories whose authorities reach Jalisco."""
HOLDERS: tuple[tuple[Role, str], ...] = tuple(product(ROLES, TERRITORIES.values()))
"""Everybody who asks: each role in each territory."""
HERE = "http://localhost"
"""Where people sign in without an address of their own."""


def routes_of(api: Api) -> dict[str, frozenset[str]]:
    """Return every address the router knows, with its methods."""
    found: dict[str, frozenset[str]] = {}
    for route in iter_route_contexts(api.app.routes):
        assert route.path is not None
        found[route.path] = found.get(route.path, frozenset()) | frozenset(route.methods or ())
    return found


def targets(api: Api) -> dict[str, str]:
    """Make in Jalisco what the writes are about, and return the words of their addresses."""
    person = enrolled(api)
    tag = f'"{api.head()}"'
    given = api.write(
        f"/api/v1/people/{person}/grants", WRITES["/api/v1/people/{person}/grants"]["body"], etag=tag
    )
    assert given.status_code == 201, given.text
    token, client = (
        api.write(path, WRITES[path]["body"], etag='"1"').json()["id"]
        for path in ("/api/v1/tokens", "/api/v1/clients")
    )
    return {"person": person, "number": "1", "token": token, "client": client}


@dataclass(slots=True)
class Ground:
    """A database with something at every address: what is public, and a reserved case of Jalisco."""

    api: Api
    words: dict[str, str]
    """What the addresses' braces stand for."""
    reserved: dict[str, str]
    """The same, where an address is to lead to the reserved case."""
    missing: dict[str, str]
    """The same, where it is to lead to nothing that ever was."""
    cookies: dict[tuple[Role, str], str] = field(default_factory=dict)

    def cookie(self, role: Role, territory: str) -> str:
        """Return the session of a person with a role in a territory; they sign in when first asked for."""
        if (role, territory) not in self.cookies:
            self.cookies[role, territory] = session_of(self.api, role, territory)
        return self.cookies[role, territory]


def colleague(api: Api) -> str:
    """Return the id of somebody new, who coordinates in Jalisco."""
    site = Site(HERE, api.resources, cast("Any", api.client))
    person = staff.enrolled(site, "Luis Mora")
    staff.appoint(site, person)
    return person


def form_key_of(cookie: str) -> str:
    """Return what the forms of a session's own pages carry."""
    return hashlib.sha256(f"form {cookie.partition('=')[2]}".encode()).hexdigest()[:32]


def session_of(api: Api, role: Role, territory: str) -> str:
    """Return the cookie of somebody new who is signed in."""
    return signed_in(api, role, territory)[1]


def signed_in(api: Api, role: Role, territory: str) -> tuple[str, str]:
    """Return the id of somebody new and the cookie they are signed in with."""
    site = Site(HERE, api.resources, cast("Any", api.client))
    person = staff.enrolled(site)
    staff.appoint(site, person, role, territory)
    with api.resources.desk.connection() as connection:
        return person, f"bitacora-local={begin_session(connection, person, api.resources.clock())}"


def prepared(api: Api, proposal: str) -> Ground:
    """Make what the reads are about, beside a proposal that is public."""
    assert load_calendar(api, "MX-JAL", 2027).status_code in {200, 201}
    folio = str(uuid4())
    opened = open_case(
        api, kind="data_rights_request", territory="MX-JAL", folio=folio, matter=None, facts=[]
    )
    assert opened.status_code == 201, opened.text
    case = str(opened.json()["process"])
    reported = report(api, case, "S01")
    proposed = _correction_proposed(api, case)
    public = open_case(api, folio="UT/SCG/Q/90/2026")
    assert (reported.status_code, proposed.status_code, public.status_code) == (200, 202, 201), proposed.text
    filed = str(public.json()["process"])
    words = targets(api) | {
        "process": JALISCO, "milestone": "L001", "id": "L001", "case": filed,
        "proposal": proposal, "command_id": str(public.json()["command_id"]), "code": "MX-JAL",
        "territory": "MX-JAL", "year": "2027", "kind": "local_election", "position": "1",
        "webhook": _subscribed(api), "rule": "not-found", "name": "pages.css", "issuer": "ine",
        "secret": _calendar_of(api), "folio": folio, "sha256": _document_of(api, filed), "upload": _upload(api),
    }  # fmt: skip
    its_own = {
        "process": case, "case": case, "milestone": "S01", "id": "S01", "folio": folio,
        "proposal": str(proposed.json()["proposal"]), "command_id": str(reported.json()["command_id"]),
    }  # fmt: skip
    never = its_own | {"process": _another(case), "case": _another(case)}
    never |= {name: str(uuid4()) for name in ("proposal", "command_id")}
    return Ground(api, words, words | its_own, words | never)


def _correction_proposed(api: Api, case: str) -> Response:
    """Propose to correct a report that was validated, which takes two people."""
    step, tag = milestone("S01", case), f'"{step_of(api, case, "S01")[1]}"'
    validated = api.write(f"{step}/validation", etag=tag, token=api.token("validator", "MX-JAL"))
    assert validated.status_code == 200, validated.text
    correction = {"report": "completion", "reason": str(uuid4()), "instrument": str(uuid4())}
    return api.write(f"{step}/correction", correction, etag=validated.headers["ETag"], by_two=False)


def _another(case: str) -> str:
    return case[:-1] + ("0" if case[-1] != "0" else "1")


def _subscribed(api: Api) -> str:
    """Return a webhook of Jalisco's that is nobody's who asks."""
    webhook = Webhook(
        id="w-0f3a5b7c9d1e", owner="another", address="https://otro.example.mx/avisos", territory="MX-JAL",
        process=None, types=[], secret="whsec_" + "A" * 32, made_at=api.resources.clock(), after_position=api.head(),
    )  # fmt: skip
    with api.resources.desk.connection() as connection:
        add_webhook(connection, webhook)
    return webhook.id


def _document_of(api: Api, case: str) -> str:
    """Return the digest of a document that supports a report of a public case."""
    reported = report(api, case, "S01")
    headers = {"Authorization": f"Bearer {api.token('administrator', 'MX')}"}
    kept = api.client.post("/api/v1/documents", content=b"Acuse de la queja", headers=headers).json()[
        "sha256"
    ]
    path, evidence = f"{milestone('S01', case)}/evidence", {"name": "Acuse", "sha256": kept}
    attached = api.write(path, {"evidence": evidence}, etag=reported.headers["ETag"])
    assert attached.status_code == 200, attached.text
    return str(kept)


def _upload(api: Api) -> str:
    """Return an upload that is under way, begun by nobody who asks."""
    headers = {"Authorization": f"Bearer {api.token('administrator', 'MX', days=3)}"}
    answer = api.client.post("/api/v1/documents/uploads", headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["Location"].rpartition("/")[2])


def _calendar_of(api: Api) -> str:
    """Return the secret address of somebody's calendar."""
    owner = staff.enrolled(Site(HERE, api.resources, cast("Any", api.client)))
    with api.resources.desk.connection() as connection:
        return new_calendar_address(connection, owner, api.resources.clock())
