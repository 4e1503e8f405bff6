"""The tree over the log in this process: building it, and signing it where nobody does that apart."""

from __future__ import annotations

import threading

from api.database import Resources
from api.logs import log
from ledger.integrator import Integrator
from ledger.key_folder import KeyFolder, UnusableKeys
from ledger.log import LogError
from ledger.signer import SigningRefused, keep_signing

START_SECONDS = 1.0
"""How often it is looked whether the log has begun, and so has a name to sign it by."""


def build_tree(resources: Resources, stop: threading.Event) -> None:
    """Build the tree until ``stop`` is set; where the log was tampered with, say so and build no further."""
    own = resources.settings.integrator_database_url
    url = own.get_secret_value() if own else resources.database_url
    try:
        Integrator(url, resources.settings.roles).run(stop)
    except LogError as tampered:
        log.error("tree_not_built", error=str(tampered))


def sign_here(resources: Resources, stop: threading.Event) -> None:
    """Sign the tree until ``stop`` is set, with a key made at the first start; where it is refused, say so and end."""
    while not _has_begun(resources):
        if stop.wait(START_SECONDS):
            return
    keys = KeyFolder(resources.settings.keys_folder, resources.identity().origin)
    own = resources.settings.signer_database_url
    url = own.get_secret_value() if own else resources.database_url
    try:
        if not keys.exists():
            keys.create()
            log.info("log_key_made", where=str(keys.folder))
        keep_signing(url, keys, stop, resources.settings.roles)
    except (SigningRefused, UnusableKeys, OSError) as refusal:
        log.error("log_not_signed", error=str(refusal))


def _has_begun(resources: Resources) -> bool:
    try:
        return resources.identity().started
    except LogError:
        return False
