"""One attempt: the published entry, signed, to one receiver, within a few seconds."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version

import httpx2
from standardwebhooks import Webhook as Signer

from api.webhooks.target import BadTarget, looked_up
from ledger.desk.webhooks import Webhook

WHOLE_SECONDS = 10.0
"""How long an attempt may take from the look-up to the answer, however slowly its bytes come."""
GONE = 410
"""The receiver wants nothing more (Standard Webhooks)."""


@dataclass(frozen=True, slots=True)
class Attempted:
    """What became of an attempt."""

    status: int | None
    """What the receiver answered; None where it did not."""
    failure: str | None
    """Why it did not arrive; None where it did."""


async def send(webhook: Webhook, position: int, body: bytes, at: datetime, *, to_loopback: bool) -> Attempted:
    """Send an entry and return what became of it. What the receiver answers is not read, redirects lead nowhere."""
    try:
        async with asyncio.timeout(WHOLE_SECONDS):
            target = await looked_up(webhook.address, to_loopback=to_loopback)
            headers = signed(webhook, position, body, at) | {"Host": target.host}
            async with (
                httpx2.AsyncClient(
                    verify=_certificates(), trust_env=False, follow_redirects=False, timeout=WHOLE_SECONDS
                ) as client,
                client.stream(
                    "POST",
                    target.url,
                    content=body,
                    headers=headers,
                    # The certificate is that of the name, though the connection goes to the number.
                    extensions={"sni_hostname": target.name},
                ) as response,
            ):
                status = response.status_code
    except TimeoutError:
        return Attempted(None, f"no answer within {WHOLE_SECONDS:.0f} s")
    except BadTarget as bad:
        return Attempted(None, str(bad))
    except (httpx2.HTTPError, OSError) as error:
        # What it says of itself may hold anything; its kind is enough.
        return Attempted(None, type(error).__name__)
    return Attempted(status, None if 200 <= status < 300 else f"the receiver answered {status}")


def signed(webhook: Webhook, position: int, body: bytes, at: datetime) -> dict[str, str]:
    """Return the headers of an entry: the same id however often it is sent, the instant, the signature."""
    id_ = f"{webhook.id}-{position}"
    return {
        "Content-Type": "application/cloudevents+json",
        "User-Agent": f"Bitacora-Electoral/{version('bitacora-electoral')}",
        "Bitacora-Position": str(position),
        "webhook-id": id_,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Signer(webhook.secret).sign(id_, at, body.decode()),
    }


@cache
def _certificates() -> ssl.SSLContext:
    """Return whom to believe; read once, for that takes longer than an attempt."""
    return httpx2.create_ssl_context(trust_env=False)
