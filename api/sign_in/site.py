"""Where people find this site: what a passkey is bound to, and whether a cookie may travel.

The address is a setting, never what a request says of itself. Without one, people sign in on this machine only, at
``http://localhost``: browsers let passkeys work there, and nothing travels.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from api.problems import Problem
from api.settings import Settings

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Site:
    """The address people use."""

    origin: str
    """Scheme, host and port: what a browser signs with a passkey (WebAuthn Level 2, 5.8.1)."""

    @property
    def host(self) -> str:
        """The name passkeys belong to (the relying party's id)."""
        return urlsplit(self.origin).hostname or ""

    @property
    def is_encrypted(self) -> bool:
        """Whether what is sent can be read by nobody on the way."""
        return self.origin.startswith("https://")

    @property
    def cookie(self) -> str:
        """What the session's cookie is called. ``__Host-`` binds it to this host alone (RFC 6265bis, 4.1.3.2)."""
        return "__Host-bitacora" if self.is_encrypted else "bitacora-local"


def site_of(connection: HTTPConnection) -> Site:
    """Return the site a request came to. Raises a `Problem` where nobody can sign in safely."""
    settings: Settings = connection.app.state.resources.settings
    if settings.public_url:
        parts = urlsplit(settings.public_url)
        site = Site(f"{parts.scheme}://{parts.netloc}")
        if site.is_encrypted or site.host in LOCAL_NAMES:
            return site
    elif connection.url.hostname in LOCAL_NAMES:
        port = f":{connection.url.port}" if connection.url.port else ""
        return Site(f"http://localhost{port}")
    raise Problem(
        503,
        "site-without-address",
        es="Aquí no se puede entrar: quien opera el servicio fija BITACORA_PUBLIC_URL con su dirección https.",
        en="Nobody can sign in here: whoever runs the service sets BITACORA_PUBLIC_URL to its https address.",
    )
