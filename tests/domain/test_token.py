"""What a system shows to act: until when, and that it can be taken away."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.access import Authority, Caller
from domain.event import Author, Envelope, Refused
from domain.token import TOKEN, RevokeToken, Token, TokenIssued, TokenRevoked, token_stream

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
ISSUED = TokenIssued(
    role="coordinator",
    territory="MX-JAL",
    post="Enlace de seguimiento",
    body="IEPC",
    digest="0" * 64,
    expires_at=NOW + timedelta(days=90),
)


def folded(*events: TokenIssued | TokenRevoked) -> Token:
    """Return the token these events leave."""
    token = TOKEN.initial
    for version, event in enumerate(events, start=1):
        author = Author("console", "Administración", "Operación", "console")
        token = TOKEN.evolve(
            token, event, Envelope(version, token_stream("abc"), version, NOW, NOW, author, "c")
        )
    return token


def test_a_token_speaks_for_its_post_and_names_itself_as_the_grant() -> None:
    caller = folded(ISSUED).caller()

    assert caller == Caller(
        "abc", (Authority("token/abc", "coordinator", "MX-JAL", "Enlace de seguimiento", "IEPC"),)
    )
    assert caller.author(caller.authorities[0]) == Author("abc", "Enlace de seguimiento", "IEPC", "token/abc")


def test_a_token_may_be_for_one_process_alone() -> None:
    (held,) = folded(ISSUED.model_copy(update={"process": "pel-2026-2027-jal"})).caller().authorities

    assert held.process == "pel-2026-2027-jal"


def test_a_token_is_good_from_its_issue_to_its_last_instant() -> None:
    token = folded(ISSUED)

    assert token.is_good(NOW)
    assert not token.is_good(ISSUED.expires_at)
    assert not Token().is_good(NOW)


def test_a_revoked_token_is_good_no_more_and_is_revoked_once() -> None:
    token = folded(ISSUED, TokenRevoked(reason="Se perdió."))

    assert not token.is_good(NOW)
    assert list(RevokeToken(reason="Otra vez.").decide(token)) == []


def test_what_was_never_issued_cannot_be_revoked() -> None:
    with pytest.raises(Refused, match="unknown-token"):
        RevokeToken(reason="No existe.").decide(Token())
