"""Who holds what: appointments, delegations and substitutions, given, ended and judged at an instant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.access import Authority, Caller
from domain.event import Author, Envelope, Event, Refused
from domain.grant import Grant, GrantGiven
from domain.person import (
    PERSON,
    EraseName,
    GiveGrant,
    Person,
    PersonEnrolled,
    RemovePerson,
    RevokeGrant,
    person_stream,
)

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)
DAY = timedelta(days=1)
ANA, BETO, CARLA = "p-00000000000a", "p-00000000000b", "p-00000000000c"
CHIEF = Caller(
    "p-0000000000ff", (Authority("person/p-0000000000ff#g1", "administrator", "MX", "DERFE", "INE"),)
)
ENROLLED = PersonEnrolled(body="IEPC", way="passkey")


def person(id_: str, *events: Event, by: str = CHIEF.actor, at: datetime = NOW) -> Person:
    """Return an enrolled person with what else happened to them."""
    return told(PERSON.initial, id_, [ENROLLED, *events], by=by, at=at)


def told(
    before: Person, id_: str, events: Sequence[Event], *, by: str = CHIEF.actor, at: datetime = NOW
) -> Person:
    """Return a person after more events."""
    after = before
    for event in events:
        author = Author(by, "Cargo", "Órgano", "person/…")
        envelope = Envelope(after.version + 1, person_stream(id_), after.version + 1, at, at, author, "c")
        after = PERSON.evolve(after, event, envelope)
    return after


def asking(**changes: Any) -> GiveGrant:
    """Return a request for an appointment as coordinator in Jalisco, for a year."""
    return GiveGrant(
        **{
            "role": "coordinator", "territory": "MX-JAL", "post": "Enlace de seguimiento", "body": "IEPC",
            "starts_at": NOW, "ends_at": NOW + 365 * DAY, "instrument": "Oficio 12/2026", **changes,
        }
    )  # fmt: skip


def given(holder: Person, command: GiveGrant, giver: Caller = CHIEF, base: Grant | None = None) -> Person:
    """Return the holder with the grant."""
    return told(holder, holder.id, command.decide(holder, giver, base, NOW), by=giver.actor)


def refusal(command: GiveGrant, giver: Caller = CHIEF, base: Grant | None = None, to: str = BETO) -> str:
    """Return the rule by which it is refused."""
    with pytest.raises(Refused) as refused:
        command.decide(person(to), giver, base, NOW)
    return refused.value.rule


def roles(holder: Person, at: datetime, *others: Person) -> list[str]:
    """Return what somebody may do at an instant."""
    return [held.role for held in holder.caller(at, {other.id: other for other in others}).authorities]


def test_to_be_enrolled_gives_no_right() -> None:
    assert person(ANA).is_active
    assert person(ANA).caller(NOW, {}) == Caller(ANA, ())


def test_an_appointment_holds_from_its_first_instant_to_its_last() -> None:
    ana = given(person(ANA), asking(starts_at=NOW + DAY))

    assert roles(ana, NOW) == []
    assert roles(ana, NOW + DAY) == ["coordinator"]
    assert roles(ana, NOW + 365 * DAY) == []


def test_who_speaks_is_told_by_post_and_grant() -> None:
    ana = given(person(ANA), asking(body="INE", on_behalf_of="IEPC", process="pel-2026-2027-jal"))

    assert ana.caller(NOW, {}).authorities == (
        Authority(
            grant=f"person/{ANA}#g1", role="coordinator", territory="MX-JAL", post="Enlace de seguimiento",
            body="INE", process="pel-2026-2027-jal", on_behalf_of="IEPC",
        ),
    )  # fmt: skip


def test_a_grant_is_given_once() -> None:
    ana = given(person(ANA), asking())

    assert list(asking().decide(ana, CHIEF, None, NOW)) == []


def test_what_was_revoked_is_given_again_as_another() -> None:
    ana = given(person(ANA), asking())
    ana = told(ana, ANA, RevokeGrant(number=1, reason="Licencia.").decide(ana, CHIEF))
    ana = given(ana, asking())

    assert roles(ana, NOW) == ["coordinator"]
    assert [grant.id for grant in ana.grants.values()] == [f"{ANA}#g1", f"{ANA}#g2"]


def test_an_administrator_gives_inside_their_own_place_only() -> None:
    local = Caller(
        "p-0000000000fe", (Authority("person/p-0000000000fe#g1", "administrator", "MX-COL", "SE", "IEE"),)
    )

    assert refusal(asking(), local) == "another-territory"
    assert refusal(asking(), Caller(CARLA)) == "no-grant"
    assert (
        refusal(asking(), Caller(CARLA, (Authority("g", "coordinator", "MX", "x", "y"),)))
        == "role-not-enough"
    )


def test_nobody_appoints_themselves() -> None:
    assert refusal(asking(), CHIEF, to=CHIEF.actor) == "own-grant"


@pytest.mark.parametrize(
    "dates",
    [
        {"ends_at": NOW},
        {"starts_at": NOW - 2 * DAY, "ends_at": NOW - DAY},
        {"ends_at": NOW + 10 * 366 * DAY},
    ],
)
def test_a_term_has_an_end_ahead_and_is_not_for_life(dates: dict[str, datetime]) -> None:
    assert refusal(asking(**dates)) == "wrong-term"


def delegated(**changes: Any) -> tuple[Person, GiveGrant]:
    """Return who holds an appointment for the country's first month, and a delegation of it."""
    ana = given(person(ANA), asking(territory="MX", ends_at=NOW + 30 * DAY))
    command = asking(kind="delegation", rests_on=f"{ANA}#g1", ends_at=NOW + 30 * DAY, **changes)
    return ana, command


