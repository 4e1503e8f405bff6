"""Where a webhook may not be sent: to nothing that only this machine, or its network, can reach."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import Any
from uuid import uuid4

import pytest

from api.webhooks.target import BadTarget, is_public, looked_up, parsed
from tests.api.harness import Api

NOT_PUBLIC = (
    "127.0.0.1", "127.8.8.8", "0.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.8", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::1", "::", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:c0a8:101::",
)  # fmt: skip
"""This machine, private and shared networks, link-local, documentation, multicast; and those of IPv6 that hold one."""


@pytest.mark.parametrize("number", NOT_PUBLIC)
def test_a_number_of_no_public_network_is_none(number: str) -> None:
    assert not is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize("number", ["8.8.8.8", "187.188.1.1", "2606:4700::1111", "64:ff9b::808:808"])
def test_a_number_of_the_public_internet_is_one(number: str) -> None:
    assert is_public(ipaddress.ip_address(number))


@pytest.mark.parametrize(
    "address",
    [
        "http://sistema.example.mx/avisos", "ftp://sistema.example.mx", "file:///etc/passwd", "gopher://x/",
        "https://", "https:///x", "sistema.example.mx", "", "https://ana:clave@example.mx/", "https://é.mx/",
        "https://example.mx/" + "x" * 500, "https://[::1", "javascript:alert(1)", "https://exa mple.mx/\n",
    ],
)  # fmt: skip
def test_an_address_that_is_not_https_in_full_is_refused(address: str) -> None:
    with pytest.raises(BadTarget):
        parsed(address, to_loopback=False)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "2130706433",
        "0x7f000001",
        "127.1",
        "169.254.169.254",
    ],
)
def test_this_machine_by_any_name_is_refused(host: str) -> None:
    with pytest.raises(BadTarget):
        asyncio.run(looked_up(f"https://{host}/", to_loopback=False))


def _names(*numbers: str) -> Any:
    async def getaddrinfo(*_args: Any, **_more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, 443)) for number in numbers]

    return getaddrinfo


async def _look_up(monkeypatch: pytest.MonkeyPatch, *numbers: str) -> Any:
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", _names(*numbers))
    return await looked_up("https://sistema.example.mx:8443/avisos?a=1", to_loopback=False)


def test_a_name_of_which_one_number_is_private_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadTarget, match="not on the public internet"):
        asyncio.run(_look_up(monkeypatch, "8.8.8.8", "10.0.0.1"))


def test_what_is_connected_to_is_the_number_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere a moment later leads nowhere else: it is not looked up again."""
    target = asyncio.run(_look_up(monkeypatch, "8.8.8.8"))

    assert str(target.url) == "https://8.8.8.8:8443/avisos?a=1"
    assert (target.name, target.host) == ("sistema.example.mx", "sistema.example.mx:8443")


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/", "https://127.0.0.1/", "https://localhost/x", "nada"]
)
def test_a_subscription_to_such_an_address_is_refused_in_words(api: Api, address: str) -> None:
    headers = {"Authorization": f"Bearer {api.token()}", "Idempotency-Key": str(uuid4())}
    body = {"address": address, "territory": "MX-JAL"}
    answer = api.client.post("/api/v1/webhooks", json=body, headers=headers)

    assert (answer.status_code, answer.json()["rule"]) == (422, "webhook-address-refused")
    assert answer.json()["errors"][0]["field"] == "address"
