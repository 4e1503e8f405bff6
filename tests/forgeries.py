"""Statements (JWT) that prove nothing, made from a genuine one: each a way in which others were once deceived."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

ELSEWHERE = "https://evil.example/keys"
STRANGER = ECKey.generate_key("P-256", {"kid": "genuine"})
"""A key of nobody's, which calls itself as the genuine one does."""
RSA_STRANGER = RSAKey.generate_key(2048)
MINUTE, HOUR = 60, 3600


def base64url(data: bytes) -> str:
    """Return bytes as a JWT writes them."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def written(header: Any, claims: Any) -> str:
    """Return the two first parts of a statement."""
    return ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))


@dataclass(frozen=True, slots=True)
class Genuine:
    """What would be believed: its header, its claims, and the key that signs it."""

    claims: dict[str, Any]
    key: ECKey
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "ES256", "kid": "genuine", "typ": "JWT"})

    def signed(self, key: Any = None) -> str:
        """Return it, signed."""
        header, signer = self.header, key or self.key
        return jws.serialize_compact(
            header, json.dumps(self.claims), signer, algorithms=[header["alg"]],
            registry=jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False),
        )  # fmt: skip

    def claiming(self, **changes: Any) -> Genuine:
        """Return it with other claims; None leaves one out."""
        claims = {name: value for name, value in (self.claims | changes).items() if value is not None}
        return replace(self, claims=claims)

    def headed(self, **changes: Any) -> Genuine:
        """Return it with another header."""
        return replace(self, header=self.header | changes)

    def later(self, name: str, seconds: float) -> Genuine:
        """Return it with an instant moved, from when it was made."""
        return self.claiming(**{name: self.claims["iat"] + seconds})


def by_secret(genuine: Genuine, secret: bytes) -> str:
    """Return it signed with a secret that is none: what is public, or empty (RFC 8725, 2.1)."""
    content = written(genuine.header | {"alg": "HS256"}, genuine.claims)
    return f"{content}.{base64url(hmac.new(secret, content.encode(), hashlib.sha256).digest())}"


def unsigned(genuine: Genuine, algorithm: str) -> str:
    """Return it without a signature."""
    return f"{written(genuine.header | {'alg': algorithm}, genuine.claims)}."


def relabelled(genuine: Genuine, **header: Any) -> str:
    """Return it with the signature of another header."""
    return f"{written(genuine.header | header, genuine.claims)}.{genuine.signed().rpartition('.')[2]}"


def with_signature(genuine: Genuine, signature: bytes) -> str:
    """Return it with another signature."""
    return f"{genuine.signed().rpartition('.')[0]}.{base64url(signature)}"


def public_text(genuine: Genuine) -> bytes:
    """Return the genuine public key as anyone has it."""
    return genuine.key.as_pem(private=False)


Forgery = Callable[[Genuine], str]

FORGERIES: dict[str, Forgery] = {
    "alg none": lambda g: unsigned(g, "none"),
    "alg None": lambda g: unsigned(g, "None"),
    "alg nOnE": lambda g: unsigned(g, "nOnE"),
    "alg none with a signature": lambda g: relabelled(g, alg="none"),
    "alg missing": lambda g: relabelled(g, alg=None),
    "alg a list": lambda g: relabelled(g, alg=["ES256"]),
    "HS256 with the public key": lambda g: by_secret(g, public_text(g)),
    "HS256 with the public JWK": lambda g: by_secret(g, json.dumps(g.key.as_dict(private=False)).encode()),
    "HS256 with nothing": lambda g: by_secret(g, b""),
    "HS256 with a traversing kid": lambda g: by_secret(g.headed(kid="../../../../dev/null"), b""),
    "RS256 of an EC key": lambda g: relabelled(g, alg="RS256"),
    "ES384": lambda g: relabelled(g, alg="ES384"),
    "EdDSA of an EC key": lambda g: relabelled(g, alg="EdDSA"),
    "RS256 by a stranger": lambda g: g.headed(alg="RS256").signed(RSA_STRANGER),
    "signed by a stranger": lambda g: g.signed(STRANGER),
    "unknown kid": lambda g: g.headed(kid="nobody's").signed(),
    "kid that is a path": lambda g: g.headed(kid="../../etc/passwd").signed(STRANGER),
    "kid that is SQL": lambda g: g.headed(kid="x' OR '1'='1").signed(STRANGER),
    "kid with NUL": lambda g: g.headed(kid="genuine\0").signed(STRANGER),
    "kid that is a number": lambda g: relabelled(g, kid=7),
    "kid that is a list": lambda g: relabelled(g, kid=["genuine"]),
    "a key of its own": lambda g: g.headed(jwk=STRANGER.as_dict(private=False)).signed(STRANGER),
    "the genuine key brought along": lambda g: g.headed(jwk=g.key.as_dict(private=False)).signed(),
    "keys elsewhere (jku)": lambda g: g.headed(jku=ELSEWHERE).signed(STRANGER),
    "keys elsewhere, genuinely signed": lambda g: g.headed(jku=ELSEWHERE).signed(),
    "a certificate elsewhere (x5u)": lambda g: g.headed(x5u=ELSEWHERE).signed(STRANGER),
    "a certificate of its own (x5c)": lambda g: g.headed(x5c=["MIIB"]).signed(STRANGER),
    "what nobody understands (crit)": lambda g: relabelled(g, crit=["exp"], exp=1),
    "content that is not encoded (b64)": lambda g: relabelled(g, b64=False, crit=["b64"]),
    "compressed": lambda g: relabelled(g, zip="DEF"),
    "an access token (typ)": lambda g: g.headed(typ="at+jwt").signed(),
    "a logout token (typ)": lambda g: g.headed(typ="logout+jwt").signed(),
    "an event (typ)": lambda g: g.headed(typ="secevent+jwt").signed(),
    "over": lambda g: g.later("exp", -2 * MINUTE).signed(),
    "over for long": lambda g: g.later("exp", -24 * HOUR).signed(),
    "without an end": lambda g: g.claiming(exp=None).signed(),
    "an end that is text": lambda g: g.claiming(exp="9999999999").signed(),
    "an end that is true": lambda g: g.claiming(exp=True).signed(),
    "an end beyond all time": lambda g: g.claiming(exp=1e300).signed(),
    "an end that is no number": lambda g: g.claiming(exp=float("nan")).signed(),
    "not good yet": lambda g: g.later("nbf", HOUR).signed(),
    "made in the future": lambda g: g.later("iat", HOUR).later("exp", 2 * MINUTE).signed(),
    "made long ago": lambda g: g.later("iat", -HOUR).signed(),
    "never made": lambda g: g.claiming(iat=None).signed(),
    "another issuer": lambda g: g.claiming(iss="https://evil.example").signed(),
    "an issuer that looks alike": lambda g: g.claiming(iss=g.claims["iss"] + "/").signed(),
    "no issuer": lambda g: g.claiming(iss=None).signed(),
    "issuers in a list": lambda g: g.claiming(iss=[g.claims["iss"]]).signed(),
    "for another": lambda g: g.claiming(aud="another").signed(),
    "for us and another": lambda g: g.claiming(aud=[g.claims["aud"], "another"]).signed(),
    "for what we begin with": lambda g: g.claiming(aud=g.claims["aud"][:-1]).signed(),
    "for nobody": lambda g: g.claiming(aud=None).signed(),
    "for an empty list": lambda g: g.claiming(aud=[]).signed(),
    "about nobody": lambda g: g.claiming(sub=None).signed(),
    "about a list": lambda g: g.claiming(sub=[g.claims["sub"]]).signed(),
    "about an empty text": lambda g: g.claiming(sub="").signed(),
    "a signature cut short": lambda g: g.signed()[:-10],
    "no signature": lambda g: g.signed().rpartition(".")[0] + ".",
    "a signature of zeros": lambda g: with_signature(g, bytes(64)),
    "a signature of ones": lambda g: with_signature(g, b"\x00" * 31 + b"\x01" + b"\x00" * 31 + b"\x01"),
    "another's claims": lambda g: (
        relabelled(g.claiming(sub="another")).rpartition(".")[0] + "." + g.signed().rpartition(".")[2]
    ),
    "two parts": lambda g: g.signed().rpartition(".")[0],
    "four parts": lambda g: g.signed() + ".x",
    "encrypted": lambda g: written({"alg": "RSA-OAEP", "enc": "A256GCM"}, {}) + ".x.y.z",
    "no Base64": lambda g: "!!!." + g.signed().partition(".")[2],
    "not ASCII": lambda g: g.signed() + "ñ",
    "empty": lambda _: "",
    "dots": lambda _: "..",
    "very long": lambda g: g.claiming(padding="x" * 20_000).signed(),
    "very deep": lambda g: f"{base64url(b'[' * 9_000)}.{g.signed().partition('.')[2]}",
    "a header that is a list": lambda g: f"{base64url(b'[]')}.{g.signed().partition('.')[2]}",
    "claims that are a list": lambda g: replace(g, claims=[]).signed(),  # type: ignore[arg-type] # that is the point
}
"""Each by what is wrong with it."""
