"""Passkeys (WebAuthn Level 2): a device proves that it is the one that was enrolled, and that its owner is there.

What is asked of the device is kept until it answers, once and for five minutes, whatever process answers.
"""

from __future__ import annotations

import base64
import json
import secrets
from datetime import timedelta

from psycopg import errors

from api.database import Resources
from api.problems import Problem
from api.sign_in.site import Site
from ledger.desk.codes import keep_code, use_code
from ledger.desk.passkeys import Passkey, add_passkey, passkey_of, passkey_used, passkeys_of

ANSWER_WITHIN = timedelta(minutes=5)
"""How long a device has to answer."""

SITE_NAME = "Bitácora Electoral"


def registration_options(resources: Resources, site: Site, person: str, name: str) -> str:
    """Return what a browser is asked so that it makes a passkey for a person, as JSON."""
    from webauthn import generate_registration_options, options_to_json  # noqa: PLC0415 - 25 MB, and few requests need it
    from webauthn.helpers import structs  # noqa: PLC0415 - 25 MB, and few requests need it

    with resources.desk.connection() as connection:
        known = passkeys_of(connection, person)
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=SITE_NAME,
        user_id=person.encode(),
        user_name=name,
        challenge=_challenge(resources, "make a passkey", person),
        # A passkey that is found without a name, on a device that asks for its owner's finger, face or PIN.
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=credential) for credential in known],
    )
    return options_to_json(options)


def verified_registration(resources: Resources, site: Site, person: str, answer: str) -> Passkey:
    """Return the passkey a browser made for a person. Raises a `Problem` where it is not what was asked for."""
    from webauthn import verify_registration_response  # noqa: PLC0415 - 25 MB, and few requests need it
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415 - 25 MB, and few requests need it

    challenge = _answered(resources, "make a passkey", answer, person)
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise passkey_refused() from error
    return Passkey(made.credential_id, person, made.credential_public_key, made.sign_count)


def keep_passkey(resources: Resources, passkey: Passkey) -> None:
    """Keep a verified passkey. Raises a `Problem` where it is somebody's already."""
    try:
        with resources.desk.connection() as connection:
            add_passkey(connection, passkey, resources.clock())
    except errors.UniqueViolation:
        raise passkey_refused() from None


def authentication_options(resources: Resources, site: Site, person: str = "") -> str:
    """Return what a browser is asked so that a passkey proves who is there: anybody, or one person again."""
    from webauthn import generate_authentication_options, options_to_json  # noqa: PLC0415 - 25 MB, and few requests need it
    from webauthn.helpers import structs  # noqa: PLC0415 - 25 MB, and few requests need it

    with resources.desk.connection() as connection:
        known = passkeys_of(connection, person) if person else []
    options = generate_authentication_options(
        rp_id=site.host,
        challenge=_challenge(resources, "use a passkey", person),
        allow_credentials=[structs.PublicKeyCredentialDescriptor(id=credential) for credential in known],
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return options_to_json(options)


def verified_person(resources: Resources, site: Site, answer: str, person: str = "") -> str:
    """Return whose passkey answered. Raises a `Problem` where none of ours did, or not the one that was asked."""
    from webauthn import verify_authentication_response  # noqa: PLC0415 - 25 MB, and few requests need it
    from webauthn.helpers.exceptions import WebAuthnException  # noqa: PLC0415 - 25 MB, and few requests need it

    challenge = _answered(resources, "use a passkey", answer, person)
    with resources.desk.connection() as connection:
        passkey = passkey_of(connection, _credential_of(answer))
        if passkey is None or person not in {"", passkey.person}:
            raise passkey_refused()
        try:
            used = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=site.host,
                expected_origin=site.origin,
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.uses,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, TypeError, KeyError) as error:
            raise passkey_refused() from error
        passkey_used(connection, passkey.credential, used.new_sign_count, resources.clock())
    return passkey.person


def passkey_refused() -> Problem:
    """Return the problem of a passkey that proves nothing here: the same whatever is wrong with it."""
    return Problem(
        401,
        "passkey-refused",
        es="La llave de acceso no sirve aquí, o tardó más de cinco minutos: inténtalo otra vez.",
        en="The passkey is not good here, or took more than five minutes: try again.",
    )


def _challenge(resources: Resources, purpose: str, person: str) -> bytes:
    """Return random bytes to be signed, kept until they come back."""
    challenge = secrets.token_bytes(32)
    now = resources.clock()
    with resources.desk.connection() as connection:
        keep_code(
            connection,
            challenge.hex(),
            purpose=purpose,
            about=person,
            expires_at=now + ANSWER_WITHIN,
            now=now,
        )
    return challenge


def _answered(resources: Resources, purpose: str, answer: str, person: str) -> bytes:
    """Return the challenge a device answers, which is then used up. Raises a `Problem` where it is none of ours."""
    try:
        told = json.loads(_unpadded(json.loads(answer)["response"]["clientDataJSON"]))
        challenge = _unpadded(told["challenge"])
    except (ValueError, TypeError, KeyError, AttributeError):
        raise passkey_refused() from None
    with resources.desk.connection() as connection:
        about = use_code(connection, challenge.hex(), purpose=purpose, now=resources.clock())
    if about != person:
        raise passkey_refused()
    return challenge


def _credential_of(answer: str) -> bytes:
    try:
        return _unpadded(json.loads(answer)["rawId"])
    except (ValueError, TypeError, KeyError):
        raise passkey_refused() from None


def _unpadded(text: str) -> bytes:
    """Return what base64url without padding stands for (RFC 7515, appendix C)."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
