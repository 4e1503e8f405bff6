"""Signing in with one's own institution: only its whole, fresh answer to this browser's own request is believed."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx2 import Client, Response
from joserfc import jwt
from joserfc.jwk import ECKey

from api.database import Resources
from api.sign_in.id_token import Identity
from api.sign_in.identities import person_of
from api.sign_in.issuers import BadIssuers, read_issuers
from api.sign_in.oidc import Begun, identity_of
from api.sign_in.provider import Provider
from api.sign_in.site import Site as Address
from domain.person import PersonRemoved
from ledger.desk import DeskConnection
from ledger.desk.people import KnownPerson, known_ids, person_by_id
from ledger.embedded import EmbeddedPostgres
from tests.database import fresh_database
from tests.forgeries import FORGERIES, Genuine, base64url
from tests.lying_provider import LyingProvider, lying_provider
from tests.pages.site import NOW, Site, running_site
from tests.pages.staff import record

AT = NOW.timestamp()
TABLE = """
[iepc]
issuer = "{address}"
client_id = "bitacora"
client_secret_file = "{secret}"
body = "IEPC"
label = {{ es = "Entrar con el IEPC", en = "Sign in with IEPC" }}
"""
OWN_KEY = ECKey.generate_key("P-256", {"kid": "ours"})


@pytest.fixture(scope="module")
def provider() -> Iterator[LyingProvider]:
    """A provider that says what it is told to."""
    with lying_provider() as running:
        yield running


@pytest.fixture(scope="module")
def trusting(
    postgres_18: EmbeddedPostgres,
    told_calendar: str,
    provider: LyingProvider,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Site]:
    """The site, which trusts the provider."""
    folder = tmp_path_factory.mktemp("issuers")
    (folder / "secret").write_text("secreto")
    file = folder / "issuers.toml"
    file.write_text(TABLE.format(address=provider.address, secret=folder / "secret"))

    def trust(resources: Resources) -> None:
        resources.settings = resources.settings.model_copy(update={"issuers": file})

    with fresh_database(postgres_18, told_calendar) as url, running_site(url, before=trust) as running:
        yield running


@dataclass(slots=True)
class Browsing:
    """A browser on its way through a provider."""

    site: Site
    provider: LyingProvider
    client: Client
    asked: dict[str, str]
    """What it was sent to the provider with."""

    def genuine(self, subject: str = "ana") -> Genuine:
        """Return the ID token that answers its request."""
        return self.provider.genuine(self.asked["nonce"], AT, subject)

    def back(self, token: Any, **changes: str) -> Response:
        """Come back with a code for which the provider answers with a token."""
        self.provider.answers["/token"] = {
            "id_token": token,
            "access_token": "acceso",
            "token_type": "Bearer",
        }
        query = {"code": "x", "state": self.asked["state"], **changes}
        address = f"{self.site.address}/entrar/organo/iepc/regreso"
        return self.client.get(address, params=query, headers={"Accept": "text/html"})

    def is_signed_in(self) -> bool:
        """Tell whether the browser is somebody now."""
        return self.client.get(f"{self.site.address}/cuenta").status_code == 200


@pytest.fixture
def leaving(trusting: Site, provider: LyingProvider) -> Iterator[Callable[..., Browsing]]:
    """Send browsers to the provider."""
    clients: list[Client] = []

    def leave(path: str = "/entrar/organo/iepc?destino=/cuenta", client: Client | None = None) -> Browsing:
        own = client or Client(timeout=30)
        clients.append(own)
        sent = own.get(trusting.address + path)
        assert sent.status_code == 303, sent.text
        query = parse_qs(urlsplit(sent.headers["Location"]).query)
        return Browsing(trusting, provider, own, {name: value for name, (value,) in query.items()})

    yield leave
    for client in clients:
        client.close()


def test_a_genuine_answer_signs_in_somebody_who_may_do_nothing_yet(leaving: Callable[..., Browsing]) -> None:
    browsing = leaving()
    answer = browsing.back(browsing.genuine().signed())

    assert (answer.status_code, answer.headers["Location"]) == (303, "/cuenta")
    assert "Aún no tienes un nombramiento" in browsing.client.get(f"{browsing.site.address}/cuenta").text
    assert {name: browsing.asked[name] for name in ("response_type", "scope", "code_challenge_method")} == {
        "response_type": "code", "scope": "openid", "code_challenge_method": "S256"
    }  # fmt: skip


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_id_token_signs_nobody_in(name: str, leaving: Callable[..., Browsing]) -> None:
    browsing = leaving()
    answer = browsing.back(FORGERIES[name](browsing.genuine()))

    assert answer.status_code == 401
    assert not browsing.is_signed_in()


OF_AN_ID_TOKEN: dict[str, Callable[[Genuine], Any]] = {
    "another's nonce": lambda g: g.claiming(nonce="x").signed(),
    "no nonce": lambda g: g.claiming(nonce=None).signed(),
    "asked for by another": lambda g: g.claiming(azp="another").signed(),
    "another access token": lambda g: g.claiming(at_hash="AAAAAAAAAAAAAAAAAAAAAA").signed(),
    "a subject without end": lambda g: g.claiming(sub="x" * 256).signed(),
    "a subject with NUL": lambda g: g.claiming(sub="a\0b").signed(),
    "a subject that is no text": lambda g: g.claiming(sub="\ud800").signed(),
    "a nonce that is no text": lambda g: g.claiming(nonce="\ud800").signed(),
    "proved in the future": lambda g: g.claiming(auth_time=2**39).signed(),
    "no token": lambda _: None,
    "a token that is a number": lambda _: 7,
    "a token that is a list": lambda g: [g.signed()],
}


@pytest.mark.parametrize("name", OF_AN_ID_TOKEN)
def test_an_id_token_that_answers_something_else_signs_nobody_in(
    name: str, leaving: Callable[..., Browsing]
) -> None:
    browsing = leaving()
    answer = browsing.back(OF_AN_ID_TOKEN[name](browsing.genuine()))

    assert answer.status_code == 401
    assert not browsing.is_signed_in()


def test_the_same_answer_is_good_once(leaving: Callable[..., Browsing]) -> None:
    browsing = leaving()
    token = browsing.genuine().signed()

    assert browsing.back(token).status_code == 303
    assert browsing.back(token).status_code == 401


@pytest.mark.parametrize(
    "changes", [{"state": "0" * 64}, {"state": ""}, {"code": ""}, {"iss": "https://evil.example"}]
)
def test_an_answer_to_no_request_of_ours_signs_nobody_in(
    changes: dict[str, str], leaving: Callable[..., Browsing]
) -> None:
    browsing = leaving()

    assert browsing.back(browsing.genuine().signed(), **changes).status_code == 401
    assert not browsing.is_signed_in()


def test_an_answer_that_another_browser_was_sent_for_signs_nobody_in(
    leaving: Callable[..., Browsing],
) -> None:
    victim, attacker = leaving(), leaving()
    victim.asked = attacker.asked

    assert victim.back(attacker.genuine().signed()).status_code == 401
    assert not victim.is_signed_in()


def person_by_identity(connection: DeskConnection, issuer: str, subject: str) -> KnownPerson | None:
    """Return who is known by an identity, of all that the desk knows."""
    everybody = (person_by_id(connection, person) for person in known_ids(connection))
    return next((one for one in everybody if one and (one.issuer, one.subject) == (issuer, subject)), None)


def test_the_same_identity_is_the_same_person_and_another_subject_is_another(
    leaving: Callable[..., Browsing], trusting: Site, provider: LyingProvider
) -> None:
    for subject in ("beto", "beto", "Beto"):
        browsing = leaving()
        assert browsing.back(browsing.genuine(subject).signed()).status_code == 303
    with trusting.resources.desk.connection() as connection:
        one, other = (person_by_identity(connection, provider.address, name) for name in ("beto", "Beto"))

    assert one is not None
    assert other is not None
    assert one.person != other.person


def test_who_was_removed_does_not_come_back_in(
    leaving: Callable[..., Browsing], provider: LyingProvider
) -> None:
    browsing = leaving()
    browsing.back(browsing.genuine("carla").signed())
    with browsing.site.resources.desk.connection() as connection:
        known = person_by_identity(connection, provider.address, "carla")
    assert known is not None
    record(browsing.site, known.person, PersonRemoved(reason="Baja."))
    again = leaving()

    assert again.back(again.genuine("carla").signed()).status_code == 401


def test_confirming_asks_for_a_fresh_proof_and_changes_the_secret(leaving: Callable[..., Browsing]) -> None:
    browsing = leaving()
    browsing.back(browsing.genuine("diana").signed())
    before = browsing.client.cookies["bitacora-local"]
    again = leaving("/cuenta/confirmar/organo?destino=/cuenta", browsing.client)

    assert (again.asked["prompt"], "max_age" in again.asked) == ("login", True)
    assert again.back(again.genuine("diana").claiming(auth_time=AT).signed()).status_code == 303
    assert browsing.client.cookies["bitacora-local"] != before
    assert again.is_signed_in()


@pytest.mark.parametrize(
    ("claims", "lately"),
    [({}, False), ({"auth_time": AT - 3600}, False), ({"auth_time": AT}, True)],
)
def test_who_was_signed_in_there_since_the_morning_has_not_proved_it_just_now(
    claims: dict[str, Any], leaving: Callable[..., Browsing], *, lately: bool
) -> None:
    browsing = leaving()
    browsing.back(browsing.genuine("gabi").claiming(**claims).signed())
    page = browsing.client.get(f"{browsing.site.address}/cuenta/confirmar", headers={"Accept": "text/html"})

    assert page.status_code == 200
    assert ("Confirmado." in page.text) == lately


@pytest.mark.parametrize(
    ("subject", "claims"),
    [
        ("eva", {}),
        ("eva", {"auth_time": AT - 3600}),
        ("eva", {"auth_time": "now"}),
        ("another", {"auth_time": AT}),
    ],
)
def test_an_old_proof_or_somebody_elses_confirms_nobody(
    subject: str, claims: dict[str, Any], leaving: Callable[..., Browsing]
) -> None:
    browsing = leaving()
    browsing.back(browsing.genuine("eva").signed())
    before = browsing.client.cookies["bitacora-local"]
    again = leaving("/cuenta/confirmar/organo", browsing.client)

    assert again.back(again.genuine(subject).claiming(**claims).signed()).status_code == 401
    assert browsing.client.cookies["bitacora-local"] == before


@pytest.mark.parametrize("told", [b"<html>", b"[]", b"{}", b"x" * 300_000, None, {"error": "invalid_grant"}])
def test_a_provider_that_answers_nonsense_signs_nobody_in(
    told: Any, leaving: Callable[..., Browsing], provider: LyingProvider
) -> None:
    browsing = leaving()
    token = browsing.genuine().signed()
    provider.answers["/token"] = told
    answer = browsing.client.get(
        f"{browsing.site.address}/entrar/organo/iepc/regreso",
        params={"code": "x", "state": browsing.asked["state"]},
    )

    assert token
    assert answer.status_code == 401


def test_a_key_nobody_knows_is_asked_for_once_a_minute_at_most(
    leaving: Callable[..., Browsing], provider: LyingProvider
) -> None:
    asked = provider.asked.count("/keys")
    for number in range(5):
        browsing = leaving()
        browsing.back(browsing.genuine().headed(kid=f"unknown {number}").signed())

    assert provider.asked.count("/keys") <= asked + 1


def test_who_we_are_is_said_with_the_secret_and_the_code_s_own_verifier(
    leaving: Callable[..., Browsing], provider: LyingProvider
) -> None:
    browsing = leaving()
    browsing.back(browsing.genuine().signed())
    form = provider.forms[-1]

    assert form["Authorization"] == f"Basic {b64encode(b'bitacora:secreto').decode()}"
    assert form["redirect_uri"] == browsing.asked["redirect_uri"]
    assert base64url(sha256(form["code_verifier"].encode()).digest()) == browsing.asked["code_challenge"]


def test_who_we_are_may_be_said_with_a_key_and_nothing_secret_is_sent(
    trusting: Site, provider: LyingProvider, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(json.dumps(OWN_KEY.as_dict(private=True)))
    (tmp_path / "issuers").write_text(
        TABLE.format(address=provider.address, secret="").replace(
            'client_secret_file = ""', f'private_key_file = "{tmp_path / "key"}"'
        )
    )
    keyed = Provider(read_issuers(tmp_path / "issuers")["iepc"])
    begun = Begun(issuer="iepc", nonce="n", verifier="v", browser="", target="/", begun_at=NOW)
    provider.answers["/token"] = {"id_token": provider.genuine("n", AT).signed()}
    identity = identity_of(trusting.resources, Address(trusting.address), keyed, begun, "code")
    form = provider.forms[-1]
    claims = jwt.decode(form["client_assertion"], OWN_KEY, algorithms=["ES256"]).claims

    assert identity.subject == "ana"
    assert form["Authorization"] == ""
    assert {name: claims[name] for name in ("iss", "sub", "aud")} == {
        "iss": "bitacora", "sub": "bitacora", "aud": provider.address
    }  # fmt: skip
    assert claims["exp"] - claims["iat"] <= 120


def test_an_issuer_nobody_trusts_is_not_there(trusting: Site) -> None:
    assert trusting.get("/entrar/organo/nadie").status_code == 404


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[x", "cannot be used"),
        ('[x]\nissuer = "http://id.example.mx"', "https"),
        (TABLE.format(address="https://id.example.mx", secret="s") + 'private_key_file = "k"', "either"),
        (TABLE.format(address="https://id.example.mx", secret="s") + "colour = 1", "colour"),
        ('x = "y"', "cannot be used"),
    ],
)  # fmt: skip
def test_a_file_of_issuers_that_is_wrong_stops_the_program_in_words(
    text: str, complaint: str, tmp_path: Path
) -> None:
    file = tmp_path / "issuers.toml"
    file.write_text(text)

    with pytest.raises(BadIssuers, match=complaint):
        read_issuers(file)


def test_an_identity_that_comes_many_times_at_once_is_one_person(
    trusting: Site, provider: LyingProvider
) -> None:
    issuer = read_issuers(trusting.resources.settings.issuers)["iepc"]
    identity = Identity(provider.address, "hugo", "", NOW)

    async def come() -> set[str]:
        return set(
            await asyncio.gather(*(person_of(trusting.resources, issuer, identity) for _ in range(20)))
        )

    assert len(asyncio.run(come())) == 1
