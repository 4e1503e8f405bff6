"""``bitacora audit software``: what is installed, what of it is not what it should be, and one digest over all."""

from __future__ import annotations

import compileall
import json
import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from api.ceremonies.auditor_key import create_key
from api.ceremonies.bill_of_materials import BadBill, bill_of_materials, read_bill
from api.ceremonies.installation import Installation, NotAnInstallation, installation_at
from api.ceremonies.installed import as_text, standard_library
from api.ceremonies.inventory import Component, Inventory, differences
from ledger.database_program import database_program
from ledger.embedded import EmbeddedPostgres
from tests.api.harness import ORIGIN
from tests.api.scratch_installation import PART, copied, installed_in, looked_at, made_wheel, rewrite
from tests.api.test_cli import bitacora
from tests.database import fresh_database


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an environment with a small package in it, as pip left it."""
    folder = tmp_path_factory.mktemp("installed")
    return installed_in(folder / "one", made_wheel(folder))


@pytest.fixture
def copy(original: Path, tmp_path: Path) -> Installation:
    """The same, to be tampered with."""
    return copied(original, tmp_path / "copy")


def test_what_pip_installed_is_what_its_packages_say(original: Path) -> None:
    inventory, wrong = looked_at(installation_at(original))

    assert wrong == []
    (part,) = inventory.components
    assert (part.label, part.licence) == (PART, "MIT")
    assert {"lectura/__init__.py", "../../../bin/lectura"} < set(part.files)


def test_the_same_installation_elsewhere_comes_to_the_same_digest(original: Path, tmp_path: Path) -> None:
    elsewhere = installed_in(tmp_path / "another place", made_wheel(tmp_path))

    assert looked_at(installation_at(elsewhere))[0].digest == looked_at(installation_at(original))[0].digest
    assert str(elsewhere) in (elsewhere / "bin/lectura").read_text()


def test_a_path_too_long_for_a_first_line_comes_to_the_same_digest(original: Path, tmp_path: Path) -> None:
    elsewhere = installed_in(tmp_path / ("long" * 40), made_wheel(tmp_path))

    assert looked_at(installation_at(elsewhere))[0].digest == looked_at(installation_at(original))[0].digest
    assert (elsewhere / "bin/lectura").read_text().startswith("#!/bin/sh\n")


def test_times_and_compiled_copies_do_not_enter_the_digest(copy: Installation) -> None:
    before, _ = looked_at(copy)
    compileall.compile_dir(copy.packages, quiet=2)
    for file in copy.packages.rglob("*.txt"):
        os.utime(file, (1, 1))
    after, wrong = looked_at(copy)

    assert wrong == []
    assert after.digest == before.digest


def test_one_changed_byte_is_named(copy: Installation) -> None:
    before, _ = looked_at(copy)
    file = copy.packages / "lectura/words.txt"
    file.write_bytes(b"Acta\n")
    after, wrong = looked_at(copy)

    assert wrong == [f"lectura/words.txt is not what {PART} says it installed."]
    assert [each.en for each in differences(before, after)] == [
        f"lectura/words.txt of {PART} is not what it was before."
    ]
    assert differences(before, before) == []


@pytest.mark.parametrize(
    "path", ["lectura/__init__.py", "../../../bin/lectura", "lectura-1.2.0.dist-info/METADATA"]
)
def test_a_change_that_is_covered_up_in_the_list_is_seen_by_comparing(copy: Installation, path: str) -> None:
    before, _ = looked_at(copy)
    rewrite(copy, path, (copy.packages / path).read_bytes() + b"\n# more\n")
    after, wrong = looked_at(copy)

    assert wrong == []
    assert after.digest != before.digest
    assert [each.en for each in differences(before, after)] == [
        f"{path} of {PART} is not what it was before."
    ]


def test_what_is_missing_and_what_came_beside_is_named(copy: Installation, tmp_path: Path) -> None:
    before, _ = looked_at(copy)
    (copy.packages / "lectura/words.txt").unlink()
    (copy.packages / "lectura/more.py").write_text("import os\n")
    (copy.packages / "start.pth").write_text("import os\n")
    # Python takes a compiled module that has no source, and a package through a link.
    (copy.packages / "hidden.pyc").write_bytes(b"")
    (copy.packages / "linked").symlink_to(tmp_path)
    after, wrong = looked_at(copy)

    assert wrong == [
        f"lectura/words.txt of {PART} is missing.",
        *(
            f"{name} is among the packages and belongs to none."
            for name in ("hidden.pyc", "linked", "start.pth", "lectura/more.py")
        ),
    ]
    assert after.digest != before.digest


def test_a_package_that_says_nothing_of_its_files_or_of_itself_is_named(copy: Installation) -> None:
    (copy.packages / "lectura-1.2.0.dist-info/RECORD").unlink()
    (copy.packages / "ghost-1.0.dist-info").mkdir()
    _, wrong = looked_at(copy)

    assert f"{PART} has no list of its files (RECORD): there is nothing to compare it with." in wrong
    assert any(line.endswith("there is a package that does not say what it is.") for line in wrong)


def test_a_list_with_a_hash_nobody_knows_is_not_believed(copy: Installation) -> None:
    listed = copy.packages / "lectura-1.2.0.dist-info/RECORD"
    listed.write_text(listed.read_text().replace("sha256=", "trust=", 1))

    assert looked_at(copy)[1] == [f"../../../bin/lectura is not what {PART} says it installed."]


def test_packages_of_the_whole_machine_are_not_passed_over(copy: Installation, original: Path) -> None:
    configuration = copy.programs.parent / "pyvenv.cfg"
    text = configuration.read_text()
    configuration.write_text(text.replace("packages = false", "packages = true"))

    assert "include-system-site-packages" in looked_at(installation_at(configuration.parent))[1][0]
    configuration.write_text("home = /usr/bin\n")
    with pytest.raises(NotAnInstallation, match="does not say which Python"):
        installation_at(configuration.parent)


def test_python_itself_is_hashed_by_its_program_and_its_library(original: Path) -> None:
    found = standard_library(installation_at(original))

    assert {"lib/json/decoder.py", "lib/os.py"} < set(found.files)
    assert any(path.startswith("bin/python") for path in found.files)
    assert not any("site-packages" in path or path.endswith(".pyc") for path in found.files)


def test_a_bill_of_materials_is_read_back_and_a_changed_one_is_refused() -> None:
    inventory = Inventory(
        [
            Component("b", "2", licence="MIT", files={"b.py": "0" * 64}),
            Component("python", "3.13.1", "platform"),
        ]
    )
    bill = bill_of_materials(inventory)

    assert read_bill(bill) == inventory
    assert bill_of_materials(Inventory(inventory.components[::-1])) == bill
    for broken in (bill.replace(b"0000", b"0001", 1), b"{}", b"[]", b"nothing"):
        with pytest.raises(BadBill):
            read_bill(broken)


def test_parts_that_came_went_or_have_another_version_are_named() -> None:
    before = Inventory(
        [Component("a", "1"), Component("b", "1"), Component("d", "1", files={"x": "1", "y": "1"})]
    )
    now = Inventory(
        [Component("b", "2"), Component("c", "1"), Component("d", "1", files={"y": "1", "z": "1"})]
    )

    assert [each.en for each in differences(before, now)] == [
        "It is gone: a 1.",
        "b is another version: 1 before, 2 now.",
        "It was not there before: c 1.",
        "x of d 1 is gone.",
        "z of d 1 was not there before.",
    ]


def test_a_name_of_any_bytes_is_told_on_one_line() -> None:
    assert as_text("eleccio\u0301n\n\udcff") == "eleccio\\u0301n\\n\\udcff"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ("ALTER TABLE ledger.events DISABLE TRIGGER append_only", "trigger ledger.events.append_only"),
        (
            "ALTER FUNCTION ledger.refuse_to_change_the_past() SECURITY DEFINER",
            "function ledger.refuse_to_change_the_past()",
        ),
    ],
)  # fmt: skip
def test_what_runs_in_the_database_is_part_of_what_runs(
    postgres_18: EmbeddedPostgres, migrated_template: str, change: str, what: str
) -> None:
    texts = []
    with fresh_database(postgres_18, migrated_template) as url, psycopg.connect(url) as connection:
        texts.append(database_program(connection).texts)
        connection.execute(change.encode())
        texts.append(database_program(connection).texts)

    assert {name for name in texts[0] if texts[0][name] != texts[1].get(name)} == {what}


@pytest.fixture(scope="module")
def begun(postgres_18: EmbeddedPostgres, opened_template: str) -> Iterator[dict[str, str]]:
    """The environment of a database with a log."""
    with fresh_database(postgres_18, opened_template) as url:
        yield {"DATABASE_URL": url, "BITACORA_UNSAFE_DURABILITY": "1", "BITACORA_ORIGIN": ORIGIN}


def test_the_record_after_names_what_is_not_as_in_the_record_before(
    begun: dict[str, str], copy: Installation, tmp_path: Path
) -> None:
    create_key(tmp_path / "key", "auditoria.uni.example.mx")
    asked = ["audit", "software", "--installation", str(copy.programs.parent), "--key", str(tmp_path / "key")]
    before = bitacora(
        *asked, "--record", str(tmp_path / "before"), "--sbom", str(tmp_path / "sbom.json"), environment=begun
    )
    assert before.returncode == 0, before.stdout + before.stderr
    assert (tmp_path / "sbom.json").read_bytes() == (tmp_path / "before/sbom.cdx.json").read_bytes()

    rewrite(copy, "lectura/__init__.py", b"def main():\n    print('otra')\n")
    after = bitacora(
        *asked, "--compare", str(tmp_path / "before"), "--record", str(tmp_path / "after"), environment=begun
    )
    assert after.returncode == 1
    assert f"lectura/__init__.py of {PART} is not what it was before." in after.stdout
    records = [json.loads((tmp_path / name / "record.json").read_bytes()) for name in ("before", "after")]
    assert [each["passed"] for each in records] == [True, False]
    assert records[0]["digest"] != records[1]["digest"]
    assert {"name": "compared_with", "value": records[0]["digest"]} in records[1]["facts"]


def test_what_is_no_environment_is_told_in_a_sentence(tmp_path: Path) -> None:
    answer = bitacora("audit", "software", "--installation", str(tmp_path))

    assert answer.returncode == 1
    assert (
        answer.stderr
        == f"{tmp_path} is no Python environment: pyvenv.cfg cannot be read (No such file or directory).\n"
    )
