"""The tree over the log in this process: building it, and signing it where nobody does that apart."""

from __future__ import annotations

import threading

from api.database import Resources
from api.logs import log
from api.time_stamping import NotConfigured, TimeStamping
from api.witnesses.asking import Witnessing
from ledger.connect import connect
from ledger.integrator import Integrator
from ledger.key_folder import KeyFolder, SignedMeanwhile, UnusableKeys
from ledger.log import LogError
from ledger.signer import Signer, SigningRefused, keep_signing

START_SECONDS = 1.0
"""How often it is looked whether the log has begun, and so has a name to sign it by."""


def build_tree(resources: Resources, stop: threading.Event) -> None:
    """Build the tree until ``stop`` is set; where the log was tampered with, say so and build no further."""
    try:
        integrator(resources).run(stop)
    except LogError as tampered:
        log.error("tree_not_built", error=str(tampered))


def integrator(resources: Resources) -> Integrator:
    """Return who builds the tree of this log."""
    own = resources.settings.integrator_database_url
    return Integrator(own.get_secret_value() if own else resources.database_url, resources.settings.roles)


def sign_here(resources: Resources, stop: threading.Event) -> None:
    """Sign the tree until ``stop`` is set, with a key made at the first start; where it is refused, say so and end."""
    while not _has_begun(resources):
        if stop.wait(START_SECONDS):
            return
    for asking in (ask_witnesses, ask_for_time_stamps):
        threading.Thread(target=asking, args=[resources, stop], name=asking.__name__, daemon=True).start()
    try:
        keep_signing(_signer_url(resources), _keys(resources), stop, resources.settings.roles)
    except (SigningRefused, UnusableKeys, OSError) as refusal:
        log.error("log_not_signed", error=str(refusal))


def ask_witnesses(resources: Resources, stop: threading.Event) -> None:
    """Ask the log's witnesses to cosign until ``stop`` is set, where it has any."""
    settings = resources.settings
    origin = resources.identity().origin
    Witnessing(_signer_url(resources), origin, settings.witness_policy, settings.roles).run(stop)


def ask_for_time_stamps(resources: Resources, stop: threading.Event) -> None:
    """Have checkpoints time-stamped until ``stop`` is set, where an authority for that was set; else say why not."""
    if not resources.settings.timestamps:
        return
    try:
        TimeStamping(_signer_url(resources), resources.settings).run(stop)
    except NotConfigured as missing:
        log.error("log_not_time_stamped", error=str(missing))


def build_and_sign(resources: Resources) -> None:
    """Build the tree of all there is and sign it, once: what that takes of memory, serving would never give back."""
    integrator(resources).catch_up()
    try:
        keys = _keys(resources)
        with connect(_signer_url(resources), resources.settings.roles.signer, "signer") as connection:
            Signer(connection, keys).sign()
    except (SigningRefused, UnusableKeys, SignedMeanwhile, OSError) as refusal:
        log.error("log_not_signed", error=str(refusal))


def _keys(resources: Resources) -> KeyFolder:
    """Return the keys of this log, made where there are none."""
    keys = KeyFolder(resources.settings.keys_folder, resources.identity().origin)
    if not keys.exists():
        keys.create()
        log.info("log_key_made", where=str(keys.folder))
    return keys


def _signer_url(resources: Resources) -> str:
    own = resources.settings.signer_database_url
    return own.get_secret_value() if own else resources.database_url


def _has_begun(resources: Resources) -> bool:
    try:
        return resources.identity().started
    except LogError:
        return False
