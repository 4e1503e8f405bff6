"""An identity provider that answers what a test tells it to: what a real one would never sign."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from joserfc.jwk import ECKey

from tests.forgeries import Genuine


@dataclass(slots=True)
class LyingProvider:
    """A running provider."""

    address: str
    key: ECKey
    client: str = "bitacora"
    answers: dict[str, Any] = field(default_factory=dict)
    """What it says at ``/token``, or at any other path."""
    asked: list[str] = field(default_factory=list)
    """The paths it was asked at."""
    forms: list[dict[str, str]] = field(default_factory=list)
    """The forms it was sent, with the header that says who sent them."""

    def genuine(self, nonce: str, made_at: float, subject: str = "ana") -> Genuine:
        """Return an ID token that is to be believed."""
        made = int(made_at)
        claims = {
            "iss": self.address, "aud": self.client, "sub": subject, "nonce": nonce, "iat": made, "exp": made + 300,
        }  # fmt: skip
        return Genuine(claims, self.key)

    def document(self, path: str) -> Any:
        """Return what it says at a path; None where there is nothing."""
        told = {
            "/.well-known/openid-configuration": {
                "issuer": self.address, "jwks_uri": f"{self.address}/keys",
                "authorization_endpoint": f"{self.address}/auth", "token_endpoint": f"{self.address}/token",
            },
            "/keys": {"keys": [self.key.as_dict(private=False)]},
        }  # fmt: skip
        return (told | self.answers).get(path)


@contextmanager
def lying_provider() -> Iterator[LyingProvider]:
    """Run one."""
    running: list[LyingProvider] = []

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            running[0].asked.append(self.path)
            told = running[0].document(self.path)
            body = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(404 if told is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode())
            said = {name: value for name, (value,) in form.items()}
            running[0].forms.append(said | {"Authorization": self.headers.get("Authorization", "")})
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    key = ECKey.generate_key("P-256", {"kid": "genuine"})
    running.append(LyingProvider(f"http://127.0.0.1:{server.server_address[1]}", key))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield running[0]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
