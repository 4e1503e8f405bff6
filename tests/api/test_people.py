"""People and their grants by the API: given, ended, listed, and told to everybody by post."""

from __future__ import annotations

import pytest
from httpx2 import Response

from ledger.desk.people import KnownPerson, known_ids, person_by_id, remember_person
from tests.api.harness import NOW, Api
from tests.api.staff import appointment, enrolled

PEOPLE = "/api/v1/people"


def own(api: Api, path: str, role: str = "administrator", territory: str = "MX") -> Response:
    """Ask for something that takes a token."""
    token = api.token(role, territory)  # type: ignore[arg-type] # a role, as the tests write it
    return api.read(path, Authorization=f"Bearer {token}")


def change(api: Api, person: str, what: str, body: dict[str, object], territory: str = "MX") -> Response:
    """Ask for a change of a person as they are now."""
    etag = own(api, f"{PEOPLE}/{person}").headers["ETag"]
    token = api.token("administrator", territory)
    return api.write(f"{PEOPLE}/{person}/{what}", body, etag=etag, token=token)


def test_a_grant_is_given_read_and_ended(api: Api) -> None:
    person = enrolled(api)
    given = change(api, person, "grants", appointment())
    row = own(api, f"{PEOPLE}/{person}").json()

    assert given.status_code == 201
    assert given.headers["Location"] == f"{PEOPLE}/{person}"
    assert [(grant["id"], grant["in_force"]) for grant in row["grants"]] == [(f"{person}#g1", True)]
    assert (row["body"], row["active"]) == ("IEPC", True)
    assert "name" not in row

    ended = change(api, person, "grants/1/revocation", {"reason": "Renunció."})
    again = change(api, person, "grants/1/revocation", {"reason": "Renunció."})

    assert (ended.status_code, ended.json()["changed"]) == (200, True)
    assert (again.status_code, again.json()["changed"]) == (200, False)
    # Its instant is the database's own, which the tests' clock knows nothing of.
    assert own(api, f"{PEOPLE}/{person}").json()["grants"][0]["revoked_at"] is not None


def test_a_person_is_removed_once_and_is_unknown_before_they_were_enrolled(api: Api) -> None:
    person = enrolled(api)
    removed = change(api, person, "removal", {"reason": "Baja."})

    assert removed.json()["status"] == "removed"
    assert not own(api, f"{PEOPLE}/{person}").json()["active"]
    assert own(api, f"{PEOPLE}/p-ffffffffffff").json()["rule"] == "unknown-person"


def test_the_name_of_who_was_removed_is_erased_and_their_posts_stay(api: Api) -> None:
    person = enrolled(api)
    change(api, person, "grants", appointment())
    with api.resources.desk.connection() as connection:
        remember_person(connection, KnownPerson(person, "Gabriel Secreto", None, None, NOW))
    early = change(api, person, "erasure", {"reason": "Solicitud 12/2026"})
    assert (early.status_code, early.json()["rule"]) == (422, "still-active")
    change(api, person, "removal", {"reason": "Baja."})
    with api.resources.desk.connection() as connection:
        assert person_by_id(connection, person) is not None
        backup = connection.execute("SELECT * FROM desk.people WHERE person = %s", [person]).fetchone()

    erased = change(api, person, "erasure", {"reason": "Solicitud 12/2026"})
    with api.resources.desk.connection() as connection:
        assert person_by_id(connection, person) is None
        # A backup that is restored brings the row back: it opens no more, and is erased again.
        connection.execute("INSERT INTO desk.people VALUES (%s, %s, %s)", backup)
        assert person_by_id(connection, person) is None
    again = change(api, person, "erasure", {"reason": "Se restauró un respaldo."})

    assert (erased.json()["status"], erased.json()["changed"], again.json()["changed"]) == (
        "erased",
        True,
        False,
    )
    with api.resources.desk.connection() as connection:
        assert person not in known_ids(connection)
    row = own(api, f"{PEOPLE}/{person}").json()
    assert row["erased_at"] is not None
    assert [grant["post"] for grant in row["grants"]] == ["Enlace de seguimiento"]
    acts = api.read("/api/v1/administration?limit=1").json()["items"]
    assert [(act["type"], act["about"]) for act in acts] == [("NameErased", f"person/{person}")]


def test_another_body_erases_no_name(api: Api) -> None:
    person = enrolled(api, body="INE")
    change(api, person, "removal", {"reason": "Baja."})
    with api.resources.desk.connection() as connection:
        remember_person(connection, KnownPerson(person, "Ana", None, None, NOW))
    refused = change(api, person, "erasure", {"reason": "x"}, territory="MX-COL")

    assert refused.status_code == 403
    with api.resources.desk.connection() as connection:
        assert person_by_id(connection, person) is not None


