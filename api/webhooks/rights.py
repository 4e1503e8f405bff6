"""Whose rights a webhook has: its owner's, as they are now."""

from __future__ import annotations

from datetime import datetime

from api.database import Resources
from api.persons import caller_of
from domain.access import Caller, may_see
from domain.person import is_person
from domain.territory import covers
from domain.token import TOKEN, token_stream
from ledger.desk.webhooks import Webhook
from projections.belonging import Belonging


async def owner_of(resources: Resources, owner: str, now: datetime) -> Caller:
    """Return who a token or a person is, with every right they hold now: none where the token is not good."""
    if is_person(owner):
        return (await caller_of(resources.ledger, owner, now))[1]
    token = (await resources.ledger.load(TOKEN, token_stream(owner))).state
    return token.caller() if token.is_good(now) else Caller(owner)


def may_have(webhook: Webhook, owner: Caller) -> bool:
    """Tell whether an owner may still be told of the place a webhook is for."""
    return owner.may("report", webhook.territory, webhook.process)


def is_told(webhook: Webhook, owner: Caller, event: Belonging) -> bool:
    """Tell whether a webhook is told of an event: it is for it, and its owner may see it."""
    if not webhook.wants(event.type, event.process, event.position) or not _reaches(webhook, event):
        return False
    reach = event.territory if owner.may("report", event.territory, event.process) else None
    return event.docket is None or may_see(event.docket, event.territory, reach)


def _reaches(webhook: Webhook, event: Belonging) -> bool:
    return covers(webhook.territory, event.territory)