def test_a_holder_delegates_a_part_of_their_own_right() -> None:
    ana, command = delegated()
    beto = given(person(BETO), command, ana.caller(NOW, {}), ana.grants[1])

    assert roles(beto, NOW, ana) == ["coordinator"]
    assert beto.rests_on == {ANA}


def test_a_delegation_ends_with_what_it_rests_on() -> None:
    ana, command = delegated()
    beto = given(person(BETO), command, ana.caller(NOW, {}), ana.grants[1])
    revoked = told(ana, ANA, RevokeGrant(number=1, reason="Renuncia.").decide(ana, CHIEF))
    removed = told(ana, ANA, RemovePerson(reason="Baja.").decide(ana))

    assert roles(beto, NOW, revoked) == []
    assert roles(beto, NOW, removed) == []
    # Without its holder's stream nothing is known of it: then it does not hold.
    assert roles(beto, NOW) == []


def test_nobody_delegates_what_is_not_theirs() -> None:
    ana, command = delegated()

    assert refusal(command, CHIEF, ana.grants[1]) == "not-own-to-delegate"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"role": "administrator"}, "role"),
        ({"role": "validator"}, "role"),
        ({"starts_at": NOW - DAY}, "starts_at"),
        ({"on_behalf_of": "IEPC"}, "on_behalf_of"),
    ],
)
def test_nobody_gives_more_than_they_hold(changes: dict[str, Any], field: str) -> None:
    ana, command = delegated(**changes)
    with pytest.raises(Refused) as refused:
        command.decide(person(BETO), ana.caller(NOW, {}), ana.grants[1], NOW)

    assert (refused.value.rule, refused.value.fields) == ("wider-than-its-base", (field,))


def test_a_delegation_does_not_leave_the_process_or_outlast_its_base() -> None:
    ana = given(person(ANA), asking(process="pel-2026-2027-jal", ends_at=NOW + 30 * DAY))
    command = asking(kind="delegation", rests_on=f"{ANA}#g1", territory="MX", ends_at=NOW + 31 * DAY)
    with pytest.raises(Refused) as refused:
        command.decide(person(BETO), ana.caller(NOW, {}), ana.grants[1], NOW)

    assert refused.value.fields == ("territory", "process", "ends_at")


