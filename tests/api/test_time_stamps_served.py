"""What was time-stamped, as anybody has it: at /log, as files, on the pages; and the whole way from an entry to it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from api.signing import build_and_sign
from api.time_stamping import TimeStamping
from ledger.connect import connect
from ledger.embedded import EmbeddedPostgres
from ledger.key_folder import KeyFolder
from ledger.publishing import publish
from tests.api.harness import Api, milestone, running_api
from tests.authority import Authority, authority, verified
from tests.database import fresh_database
from tests.pages.site import text_of
from tests.test_house import ROOT


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with authority(tmp_path_factory.mktemp("authority") / "tsa") as running:
        yield running


@pytest.fixture(scope="module")
def stamped(
    postgres_18: EmbeddedPostgres,
    opened_template: str,
    tsa: Authority,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Api, int]]:
    """An application whose log was signed and stamped at a size, and has grown and was signed since."""
    settings = {
        "timestamps": tsa.address, "timestamp_roots": tsa.root, "keys": tmp_path_factory.mktemp("stamped"),
    }  # fmt: skip
    with fresh_database(postgres_18, opened_template) as url, running_api(url) as api:
        resources = api.resources
        resources.settings = resources.settings.model_copy(update=settings)
        assert api.client.get("/log/timestamps/list").content == b""
        build_and_sign(resources)
        with connect(url, resources.settings.roles.signer, "test") as connection:
            stamp = TimeStamping(url, resources.settings).ask(connection)
        assert stamp is not None
        answer = api.write(f"{milestone('L012')}/progress", {"done": 1, "note": str(uuid4())})
        assert answer.status_code == 200, answer.text
        build_and_sign(resources)
        yield api, stamp.size


def test_from_an_entry_to_the_hour_an_authority_said_with_openssl_alone(
    stamped: tuple[Api, int], tsa: Authority, tmp_path: Path
) -> None:
    api, size = stamped
    proof, entry = tmp_path / "proof", tmp_path / "entry"
    proof.write_bytes(api.client.get(f"/api/v1/events/7/receipt?checkpoint={size}").content)
    entry.write_bytes(api.client.get("/api/v1/events/7").content)
    (tmp_path / "tsr").write_bytes(api.client.get(f"/log/timestamps/{size}.tsr").content)
    keys = KeyFolder(api.resources.settings.keys_folder, api.resources.identity().origin)
    vkey = keys.signing_keys()[0].public.vkey
    script = ["sh", str(ROOT / "verifier" / "verify.sh"), "receipt", str(proof), str(entry), vkey]
    program = [sys.executable, "-m", "bitacora_verifier", "receipt", str(proof), str(entry), "--vkey", vkey]
    state = ["--state", str(tmp_path / "state")]
    said = subprocess.run(script, capture_output=True, text=True, check=False)

    assert f"position 7 of {size}" in said.stdout, said.stderr
    assert subprocess.run([*program, *state], cwd=ROOT / "verifier", check=False).returncode == 0
    # The checkpoint's text: what follows the proof's first empty line, up to the next one.
    text = proof.read_bytes().partition(b"\n\n")[2].partition(b"\n\n")[0] + b"\n"
    assert verified(text, tmp_path / "tsr", tsa.root)
    assert not verified(text.replace(b"\n", b"\n0", 1), tmp_path / "tsr", tsa.root)


def test_the_stamp_and_its_checkpoint_are_listed_and_the_same_as_files(
    stamped: tuple[Api, int], tmp_path: Path
) -> None:
    api, size = stamped
    publish(api.resources.signed_log, tmp_path)
    names = ["list", f"{size}.tsr", f"{size}.checkpoint"]

    assert sorted(each.name for each in (tmp_path / "timestamps").iterdir()) == sorted(names)
    for name in names:
        assert (tmp_path / "timestamps" / name).read_bytes() == api.client.get(
            f"/log/timestamps/{name}"
        ).content
    (line,) = (tmp_path / "timestamps" / "list").read_text().splitlines()
    assert line.startswith(f"{size} 20")
    assert (tmp_path / "timestamps" / f"{size}.checkpoint").read_text().splitlines()[1] == str(size)
    before = (tmp_path / "timestamps" / f"{size}.tsr").stat().st_mtime_ns
    publish(api.resources.signed_log, tmp_path)
    assert (tmp_path / "timestamps" / f"{size}.tsr").stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["1.tsr", "1.checkpoint", "x", "0.tsr", "999999999999999999999.tsr", "1"])
def test_there_is_no_other_file_beside_them(stamped: tuple[Api, int], name: str) -> None:
    answer = stamped[0].client.get(f"/log/timestamps/{name}")

    assert answer.status_code == 404
    assert answer.json()["rule"] == "unknown-time-stamp"


def test_a_proof_with_a_checkpoint_that_was_never_signed_or_ends_before_is_refused(
    stamped: tuple[Api, int],
) -> None:
    api, size = stamped
    never = api.client.get("/api/v1/events/1/receipt?checkpoint=2")
    before = api.client.get(f"/api/v1/events/{api.head()}/receipt?checkpoint={size}")

    assert [never.status_code, before.status_code] == [404, 404]
    assert never.json()["rule"] == before.json()["rule"] == "unknown-checkpoint"
    assert api.client.get("/api/v1/events/1/receipt?checkpoint=0").status_code == 422


def test_the_pages_and_the_state_of_the_log_say_up_to_where_it_is_stamped(stamped: tuple[Api, int]) -> None:
    api, size = stamped
    state = api.client.get("/api/v1/checkpoint").json()
    html = {"Accept": "text/html"}
    seal = text_of(api.client.get("/sello", headers=html).text)
    sheet = api.client.get("/asientos/7/prueba", headers=html).text
    latest = api.client.get(f"/asientos/{api.head()}/prueba", headers=html).text

    assert (state["stamped_size"], state["stamped_at"] is not None) == (size, True)
    assert f"sello de integridad de {size:,} asientos existía" in seal
    assert f"sello de {size:,} asientos, que ya lo cubre" in text_of(sheet)
    assert f'href="/api/v1/events/7/receipt?checkpoint={size}"' in sheet
    assert "RFC 3161" not in latest, "what came later is not stamped"


def test_readiness_warns_where_the_authority_has_not_stamped_for_long(
    stamped: tuple[Api, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    api, _ = stamped

    def warnings() -> str:
        api.app.state.readiness = None
        return " ".join(api.client.get("/readyz").json()["warnings"])

    assert "time stamp" not in warnings()
    monkeypatch.setattr("api.routes.health.STANDS_STILL_SECONDS", -2 * 3_600.0)
    assert "The oldest event without a time stamp has waited" in warnings()
