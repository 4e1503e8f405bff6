"""Asking an identity provider: within seconds, within a size, never led elsewhere."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from httpx2 import Client, HTTPError, InvalidURL

from api.problems import Problem
from api.sign_in.issuers import is_safe

TIMEOUT_SECONDS = 5.0
MOST_BYTES = 256 * 1024


class NotToldRight(Exception):
    """A provider answered with something that is not what was asked for; the message says what."""


def ask_for_document(
    address: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return a JSON object that is read from an address, or got by sending a form. Raises `NotToldRight`."""
    if not is_safe(address):
        raise NotToldRight(f"{address} is not encrypted")
    sent = {"Accept": "application/json", **(headers or {})}
    try:
        with (
            Client(timeout=TIMEOUT_SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream("GET" if form is None else "POST", address, data=form, headers=sent) as answer,
        ):
            body, until = b"", time.monotonic() + TIMEOUT_SECONDS
            for part in answer.iter_bytes():
                body += part
                if len(body) > MOST_BYTES or time.monotonic() > until:
                    raise NotToldRight(f"{address} answers with too much, or too slowly")
            if answer.status_code != 200:
                raise NotToldRight(f"{address} answers with status {answer.status_code}")
        document = json.loads(body)
    except (HTTPError, InvalidURL, ValueError, RecursionError) as error:
        raise NotToldRight(f"{address}: {type(error).__name__}") from error
    if not isinstance(document, dict):
        raise NotToldRight(f"{address} does not answer with an object")
    return document


def issuer_unavailable() -> Problem:
    """Return the problem of an identity provider that does not answer, or not as it should."""
    return Problem(
        503,
        "issuer-unavailable",
        es="El proveedor de identidad de tu órgano no responde como debe: intenta en un momento, o avisa a quien lo "
        "opera.",
        en="Your body's identity provider does not answer as it should: try again in a moment, or tell who runs it.",
        headers={"Retry-After": "30"},
    )