def test_nobody_gives_a_right_in_another_territory(api: Api) -> None:
    person = enrolled(api)
    api.token("administrator", "MX-JAL")
    head = api.head()
    refused = change(api, person, "grants", appointment(territory="MX-COL"), territory="MX-JAL")

    assert (refused.status_code, refused.json()["rule"]) == (403, "another-territory")
    assert "MX-COL" in refused.json()["detail"]
    assert api.head() == head


def test_who_validates_neither_approves_nor_rejects_a_right(api: Api) -> None:
    path = f"{PEOPLE}/{enrolled(api)}/grants"
    etag = own(api, path.removesuffix("/grants")).headers["ETag"]
    proposed = api.write(path, appointment(), etag=etag, by_two=False)
    validator = api.token("validator", "MX-JAL")
    answers = [
        api.approve(proposed, token=validator),
        api.write(
            f"{proposed.headers['Location']}/rejection",
            {"reason": "No procede."},
            etag=proposed.headers["ETag"],
            token=validator,
        ),
    ]

    assert [(one.status_code, one.json()["rule"]) for one in answers] == [(403, "role-not-enough")] * 2


def test_a_change_that_was_decided_on_an_older_state_is_refused(api: Api) -> None:
    person = enrolled(api)
    etag = own(api, f"{PEOPLE}/{person}").headers["ETag"]
    assert change(api, person, "grants", appointment()).status_code == 201
    stale = api.write(f"{PEOPLE}/{person}/removal", {"reason": "Baja."}, etag=etag)

    assert (stale.status_code, stale.json()["rule"]) == (412, "changed-since-read")
    assert [one["type"] for one in stale.json()["changes"]] == ["GrantGiven.v1"]


def test_people_are_listed_for_who_administers_their_place(api: Api) -> None:
    here, elsewhere, new = enrolled(api), enrolled(api), enrolled(api, body="IEEM")
    change(api, here, "grants", appointment())
    change(api, elsewhere, "grants", appointment(territory="MX-COL", body="IEE"))

    def ids(territory: str) -> set[str]:
        return {
            row["id"]
            for row in own(api, f"{PEOPLE}?territory={territory}", territory=territory).json()["items"]
        }

    assert {here, elsewhere, new} <= ids("MX")
    assert here in ids("MX-JAL")
    assert {elsewhere, new}.isdisjoint(ids("MX-JAL"))


@pytest.mark.parametrize(
    ("role", "territory", "rule"),
    [("coordinator", "MX", "role-not-enough"), ("auditor", "MX", "role-not-enough"),
     ("administrator", "MX-COL", "another-territory")],
)  # fmt: skip
def test_who_does_not_administer_a_place_does_not_see_its_people(
    api: Api, role: str, territory: str, rule: str
) -> None:
    refused = own(api, f"{PEOPLE}?territory=MX-JAL", role, territory)

    assert (refused.status_code, refused.json()["rule"]) == (403, rule)
    assert api.client.get(PEOPLE).status_code == 401


def test_a_list_of_people_is_kept_by_nobody_on_the_way(api: Api) -> None:
    assert own(api, PEOPLE).headers["Cache-Control"] == "private, no-cache"


def test_every_act_of_administration_is_public_the_newest_first_and_by_post(api: Api) -> None:
    person = enrolled(api)
    change(api, person, "grants", appointment())
    change(api, person, "removal", {"reason": "Baja."})
    acts = api.read("/api/v1/administration?limit=10").json()["items"]
    hers = [act for act in acts if act["about"] == f"person/{person}"]

    assert [act["type"] for act in hers] == ["PersonRemoved", "GrantGiven", "PersonEnrolled"]
    assert [act["position"] for act in acts] == sorted((act["position"] for act in acts), reverse=True)
    assert hers[1]["territory"] == "MX-JAL"
    assert hers[0]["post"] == "Enlace de seguimiento"
    assert "actor" not in hers[0]


def test_the_acts_are_read_page_by_page_and_as_of_any_moment(api: Api) -> None:
    person = enrolled(api)
    before = api.head()
    change(api, person, "removal", {"reason": "Baja."})
    first = api.read("/api/v1/administration?limit=2").json()
    rest = api.read(f"/api/v1/administration?limit=2&cursor={first['next']}").json()
    then = api.read(f"/api/v1/administration?limit=1&as_of={before}").json()["items"][0]

    assert first["items"][-1]["position"] > rest["items"][0]["position"]
    assert (then["position"], then["type"]) == (before, "PersonEnrolled")
