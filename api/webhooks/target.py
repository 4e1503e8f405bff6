"""Where a webhook may be sent: to the public internet by https, never to what only this machine can reach.

The name is looked up again for each attempt, every address it has must be public, and the connection goes to the very
address that was looked at: a name that changes in between leads nowhere else (OWASP, server-side request forgery).
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass

from httpx2 import URL, InvalidURL

LONGEST_ADDRESS = 500
_FOR_PROTOCOLS = ipaddress.IPv4Network("192.0.0.0/24")
"""Set apart for the network's own work (RFC 6890); the library takes some of it for public."""
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""Addresses that lead on to one of IPv4 (RFC 6052)."""


class BadTarget(Exception):
    """Nothing is sent there; ``es`` and ``en`` say why."""

    def __init__(self, *, es: str, en: str) -> None:
        super().__init__(en)
        self.es = es
        self.en = en


@dataclass(frozen=True, slots=True)
class Target:
    """An address to send to, looked up."""

    url: URL
    """With the number that was looked up in place of the name."""
    name: str
    """What its certificate is to be for."""
    host: str
    """What is said in ``Host``: the name, with the port where it is not the usual one."""


def parsed(address: str, *, to_loopback: bool) -> URL:
    """Return an address that may be one of a webhook, as far as can be told without looking it up.

    Raises `BadTarget`. ``to_loopback`` lets this machine be one, without https: for trying a receiver out.
    """
    try:
        url = URL(address)
    except InvalidURL:
        url = URL("")
    if len(address) > LONGEST_ADDRESS or not address.isascii() or not url.host or url.userinfo:
        raise BadTarget(
            es="Escribe una dirección completa, sin usuario ni contraseña: https://sistema.example.mx/avisos.",
            en="Write a whole address, without user or password: https://system.example.mx/notices.",
        )
    if url.scheme != "https" and not (to_loopback and url.scheme == "http"):
        raise BadTarget(
            es="La dirección debe empezar con https://: lo que se envía no viaja abierto.",
            en="The address must begin with https://: what is sent does not travel in the open.",
        )
    return url.copy_with(fragment=None)


async def looked_up(address: str, *, to_loopback: bool) -> Target:
    """Return where an address leads now. Raises `BadTarget`."""
    url = parsed(address, to_loopback=to_loopback)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise BadTarget(
            es=f"No se encontró «{url.host}».", en=f"There is no '{url.host}' to be found."
        ) from None
    numbers = [ipaddress.ip_address(address[0]) for *_, address in found]
    if not numbers or not all(
        is_public(number) or (to_loopback and number.is_loopback) for number in numbers
    ):
        raise BadTarget(
            es=f"«{url.host}» no está en la internet pública: ahí no se envía nada.",
            en=f"'{url.host}' is not on the public internet: nothing is sent there.",
        )
    return Target(url.copy_with(host=str(numbers[0])), url.host, url.netloc.decode())


def is_public(number: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Tell whether a number is one of the public internet, also where one of IPv4 is inside it."""
    if isinstance(number, ipaddress.IPv6Address):
        inside = [number.ipv4_mapped, number.sixtofour, *(number.teredo or ())]
        if number in _TRANSLATED:
            inside.append(ipaddress.IPv4Address(int(number) & 0xFFFFFFFF))
        if any(one is not None and not is_public(one) for one in inside):
            return False
    return number.is_global and not number.is_multicast and number not in _FOR_PROTOCOLS
