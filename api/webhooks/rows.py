"""What is asked of webhooks and answered: a subscription, and what is on its way to it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from domain.event import Payload, event_types
from domain.territory import Territory
from ledger.desk.deliveries import DeliveryState


def _event_name(name: str) -> str:
    if name not in event_types():
        raise ValueError(
            "there is no event of this name: GET /api/v1/events shows them as type, before '.v1'"
        )
    return name


class Subscription(Payload):
    """Ask to be told of what is recorded in a place."""

    address: Annotated[
        str, Field(min_length=1, max_length=500, examples=["https://sistema.example.mx/avisos"])
    ]
    """Where to send: an https address on the public internet."""
    territory: Territory
    """The place it is about, with everything inside: `MX` or a state's code."""
    process: Annotated[str | None, Field(pattern=r"^[a-z][a-z0-9_-]{2,80}$")] = None
    """Only this process or case; left out, every one of the place."""
    types: Annotated[
        tuple[Annotated[str, AfterValidator(_event_name)], ...], Field(strict=False, max_length=50)
    ] = ()
    """Only these events, such as `MilestoneCompleted`; left out, all."""


class WebhookRow(BaseModel):
    """A subscription as it stands."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: str
    """Its id."""
    address: str
    """Where it sends."""
    territory: str
    """The place it is about."""
    process: str | None
    """The only process it is about; null for all of the place."""
    types: list[str]
    """The events it is about; empty for all."""
    made_at: datetime
    """When it was asked for."""
    after_position: int
    """Only what was recorded beyond this position is sent."""
    failing_since: datetime | None
    """Since when nothing arrives; null while it does."""
    disabled_at: datetime | None
    """When it was given up; null while it works. A retry begins it again."""
    why_disabled: str | None
    """Why it was given up."""


class NewWebhook(WebhookRow):
    """A subscription just made, with its secret."""

    secret: str
    """What signatures are made with (`whsec_…`). Shown to this request alone: keep it."""


class DeliveryRow(BaseModel):
    """One event on its way to a receiver."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    position: int
    """The event: its position in the log."""
    state: DeliveryState
    """`waiting` for its next attempt, `delivered`, or `given_up` (a dead letter)."""
    attempts: int
    """How often it was sent."""
    made_at: datetime
    """When it was put in line."""
    next_attempt_at: datetime | None
    """When it is sent next; null where it is not. Those behind one that waits wait with it."""
    delivered_at: datetime | None
    """When the receiver said that it arrived."""
    given_up_at: datetime | None
    """When it was given up."""
    last_status: int | None
    """The receiver's last answer (HTTP); null where it gave none."""
    last_failure: str | None
    """Why the last attempt did not arrive."""


class TrialRow(BaseModel):
    """What became of a message that was sent to try a receiver out."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    arrived: bool
    """Whether the receiver answered 2xx."""
    status: int | None
    """What it answered (HTTP); null where it did not."""
    failure: str | None
    """Why it did not arrive; null where it did."""
