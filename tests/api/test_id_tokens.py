"""ID tokens of every algorithm that is taken, and what a provider may be asked to tell of how somebody proved it."""

from __future__ import annotations

import hashlib
import json
import warnings
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from api.oauth import claimed_client
from api.sign_in.id_token import Expected, identity_in
from api.sign_in.issuers import Issuer
from api.sign_in.signed import NotBelieved, believed
from domain.names import Names
from tests.forgeries import base64url

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
AT = int(NOW.timestamp())
RSA = RSAKey.generate_key(2048)
KEYS: dict[str, Any] = {
    "ES256": ECKey.generate_key("P-256"), "EdDSA": OKPKey.generate_key("Ed25519"),
    "Ed25519": OKPKey.generate_key("Ed25519"),
    "PS256": RSA, "RS256": RSA,
}  # fmt: skip
with warnings.catch_warnings(action="ignore"):  # it is short on purpose
    SHORT = RSAKey.generate_key(1024)
CURVE = ECKey.generate_key("P-384")


def issuer(**changes: Any) -> Issuer:
    """Return a provider that is trusted."""
    said = {
        "id": "iepc", "issuer": "https://id.example.mx", "client_id": "bitacora", "body": "IEPC",
        "client_secret_file": Path("secret"), "label": Names(es="Entrar", en="Sign in"), **changes,
    }  # fmt: skip
    return Issuer.model_validate(said)


def subject_in(key: Any, algorithm: str, trusted: Issuer | None = None, **claims: Any) -> str:
    """Return who a token says signed in that a key has signed."""
    said = {
        "iss": "https://id.example.mx", "aud": "bitacora", "sub": "ana", "nonce": "n", "iat": AT, "exp": AT + 60,
        **claims,
    }  # fmt: skip
    with warnings.catch_warnings(action="ignore"):  # EdDSA has another name by now
        token = jws.serialize_compact({"alg": algorithm}, json.dumps(said), key, algorithms=[algorithm])
    expected = Expected(trusted or issuer(), "n", "acceso")
    return identity_in(token, expected, lambda _: key, NOW).subject


@pytest.mark.parametrize(
    ("algorithm", "hash_"), [*zip(KEYS, ["sha256", "sha512", "sha512", "sha256", "sha256"], strict=True)]
)
def test_each_algorithm_that_is_taken_is_believed_with_its_own_hash(algorithm: str, hash_: str) -> None:
    digest = hashlib.new(hash_, b"acceso").digest()
    right = base64url(digest[: len(digest) // 2])

    assert subject_in(KEYS[algorithm], algorithm, at_hash=right) == "ana"
    with pytest.raises(NotBelieved):
        subject_in(KEYS[algorithm], algorithm, at_hash=base64url(digest[len(digest) // 2 :]))


@pytest.mark.parametrize(("key", "algorithm"), [(SHORT, "RS256"), (SHORT, "PS256")])
def test_a_key_that_is_too_short_is_not_believed(key: RSAKey, algorithm: str) -> None:
    with pytest.raises(NotBelieved):
        subject_in(key, algorithm)


def test_an_algorithm_or_a_curve_that_is_not_on_the_list_is_not_believed() -> None:
    for key, algorithm in ((CURVE, "ES384"), (RSA, "RS512"), (RSA, "PS384")):
        with pytest.raises(NotBelieved):
            subject_in(key, algorithm)


def test_a_key_for_one_algorithm_is_not_taken_for_another() -> None:
    only = RSAKey.import_key(RSA.as_dict(private=True) | {"alg": "PS256"})
    unlabelled = jws.serialize_compact({"alg": "RS256"}, "{}", RSA, algorithms=["RS256"])

    assert subject_in(only, "PS256") == "ana"
    with pytest.raises(NotBelieved, match="not its key's"):
        identity_in(unlabelled, Expected(issuer(), "n", ""), lambda _: only, NOW)


@pytest.mark.parametrize(
    ("asked", "told", "enough"),
    [
        ({"acr": ("mfa",)}, {"acr": "mfa"}, True),
        ({"acr": ("mfa",)}, {"acr": "password"}, False),
        ({"acr": ("mfa",)}, {}, False),
        ({"amr": ("hwk", "otp")}, {"amr": ["pwd", "otp"]}, True),
        ({"amr": ("hwk",)}, {"amr": ["pwd"]}, False),
        ({"amr": ("hwk",)}, {"amr": "hwk"}, False),
        ({"amr": ("hwk",)}, {"amr": [["hwk"]]}, False),
    ],
)
def test_a_body_may_ask_for_more_than_a_password(
    asked: dict[str, Any], told: dict[str, Any], *, enough: bool
) -> None:
    if enough:
        assert subject_in(KEYS["ES256"], "ES256", issuer(**asked), **told) == "ana"
    else:
        with pytest.raises(NotBelieved):
            subject_in(KEYS["ES256"], "ES256", issuer(**asked), **told)


ANYTHING = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.integers()
    | strategies.floats()
    | strategies.text(alphabet=strategies.characters(codec=None)),
    lambda inner: strategies.lists(inner, max_size=3) | strategies.dictionaries(strategies.text(), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
CLAIMS = [
    "iss",
    "aud",
    "azp",
    "sub",
    "nonce",
    "iat",
    "exp",
    "nbf",
    "auth_time",
    "at_hash",
    "acr",
    "amr",
    "name",
]


@given(claims=strategies.dictionaries(strategies.sampled_from(CLAIMS), ANYTHING, max_size=4))
def test_whatever_a_trusted_provider_claims_it_is_believed_or_refused_and_nothing_breaks(
    claims: dict[str, Any],
) -> None:
    with suppress(NotBelieved):
        subject_in(KEYS["ES256"], "ES256", issuer(acr=("mfa",), amr=("hwk",)), **claims)
    with suppress(NotBelieved):
        subject_in(KEYS["ES256"], "ES256", **claims)


@given(
    header=strategies.dictionaries(strategies.sampled_from(["alg", "kid", "typ", "jwk", "crit"]), ANYTHING)
)
def test_whatever_a_header_says_it_is_believed_or_refused_and_nothing_breaks(header: dict[str, Any]) -> None:
    text = f"{base64url(json.dumps(header).encode())}.e30.AAAA"
    with suppress(NotBelieved):
        believed(text, lambda _: KEYS["ES256"], frozenset({""}))


@given(
    text=strategies.text(alphabet=strategies.characters(codec=None))
    | strategies.from_regex(r"[\w.-]*\.[\w-]*\.[\w-]*")
)
def test_whatever_is_sent_in_place_of_a_statement_is_refused_and_nothing_breaks(text: str) -> None:
    with pytest.raises(NotBelieved):
        believed(text, lambda _: KEYS["ES256"], frozenset({""}))
    with suppress(NotBelieved):
        claimed_client(text)