def test_what_was_delegated_is_not_delegated_again() -> None:
    ana, command = delegated()
    beto = given(person(BETO), command, ana.caller(NOW, {}), ana.grants[1])
    again = command.model_copy(update={"rests_on": f"{BETO}#g1"})

    assert refusal(again, beto.caller(NOW, {ANA: ana}), beto.grants[1], to=CARLA) == "delegated-twice"


def test_an_administrator_names_who_stands_in_for_a_holder() -> None:
    ana, _ = delegated()
    command = asking(kind="substitution", rests_on=f"{ANA}#g1", ends_at=NOW + 10 * DAY)
    beto = given(person(BETO), command, CHIEF, ana.grants[1])

    assert roles(beto, NOW, ana) == ["coordinator"]
    assert refusal(command, Caller(CARLA), ana.grants[1]) == "no-grant"


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "delegation"},
        {"kind": "substitution"},
        {"rests_on": f"{ANA}#g1"},
        {"kind": "delegation", "rests_on": f"{ANA}#g1"},
    ],
)
def test_what_is_lent_rests_on_a_grant_in_force_and_an_appointment_on_none(changes: dict[str, Any]) -> None:
    assert refusal(asking(**changes)) == "base-not-in-force"


def test_who_gave_a_grant_or_administers_its_place_ends_it() -> None:
    ana, command = delegated()
    beto = given(person(BETO), command, ana.caller(NOW, {}), ana.grants[1])
    end = RevokeGrant(number=1, reason="Regresé.")

    assert [event.type for event in end.decide(beto, ana.caller(NOW, {}))] == ["GrantRevoked.v1"]
    assert [event.type for event in end.decide(beto, CHIEF)] == ["GrantRevoked.v1"]
    with pytest.raises(Refused, match="no-grant"):
        end.decide(beto, Caller(CARLA))


def test_ending_a_grant_twice_changes_nothing_and_an_unknown_one_is_refused() -> None:
    ana = given(person(ANA), asking())
    end = RevokeGrant(number=1, reason="Renuncia.")
    ended = told(ana, ANA, end.decide(ana, CHIEF))

    assert list(end.decide(ended, CHIEF)) == []
    with pytest.raises(Refused, match="unknown-grant"):
        RevokeGrant(number=2, reason="No existe.").decide(ana, CHIEF)


def test_who_was_removed_holds_nothing_and_is_removed_once() -> None:
    ana = given(person(ANA), asking())
    gone = told(ana, ANA, RemovePerson(reason="Baja.").decide(ana))

    assert roles(gone, NOW) == []
    assert not gone.is_active
    assert list(RemovePerson(reason="Otra vez.").decide(gone)) == []


@pytest.mark.parametrize(
    "decide",
    [
        lambda nobody: asking().decide(nobody, CHIEF, None, NOW),
        lambda nobody: RevokeGrant(number=1, reason="x").decide(nobody, CHIEF),
        lambda nobody: RemovePerson(reason="x").decide(nobody),
    ],
)
def test_nothing_is_given_to_or_taken_from_who_was_never_enrolled(
    decide: Callable[[Person], Sequence[Event]],
) -> None:
    with pytest.raises(Refused, match="unknown-person"):
        decide(PERSON.initial)


def test_a_grant_that_was_given_says_everything_that_was_asked() -> None:
    (event,) = asking().decide(person(ANA), CHIEF, None, NOW)

    assert isinstance(event, GrantGiven)
    assert event.model_dump(exclude={"number"}) == asking().model_dump()


def test_a_name_is_erased_once_and_only_of_who_was_removed() -> None:
    known = given(person(ANA), asking())
    with pytest.raises(Refused, match="still-active"):
        EraseName(reason="Solicitud 12/2026").decide(known)
    with pytest.raises(Refused, match="unknown-person"):
        EraseName(reason="Solicitud 12/2026").decide(PERSON.initial)
    removed = told(known, ANA, RemovePerson(reason="Baja.").decide(known))
    erased = told(removed, ANA, EraseName(reason="Solicitud 12/2026").decide(removed))

    assert (removed.erased_at, erased.erased_at) == (None, NOW)
    assert erased.grants == known.grants, "posts stay"
    assert list(EraseName(reason="Otra vez").decide(erased)) == []
