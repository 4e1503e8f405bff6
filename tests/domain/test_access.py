"""Who may act, with which token, where and until when."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.access import (
    ACTIONS,
    TOKEN,
    Action,
    RevokeToken,
    Role,
    Token,
    TokenIssued,
    TokenRevoked,
    authorise,
    covers,
    token_stream,
)
from domain.event import Author, Envelope, Refused

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
    assert folded(ISSUED).author() == Author("abc", "Enlace de seguimiento", "IEPC", "token/abc")


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


@pytest.mark.parametrize(
    ("granted", "territory", "reached"),
    [
        ("MX", "MX-JAL", True),
        ("MX", "MX", True),
        ("MX-JAL", "MX-JAL", True),
        ("MX-JAL", "MX-COL", False),
        ("MX-JAL", "MX", False),
    ],
)
def test_the_country_reaches_every_state_and_a_state_only_itself(
    granted: str, territory: str, reached: bool
) -> None:
    assert covers(granted, territory) is reached


def test_nobody_speaks_for_another_territory() -> None:
    authorise(folded(ISSUED), "report", "MX-JAL")
    with pytest.raises(Refused) as refusal:
        authorise(folded(ISSUED), "report", "MX-COL")

    assert refusal.value.rule == "another-territory"


@pytest.mark.parametrize("role", list(ACTIONS))
@pytest.mark.parametrize("action", ["report", "validate", "audit", "administer"])
def test_a_role_does_what_its_row_says_and_nothing_else(role: Role, action: Action) -> None:
    token = folded(ISSUED.model_copy(update={"role": role}))

    if action in ACTIONS[role]:
        authorise(token, action, "MX-JAL")
        return
    with pytest.raises(Refused, match="role-not-enough"):
        authorise(token, action, "MX-JAL")
