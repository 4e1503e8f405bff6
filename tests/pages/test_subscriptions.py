"""Being told by webhook, by the page: asked for, tried out, what did not arrive and sending it again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from domain.milestone_events import MilestoneStarted
from ledger.desk.deliveries import add_deliveries, failed, list_deliveries, next_delivery
from ledger.desk.webhooks import disable_webhook, webhook_by_id, webhooks_of
from tests.pages.site import Site, text_of
from tests.pages.staff import Desk, appoint, enrolled, signed_in
from tests.receiver import Receiver, receiving

PAGE = "/cuenta/avisos/sistemas"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Somebody's system."""
    with receiving() as running:
        yield running


@pytest.fixture
def desk(site: Site) -> Iterator[Desk]:
    """Somebody new, who coordinates in Jalisco, signed in; the site may send to this machine."""
    before = site.resources.settings
    site.resources.settings = before.model_copy(update={"webhooks_to_loopback": True})
    person = enrolled(site)
    appoint(site, person)
    with signed_in(site, person) as signed:
        yield signed
    site.resources.settings = before


def carried(desk: Desk) -> dict[str, str]:
    """Return what the forms of the page carry."""
    page = desk.get(PAGE).text
    return {name: re.findall(rf'name="{name}" value="([^"]+)"', page)[-1] for name in ("form_key", "form")}


def asked(desk: Desk, receiver: Receiver, **changes: str) -> tuple[str, str]:
    """Ask for notices by the page, and return the subscription's id and its secret."""
    sent = {"address": f"{receiver.address}/avisos", "territory": "MX-JAL", "process": "", **changes}
    answer = desk.post(PAGE, {**carried(desk), **sent})
    assert answer.status_code == 200, text_of(answer.text)
    (secret,) = re.findall(r"whsec_[A-Za-z0-9+/=]+", answer.text)
    assert answer.headers["Cache-Control"] == "no-store"
    with desk.site.resources.desk.connection() as connection:
        return webhooks_of(connection, desk.person)[-1].id, secret


def key_of(desk: Desk) -> dict[str, str]:
    """Return what every form of the session carries."""
    return {"form_key": carried(desk)["form_key"]}


def test_a_secret_is_shown_once_and_the_subscription_is_of_the_person(desk: Desk, receiver: Receiver) -> None:
    id_, secret = asked(desk, receiver, types=MilestoneStarted.type.partition(".")[0])
    page = desk.get(PAGE)

    assert secret not in page.text
    assert f"{id_} · Jalisco MX-JAL" in text_of(page.text)
    assert "Funciona." in text_of(page.text)
    with desk.site.resources.desk.connection() as connection:
        kept = webhook_by_id(connection, id_)
    assert kept is not None
    assert (kept.owner, kept.secret, kept.types) == (desk.person, secret, ["MilestoneStarted"])


def test_a_trial_is_signed_about_nothing_and_says_what_became_of_it(desk: Desk, receiver: Receiver) -> None:
    id_, secret = asked(desk, receiver)
    arrived = desk.post(f"{PAGE}/{id_}/prueba", key_of(desk))
    assert receiver.signed(secret) == [0]
    message = json.loads(receiver.received[0].body)
    receiver.answer = lambda _: 503
    refused = desk.post(f"{PAGE}/{id_}/prueba", key_of(desk))

    assert (message["type"], message["data"]) == ("WebhookTried", {})
    assert "el sistema contestó 204" in text_of(arrived.text)
    assert "the receiver answered 503" in text_of(refused.text)
    with desk.site.resources.desk.connection() as connection:
        assert list_deliveries(connection, id_, limit=5) == []


def test_what_did_not_arrive_is_seen_and_sent_again_one_by_one_or_all(desk: Desk, receiver: Receiver) -> None:
    id_, _ = asked(desk, receiver)
    now = desk.site.resources.clock()
    with desk.site.resources.desk.connection() as connection:
        add_deliveries(connection, [(id_, 7), (id_, 8), (id_, 9)], now)
        while delivery := next_delivery(connection, id_):
            failed(
                connection,
                delivery,
                status=500,
                failure="the receiver answered 500",
                next_attempt_at=None,
                at=now,
            )
        disable_webhook(connection, id_, "nothing arrived for 5 days", now)
    page = text_of(desk.get(PAGE).text)
    assert "nothing arrived for 5 days" in page
    assert "asiento n.º 8" in page

    one = desk.post(f"{PAGE}/{id_}/reenvio", {**key_of(desk), "position": "8"})
    with desk.site.resources.desk.connection() as connection:
        waiting = [each.position for each in list_deliveries(connection, id_, state="waiting", limit=5)]
        webhook = webhook_by_id(connection, id_)
    rest = desk.post(f"{PAGE}/{id_}/reenvio", key_of(desk))
    with desk.site.resources.desk.connection() as connection:
        dead = list_deliveries(connection, id_, state="given_up", limit=5)

    assert (one.status_code, rest.status_code, waiting, dead) == (303, 303, [8], [])
    assert webhook is not None
    assert webhook.disabled_at is None, "it begins again"


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"territory": "MX-COL"}, 403), ({"address": "http://[::1"}, 422), ({"territory": "Jalisco"}, 422),
     ({"types": "Nothing"}, 422), ({"address": "https://10.0.0.1/x"}, 422)],
)  # fmt: skip
def test_what_may_not_be_asked_for_is_refused_as_by_the_api(
    desk: Desk, changes: dict[str, str], status: int
) -> None:
    sent = {"address": "https://127.0.0.1:9/avisos", "territory": "MX-JAL", "process": "", **changes}
    answer = desk.post(PAGE, {**carried(desk), **sent})

    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert f'value="{sent["address"]}"' in answer.text
    with desk.site.resources.desk.connection() as connection:
        assert webhooks_of(connection, desk.person) == []


def test_another_person_s_subscription_is_as_if_it_were_not_there(desk: Desk, receiver: Receiver) -> None:
    id_, _ = asked(desk, receiver)
    other = enrolled(desk.site, "Beto Díaz")
    appoint(desk.site, other)
    with signed_in(desk.site, other) as theirs:
        assert id_ not in theirs.get(PAGE).text
        for what in ("prueba", "reenvio", "quitar"):
            assert theirs.post(f"{PAGE}/{id_}/{what}", key_of(theirs)).status_code == 404
    assert receiver.received == []


def test_a_subscription_is_removed_and_no_other_site_can_do_any_of_it(desk: Desk, receiver: Receiver) -> None:
    id_, _ = asked(desk, receiver)
    paths = [PAGE, *(f"{PAGE}/{id_}/{what}" for what in ("prueba", "reenvio", "quitar"))]
    foreign = [desk.post(path, {"address": "https://x.mx"}).status_code for path in paths]
    removed = desk.post(f"{PAGE}/{id_}/quitar", key_of(desk))

    assert (foreign, removed.status_code) == ([403] * 4, 303)
    assert id_ not in desk.get(PAGE).text


def test_the_page_is_for_who_is_signed_in_and_led_to_from_the_notices(site: Site, desk: Desk) -> None:
    assert site.get(PAGE).status_code == 303
    assert PAGE in desk.get("/cuenta/avisos").text
