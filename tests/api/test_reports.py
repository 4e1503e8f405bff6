"""A milestone's life by HTTP, as a coordinator's program lives it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from httpx2 import Response

from api.routes.milestone_reports import REPORTS
from tests.api.harness import ACT, FEDERAL, NOW, Api, milestone


def rule(answer: Response) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    return str(answer.json()["rule"])


def test_a_milestone_is_started_and_completed(api: Api) -> None:
    path = milestone("L001")

    started = api.write(f"{path}/start", {"note": "Primera sesión."})
    completed = api.write(
        f"{path}/completion", {"instrument": "IEPC-ACG-001/2026"}, etag=started.headers["ETag"]
    )
    row = api.read(path).json()

    assert (started.status_code, completed.status_code) == (200, 200), completed.text
    assert started.json()["status"] == "in_progress"
    receipt = completed.json()
    assert (receipt["status"], receipt["changed"], receipt["version"]) == ("completed", True, 3)
    assert completed.headers["Bitacora-Position"] == str(receipt["position"])
    assert completed.headers["Content-Location"] == path
    assert (row["status"], row["instrument"], row["position"]) == (
        "completed",
        "IEPC-ACG-001/2026",
        receipt["position"],
    )


def test_every_report_has_its_resource(api: Api) -> None:
    path = milestone("F061-JAL", FEDERAL)
    steps: list[tuple[str, dict[str, object], str]] = [
        (
            "date",
            {"due": "2026-12-01", "basis": "calendar", "instrument": "A-1", "source": "Calendario"},
            "planned",
        ),
        ("redating", {"due": "2026-12-15", "instrument": "A-2", "reason": "Se recorrió"}, "planned"),
        ("start", {}, "in_progress"),
        ("progress", {"done": 3, "target": 10}, "in_progress"),
        ("parts", {"place": "MX-JAL-D03", "done": 1}, "in_progress"),
        ("correction", {"report": "progress", "done": 2, "reason": "Eran dos"}, "in_progress"),
        ("validation", {"note": "Visto"}, "in_progress"),
        ("suspension", {"instrument": "SUP-1", "reason": "Impugnado"}, "suspended"),
        ("resumption", {"instrument": "SUP-2"}, "in_progress"),
        (
            "reassignment",
            {"power": "attraction", "responsible": "INE", "body": "Consejo General", "instrument": "INE/CG1"},
            "in_progress",
        ),
        ("completion", {"outcome": "aprobado"}, "completed"),
        ("evidence", {"evidence": {"name": "Acuerdo", "reference": {"number": "A-2"}}}, "completed"),
        ("evidence-withdrawal", {"withdraws": 13, "reason": "Es otro acuerdo"}, "completed"),
        ("announcement", {"where": "Gaceta oficial"}, "completed"),
        ("reopening", {"reason": "Faltó un distrito"}, "in_progress"),
        ("completion", {"outcome": "aprobado"}, "completed"),
        ("return", {"reason": "Faltan dos"}, "in_progress"),
        ("cancellation", {"instrument": "A-3", "reason": "Quedó sin efecto"}, "cancelled"),
        ("reopening", {"reason": "Se repuso"}, "in_progress"),
        (
            "replacement",
            {"replaced_by": "F062-JAL", "instrument": "SUP-3", "reason": "Se ordenó otra"},
            "cancelled",
        ),
        ("reopening", {"reason": "Se revocó"}, "in_progress"),
        ("not-applicable", {"reason": "No se presentó nada"}, "not_applicable"),
    ]

    statuses = []
    for resource, body, _ in steps:
        somebody_else = api.token("validator", "MX") if resource in {"validation", "return"} else None
        answer = api.write(f"{path}/{resource}", body, token=somebody_else)
        assert answer.status_code == 200, (resource, answer.text)
        statuses.append(answer.json()["status"])

    assert statuses == [status for _, _, status in steps]
    assert {resource for resource, _, _ in steps} == {route.resource for route in REPORTS}
    history = api.read(f"{path}/history").json()["items"]
    assert len(history) == len(steps) + 1


def test_the_same_key_again_gets_the_first_answer_whatever_happened_since(api: Api) -> None:
    path, key = milestone("L003"), str(uuid4())
    etag = api.etag(path)

    first = api.write(f"{path}/start", key=key, etag=etag)
    api.write(f"{path}/completion")
    head = api.head()
    again = api.write(f"{path}/start", key=key, etag=etag)

    assert first.json() == again.json()
    assert first.status_code == again.status_code
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert api.head() == head


def test_the_same_moment_in_another_offset_is_the_same_request(api: Api) -> None:
    path, key = milestone("L050"), str(uuid4())
    etag = api.etag(path)
    here, there = "2026-11-19T12:30:00-06:00", "2026-11-19T18:30:00Z"

    first = api.write(f"{path}/start", {"occurred_at": here}, key=key, etag=etag)
    again = api.write(f"{path}/start", {"occurred_at": there}, key=key, etag=etag)

    assert first.status_code == again.status_code == 200, again.text
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("row", "change"),
    [("L045", "body"), ("L046", "resource"), ("L048", "sender"), ("L049", "body, and it is stale")],
)
def test_a_key_is_good_for_one_request_only(api: Api, row: str, change: str) -> None:
    path, key = milestone(row), str(uuid4())
    read = api.etag(path)
    first = api.write(f"{path}/progress", {"done": 1}, key=key, etag=read)
    assert first.status_code == 200, first.text
    etag = first.headers["ETag"]
    sender = api.issue("administrator", "MX")
    head = api.head()

    if change == "body":
        again = api.write(f"{path}/progress", {"done": 2}, key=key, etag=etag)
    elif change == "resource":
        again = api.write(f"{path}/completion", key=key, etag=etag)
    elif change == "sender":
        again = api.write(f"{path}/progress", {"done": 1}, key=key, etag=etag, token=sender)
    else:
        again = api.write(f"{path}/progress", {"done": 3}, key=key, etag=read)

    assert (again.status_code, rule(again)) == (422, "command-id-reused")
    assert api.head() == head


def test_what_is_already_so_is_answered_and_not_recorded_again(api: Api) -> None:
    path = milestone("L010")
    started = api.write(f"{path}/start")
    head = api.head()

    again = api.write(f"{path}/start", etag=started.headers["ETag"])

    assert (again.status_code, again.json()["changed"]) == (200, False)
    assert again.headers["ETag"] == started.headers["ETag"]
    assert api.head() == head


def test_a_stale_etag_is_a_conflict_that_says_what_changed(api: Api) -> None:
    path = milestone("L012")
    stale = api.etag(path)
    started = api.write(f"{path}/start")
    head = api.head()

    answer = api.write(f"{path}/completion", etag=stale)

    assert (answer.status_code, rule(answer)) == (412, "changed-since-read")
    assert [change["type"] for change in answer.json()["changes"]] == ["MilestoneStarted.v1"]
    assert answer.json()["changes"][0]["position"] == started.json()["position"]
    assert answer.headers["ETag"] == started.headers["ETag"]
    assert api.head() == head


def test_a_busy_night_elsewhere_fails_nobody(api: Api) -> None:
    path = milestone("L013")
    etag = api.etag(path)
    api.write(f"{milestone('L040')}/start")

    assert api.write(f"{path}/start", etag=etag).status_code == 200


@pytest.mark.parametrize("etag", ['"999999999"', 'W/"1-abc"', '"1"'])
def test_a_tag_the_milestone_never_had_matches_nothing(api: Api, etag: str) -> None:
    answer = api.write(f"{milestone('L041')}/start", etag=etag)

    assert (answer.status_code, rule(answer)) == (412, "changed-since-read")


@pytest.mark.parametrize("etag", ["*", " "])
def test_a_write_without_a_tag_that_was_read_is_refused(api: Api, etag: str) -> None:
    answer = api.write(f"{milestone('L041')}/start", etag=etag)

    assert (answer.status_code, rule(answer)) == (428, "if-match-missing")


@pytest.mark.parametrize("etag", ["4711", '"4711', '""', '"nonsense"', 'W/"x"'])
def test_a_tag_that_is_not_one_of_ours_is_not_told_as_somebodys_change(api: Api, etag: str) -> None:
    answer = api.write(f"{milestone('L041')}/start", etag=etag)

    assert (answer.status_code, rule(answer)) == (428, "if-match-missing")
    assert "comillas" in answer.json()["detail"]


def test_one_of_several_tags_is_enough_in_one_line_or_in_two(api: Api) -> None:
    path = milestone("L049")
    headers = [
        ("Authorization", f"Bearer {api.token('administrator', 'MX')}"),
        ("Idempotency-Key", str(uuid4())),
    ]
    headers += [("If-Match", '"1"'), ("If-Match", api.etag(path))]

    answer = api.client.post(f"{path}/start", json={"occurred_at": ACT}, headers=headers)

    assert answer.status_code == 200, answer.text


def test_a_row_followed_by_state_says_where_it_is_reported(api: Api) -> None:
    path = milestone("F005", FEDERAL)

    answer = api.write(f"{path}/start", etag=api.etag(path))

    assert (answer.status_code, rule(answer)) == (404, "unknown-milestone")
    assert "F005-JAL" in answer.json()["detail"]


def test_a_write_without_a_key_is_refused(api: Api) -> None:
    path = milestone("L041")
    headers = {"Authorization": f"Bearer {api.token('administrator', 'MX')}", "If-Match": api.etag(path)}

    missing = api.client.post(f"{path}/start", json={"occurred_at": ACT}, headers=headers)
    malformed = api.write(f"{path}/start", key="seventeen")

    assert (missing.status_code, rule(missing)) == (428, "idempotency-key-missing")
    assert (malformed.status_code, rule(malformed)) == (422, "idempotency-key-malformed")


def test_a_rule_that_refuses_names_itself_its_basis_and_the_field(api: Api) -> None:
    head = api.head()

    refused = api.write(f"{milestone('F175', FEDERAL)}/completion")
    future = api.write(f"{milestone('L043')}/start", {"occurred_at": (NOW + timedelta(hours=1)).isoformat()})

    assert (refused.status_code, rule(refused)) == (422, "required-predecessor-open")
    assert refused.json()["basis"].startswith("LGIPE")
    assert refused.json()["errors"][0]["field"] == "declare"
    assert "F174-AGU" in refused.json()["detail"]
    assert (future.status_code, rule(future)) == (422, "act-in-the-future")
    assert api.head() == head


def test_required_predecessors_may_be_declared_with_the_report(api: Api) -> None:
    refused = api.write(f"{milestone('F031', FEDERAL)}/completion")
    declared = api.write(f"{milestone('F031', FEDERAL)}/completion", {"declare": ["F030"]})

    assert refused.status_code == 422
    assert (declared.status_code, declared.json()["status"]) == (200, "completed")


def test_the_required_predecessor_of_another_process_is_looked_up(api: Api) -> None:
    before = api.write(f"{milestone('F179', FEDERAL)}/completion")
    api.write(f"{milestone('F176', FEDERAL)}/not-applicable", {"reason": "No se presentó recurso"})
    after = api.write(f"{milestone('F179', FEDERAL)}/completion")

    assert (before.status_code, after.status_code) == (422, 200)


REPLACED = {"instrument": "SUP-JDC-12/2026", "reason": "Se ordenó otro acto"}


def test_what_waits_for_a_replaced_activity_waits_for_the_one_that_replaces_it(api: Api) -> None:
    waiting, path = milestone("F075-JAL", FEDERAL), milestone("F072-JAL", FEDERAL)

    replaced = api.write(f"{path}/replacement", {"replaced_by": "F073", **REPLACED})
    before = api.write(f"{waiting}/completion")
    api.write(f"{milestone('F073', FEDERAL)}/not-applicable", {"reason": "Nadie se registró"})
    after = api.write(f"{waiting}/completion")

    assert (replaced.status_code, replaced.json()["status"]) == (200, "cancelled"), replaced.text
    assert (before.status_code, rule(before)) == (422, "required-predecessor-open")
    assert "F073" in before.json()["detail"]
    assert "F072-JAL" not in before.json()["detail"]
    assert after.status_code == 200, after.text


def test_what_waits_for_one_replaced_twice_waits_for_the_last(api: Api) -> None:
    waiting = milestone("F075-COL", FEDERAL)

    for one, other in (("F072-COL", "F074"), ("F074", "F076")):
        answer = api.write(f"{milestone(one, FEDERAL)}/replacement", {"replaced_by": other, **REPLACED})
        assert answer.status_code == 200, answer.text
    refused = api.write(f"{waiting}/completion")
    declared = api.write(f"{waiting}/completion", {"declare": ["F076"]})

    assert "F076" in refused.json()["detail"]
    assert (declared.status_code, declared.json()["status"]) == (200, "completed")


def test_a_replaced_activity_and_the_other_name_each_other_until_it_is_reopened(api: Api) -> None:
    path, other = milestone("L081"), milestone("L080")

    replaced = api.write(f"{path}/replacement", {"replaced_by": "L080", **REPLACED})
    again = api.write(f"{path}/replacement", {"replaced_by": "L080", **REPLACED})
    named = (api.read(path).json()["replaced_by"], api.read(other).json()["replaces"])
    told = api.read(f"/api/v1/receipts/{replaced.json()['command_id']}").json()
    api.write(f"{path}/reopening", {"reason": "Se revocó"})
    after = (api.read(path).json()["replaced_by"], api.read(other).json()["replaces"])

    assert (replaced.json()["changed"], again.json()["changed"]) == (True, False)
    assert named == ("L080", ["L081"])
    assert (told["act"], told["milestone"]) == ("MilestoneReplaced", "L081")
    assert after == (None, [])


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ("L999", "unknown-replacement"),
        ("L082", "replaced-by-itself"),
        ("L020", "replacement-elsewhere"),
        ("F001", "unknown-replacement"),
    ],
)
def test_what_cannot_replace_an_activity_is_refused_beside_its_field(api: Api, other: str, why: str) -> None:
    head = api.head()
    refused = api.write(f"{milestone('L082')}/replacement", {"replaced_by": other, **REPLACED})

    assert (refused.status_code, rule(refused)) == (422, why)
    assert refused.json()["errors"][0]["field"] == "replaced_by"
    assert api.head() == head


def test_an_id_that_is_none_never_reaches_the_log(api: Api) -> None:
    refused = api.write(f"{milestone('L082')}/replacement", {"replaced_by": "x/F001", **REPLACED})

    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "replaced_by"


def test_two_that_would_replace_each_other_at_once_never_both_do(api: Api) -> None:
    """Each is decided on what the other is: the second finds the first cancelled."""
    paths = {"L083": "L084", "L084": "L083"}
    etags = {one: api.etag(milestone(one)) for one in paths}

    def send(one: str) -> Response:
        return api.write(
            f"{milestone(one)}/replacement", {"replaced_by": paths[one], **REPLACED}, etag=etags[one]
        )

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(send, paths))

    assert sorted(answer.status_code for answer in answers) == [200, 422]
    assert next(rule(one) for one in answers if one.status_code == 422) == "replacement-closed"


def test_what_is_not_there_is_not_found_in_words(api: Api) -> None:
    for path in (milestone("L999"), milestone("F999", FEDERAL), milestone("L001", "pel-2099-2100-xyz")):
        answer = api.write(f"{path}/start", etag='"1"')
        assert (answer.status_code, rule(answer)) == (404, "unknown-milestone")


def test_an_act_of_another_row_is_reported_there(api: Api) -> None:
    answer = api.write(f"{milestone('L020')}/start")

    assert (answer.status_code, rule(answer)) == (422, "reported-elsewhere")
    assert "F020-JAL" in answer.json()["detail"]


def test_the_actor_of_a_report_is_the_token_and_the_public_post(api: Api) -> None:
    token = api.token("coordinator", "MX-JAL")
    path = milestone("L047")

    receipt = api.write(f"{path}/start", token=token).json()
    event = api.client.get(f"/api/v1/events/{receipt['position']}").json()

    assert (event["actor"], event["post"], event["body"]) == (
        token.split("_")[1],
        "Enlace de seguimiento",
        "IEPC",
    )
    assert event["commandid"] == receipt["command_id"]
