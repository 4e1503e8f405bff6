"""A real OpenID provider for the tests (Debian's ``glewlwyd``), with one person and a login form."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from httpx2 import Client, TransportError
from joserfc.jwk import ECKey

SCHEMA = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
PAGES = Path("/usr/share/glewlwyd")
MODULES = Path("/usr/lib/glewlwyd")
PERSON, PASSWORD = "ana", "una-clave-de-prueba"
CLIENT, SECRET = "bitacora", "un-secreto-de-prueba"

CONFIGURATION = """
port={port}
bind_address="127.0.0.1"
external_url="{address}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="WARNING"
cookie_secure=0
session_expiration=3600
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
static_files_path="{pages}"
user_module_path="{modules}/user"
client_module_path="{modules}/client"
user_auth_scheme_module_path="{modules}/scheme"
plugin_module_path="{modules}/plugin"
use_secure_connection=false
secure_connection_key_file="none"
secure_connection_pem_file="none"
secure_connection_ca_file="none"
hash_algorithm="SHA512"
database = {{ type="sqlite3"; path="{database}" }}
static_files_mime_types = (
  {{ extension=".html"; mime_type="text/html" }}, {{ extension=".css"; mime_type="text/css" }},
  {{ extension=".js"; mime_type="application/javascript" }}, {{ extension=".json"; mime_type="application/json" }} )
"""


@dataclass(frozen=True, slots=True)
class Provider:
    """A running provider."""

    client: Client
    """Its administrator."""
    issuer: str

    def register(self, redirect: str) -> None:
        """Let it know us, and where it sends browsers back to."""
        said = {
            "client_id": CLIENT, "name": "Bitácora", "confidential": True, "enabled": True,
            "client_secret": SECRET, "redirect_uri": [redirect], "scope": ["openid"],
            "authorization_type": ["code"], "token_endpoint_auth_method": ["client_secret_basic"],
        }  # fmt: skip
        _ask(self.client, "/api/client/", said)


@contextmanager
def running_provider(folder: Path) -> Iterator[Provider]:
    """Run a provider that knows one person."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://localhost:{port}"
    configuration = _configuration(folder, port, address)
    with (folder / "log").open("wb") as log:
        program = subprocess.Popen(
            ["glewlwyd", f"--config-file={configuration}"], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        with Client(timeout=30, base_url=address) as client:
            _wait(client, program)
            yield _prepared(client, address)
    finally:
        program.terminate()
        program.wait(10)


def _configuration(folder: Path, port: int, address: str) -> Path:
    """Write what the program reads: its settings, an empty database, its pages."""
    pages = shutil.copytree(PAGES / "webapp", folder / "pages", ignore=shutil.ignore_patterns("config.json"))
    # The package has a folder where the login page looks for this file.
    shutil.copy(PAGES / "templates/config.json", pages / "config.json")
    database = folder / "database"
    subprocess.run(["sqlite3", str(database)], input=SCHEMA.read_bytes(), check=True)
    configuration = folder / "configuration"
    configuration.write_text(
        CONFIGURATION.format(port=port, address=address, pages=pages, modules=MODULES, database=database)
    )
    return configuration


def _wait(client: Client, program: subprocess.Popen[bytes]) -> None:
    for _ in range(200):
        assert program.poll() is None, "the provider ended: is glewlwyd installed whole?"
        with suppress(TransportError):
            client.get("/api/")
            return
        time.sleep(0.05)
    raise AssertionError("the provider did not answer")


def _prepared(client: Client, address: str) -> Provider:
    """Make the protocol and the person, as its administrator."""
    issuer = f"{address}/api/oidc"
    _ask(client, "/api/auth/", {"username": "admin", "password": "password"})
    _ask(client, "/api/mod/plugin/", _protocol(issuer))
    person = {"username": PERSON, "password": PASSWORD, "name": "Ana Ruiz", "enabled": True}
    _ask(client, "/api/user/", person | {"scope": ["openid", "g_profile"]})
    return Provider(client, issuer)


def _protocol(issuer: str) -> dict[str, Any]:
    key = ECKey.generate_key("P-256", {"kid": "prueba", "alg": "ES256"})
    return {
        "module": "oidc", "name": "oidc", "display_name": "OpenID Connect", "enabled": True,
        "parameters": {
            "iss": issuer, "jwks-private": json.dumps({"keys": [key.as_dict(private=True)]}),
            "default-kid": "prueba", "jwks-show": True, "access-token-duration": 600,
            "refresh-token-duration": 600, "code-duration": 60, "refresh-token-rolling": False,
            "allow-non-oidc": False, "auth-type-code-enabled": True, "auth-type-token-enabled": False,
            "auth-type-id-token-enabled": True, "auth-type-none-enabled": False,
            "auth-type-password-enabled": False, "auth-type-client-enabled": False,
            "auth-type-implicit-enabled": False, "auth-type-refresh-enabled": False,
            "pkce-allowed": True, "pkce-required": True, "pkce-method-plain-allowed": False,
            "subject-type": "public", "oauth-as-iss-id": True,
        },
    }  # fmt: skip


def _ask(client: Client, path: str, body: dict[str, Any]) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text}"
