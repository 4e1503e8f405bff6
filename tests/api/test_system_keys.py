"""What systems act with: tokens issued by the API, and clients that sign with a key of their own."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from httpx2 import Response
from joserfc.jwk import ECKey

from api.oauth import ASSERTION_TYPE
from tests.api.harness import NOW, Api, milestone
from tests.forgeries import FORGERIES, Genuine

SITE = "http://localhost"
AT = int(NOW.timestamp())
RIGHT = {
    "role": "coordinator", "territory": "MX-JAL", "post": "Sistema de seguimiento", "body": "IEPC",
    "expires_at": "2027-06-30T00:00:00-06:00",
}  # fmt: skip
KEY = ECKey.generate_key("P-256", {"kid": "genuine"})


def own(api: Api, path: str) -> Response:
    """Read what takes a token, as an administrator."""
    return api.read(path, Authorization=f"Bearer {api.token('administrator', 'MX')}")


def make(api: Api, what: str, body: dict[str, Any], **others: Any) -> Response:
    """Ask for a token or a client."""
    return api.write(f"/api/v1/{what}", body, etag='"0"', **others)


def revoke(api: Api, path: str) -> Response:
    """Make a token or a client useless."""
    return api.write(f"{path}/revocation", {"reason": "Se cambió."}, etag=own(api, path).headers["ETag"])


def start(api: Api, token: str, row: str = "L082") -> int:
    """Report with a token; return the status."""
    return api.write(f"{milestone(row)}/start", token=token).status_code


@pytest.fixture(scope="module")
def client(api: Api) -> str:
    """The id of a registered client."""
    return register(api)


def register(api: Api, **changes: Any) -> str:
    """Register a client with the genuine key, and return its id."""
    answer = make(api, "clients", {**RIGHT, "public_keys": [KEY.as_dict(private=False)], **changes})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def genuine(client: str) -> Genuine:
    """Return an assertion that is to be believed."""
    claims = {"iss": client, "sub": client, "aud": SITE, "jti": uuid4().hex, "iat": AT, "exp": AT + 60}
    return Genuine(claims, KEY)


def ask(api: Api, assertion: str, **changes: str) -> Response:
    """Ask for an access token."""
    form = {
        "grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion, **changes,
    }  # fmt: skip
    return api.client.post("/api/v1/oauth/token", data=form, headers={"Host": "localhost"})


def test_a_token_is_shown_once_and_works(api: Api) -> None:
    key = str(uuid4())
    first, again = (make(api, "tokens", RIGHT, key=key) for _ in range(2))
    token = first.json()["token"]

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.headers["Location"] == f"/api/v1/tokens/{first.json()['id']}"
    assert again.json()["token"] is None
    assert again.json()["id"] == first.json()["id"]
    assert start(api, token, "L083") == 200
    row = own(api, first.headers["Location"])
    assert row.json()["territory"] == "MX-JAL"
    assert token.split("_", 2)[2] not in row.text


def test_a_token_for_one_process_reaches_no_other(api: Api) -> None:
    token = make(api, "tokens", {**RIGHT, "process": "pel-2030-2031-jal"}).json()["token"]

    assert start(api, token) == 403


def test_nobody_makes_a_key_for_another_territory(api: Api) -> None:
    head = api.head()
    colima = api.token("administrator", "MX-COL")
    head = max(head, api.head())
    refused = [
        make(api, "tokens", RIGHT, token=colima),
        make(api, "clients", {**RIGHT, "public_keys": [KEY.as_dict(private=False)]}, token=colima),
    ]

    assert [answer.json()["rule"] for answer in refused] == ["another-territory"] * 2
    assert api.head() == head


def test_a_revoked_token_is_useless_within_five_seconds(api: Api) -> None:
    made = make(api, "tokens", RIGHT)
    assert start(api, made.json()["token"], "L085") == 200
    assert revoke(api, made.headers["Location"]).json()["status"] == "revoked"
    revoked_at = time.monotonic()

    while start(api, made.json()["token"], "L085") != 401:
        assert time.monotonic() - revoked_at < 5
        time.sleep(0.1)


def test_a_client_gets_a_token_for_ten_minutes_and_reports(api: Api, client: str) -> None:
    answer = ask(api, genuine(client).signed())

    assert answer.status_code == 200, answer.text
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 600)
    assert answer.headers["Cache-Control"] == "no-store"
    assert start(api, answer.json()["access_token"], "L084") == 200


def test_an_assertion_is_good_once(api: Api, client: str) -> None:
    assertion = genuine(client).signed()

    assert [ask(api, assertion).status_code for _ in range(2)] == [200, 401]
    # Two numbers that differ in letters alone are two.
    for jti in ("una-aserción-A", "una-aserción-a"):
        assert ask(api, genuine(client).claiming(jti=jti).signed()).status_code == 200


def test_of_many_who_send_one_assertion_at_once_one_gets_a_token(api: Api, client: str) -> None:
    assertion = genuine(client).signed()
    with ThreadPoolExecutor(20) as crowd:
        statuses = list(crowd.map(lambda _: ask(api, assertion).status_code, range(50)))

    assert Counter(statuses) == {200: 1, 401: 49}


def test_a_revoked_client_is_let_in_no_more_whatever_it_holds(api: Api) -> None:
    client = register(api)
    token = ask(api, genuine(client).signed()).json()["access_token"]
    assert revoke(api, f"/api/v1/clients/{client}").status_code == 200

    assert start(api, token, "L085") == 401
    assert ask(api, genuine(client).signed()).status_code == 401


def test_a_client_with_two_keys_names_the_one_it_signs_with(api: Api) -> None:
    other = ECKey.generate_key("P-256", {"kid": "next"})
    client = register(api, public_keys=[KEY.as_dict(private=False), other.as_dict(private=False)])
    unnamed = Genuine(genuine(client).claims, KEY, {"alg": "ES256"})
    by_other = Genuine(genuine(client).claims, other, {"alg": "ES256", "kid": "next"})

    assert [ask(api, one.signed()).status_code for one in (unnamed, by_other)] == [401, 200]


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_assertion_gets_no_token(name: str, api: Api, client: str) -> None:
    answer = ask(api, FORGERIES[name](genuine(client)))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


OF_AN_ASSERTION = {
    "good for too long": lambda g: g.later("exp", 121).signed(),
    "made two minutes ago": lambda g: g.later("iat", -120).signed(),
    "no number of its own": lambda g: g.claiming(jti=None).signed(),
    "a short number": lambda g: g.claiming(jti="1").signed(),
    "a number that is a list": lambda g: g.claiming(jti=["x" * 20]).signed(),
    "for the token endpoint": lambda g: g.claiming(aud=f"{SITE}/api/v1/oauth/token").signed(),
    "issued by another": lambda g: g.claiming(iss="c-000000000000").signed(),
    "of a client nobody knows": lambda g: g.claiming(iss="c-000000000000", sub="c-000000000000").signed(),
    "of a person": lambda g: g.claiming(iss="p-000000000000", sub="p-000000000000").signed(),
    "of another stream": lambda g: g.claiming(sub="../token/x", iss="../token/x").signed(),
    "a lone surrogate": lambda g: g.claiming(jti="\ud800" * 9).signed(),
}


@pytest.mark.parametrize("name", OF_AN_ASSERTION)
def test_an_assertion_that_is_not_right_gets_no_token(name: str, api: Api, client: str) -> None:
    answer = ask(api, OF_AN_ASSERTION[name](genuine(client)))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "unsupported_grant_type"),
        (
            {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"},
            "invalid_request",
        ),
    ],
)
def test_what_is_not_offered_is_said_in_oauths_words(
    changes: dict[str, str], error: str, api: Api, client: str
) -> None:
    answer = ask(api, genuine(client).signed(), **changes)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


def credentials(api: Api, client: str) -> dict[str, str]:
    """Return what is no good token, by what is wrong with it."""
    token = api.issue("coordinator", "MX-JAL")
    access = ask(api, genuine(client).signed()).json()["access_token"]
    other = api.issue("coordinator", "MX-JAL")
    return {
        "an assertion": f"Bearer {genuine(client).signed()}",
        "unsigned claims": f"Bearer {FORGERIES['alg none'](genuine(client))}",
        "another's secret": f"Bearer {token[:16]}_{other.rpartition('_')[2]}",
        "without its secret": f"Bearer {token[:17]}",
        "cut short": f"Bearer {token[:-1]}",
        "one letter more": f"Bearer {token}A",
        "in capitals": f"Bearer {token.upper()}",
        "twice": f"Bearer {token}, Bearer {token}",
        "another scheme": f"DPoP {token}",
        "as a password": f"Basic {token}",
        "a path as id": f"Bearer bit_../../client_{'A' * 43}",
        "an access token nobody gave": f"Bearer bia_{'0' * 64}",
        "an access token cut short": f"Bearer {access[:-1]}",
        "an access token in capitals": f"Bearer bia_{access[4:].upper()}",
        "a stream's name": f"Bearer {client}",
        "a digest": f"Bearer bit_{token[4:16]}_{'0' * 64}",
        "a person": "Bearer p-000000000000",
        "empty": "Bearer ",
    }


def test_no_credentials_but_a_good_token_are_taken(api: Api, client: str) -> None:
    statuses: dict[str, int] = {}
    for name, given in credentials(api, client).items():
        answer = api.client.post(
            f"{milestone('L085')}/start",
            headers={"Authorization": given, "Idempotency-Key": str(uuid4()), "If-Match": '"1"'},
            json={"occurred_at": "2026-11-20T12:30:00-06:00"},
        )
        statuses[name] = answer.status_code

    assert set(statuses.values()) == {401}, statuses
    good = [api.issue("coordinator", "MX-JAL"), ask(api, genuine(client).signed()).json()["access_token"]]
    assert [start(api, token, "L085") for token in good] == [200, 200]


def test_the_keys_of_a_place_are_listed_for_who_administers_it_without_their_secrets(api: Api) -> None:
    token = make(api, "tokens", RIGHT).json()
    client = register(api, process="pel-2026-2027-jal")
    elsewhere = make(api, "tokens", {**RIGHT, "territory": "MX-COL"}).json()

    def ids(what: str, territory: str) -> list[str]:
        bearer = f"Bearer {api.token('administrator', territory)}"
        answer = api.read(f"/api/v1/{what}?territory={territory}", Authorization=bearer)
        assert token["token"].split("_", 2)[2] not in answer.text
        assert "digest" not in answer.text
        return [row["id"] for row in answer.json()["items"]]

    assert token["id"] in ids("tokens", "MX-JAL")
    assert elsewhere["id"] not in ids("tokens", "MX-JAL")
    assert ids("clients", "MX-JAL")[0] == client, "the last one made comes first"
    assert {token["id"], elsewhere["id"]} <= set(ids("tokens", "MX"))


@pytest.mark.parametrize("what", ["tokens", "clients"])
def test_who_does_not_administer_a_place_does_not_see_its_keys(api: Api, what: str) -> None:
    bearer = f"Bearer {api.token('administrator', 'MX-COL')}"
    refused = api.read(f"/api/v1/{what}?territory=MX-JAL", Authorization=bearer)

    assert (refused.status_code, refused.json()["rule"]) == (403, "another-territory")
    assert api.client.get(f"/api/v1/{what}").status_code == 401
