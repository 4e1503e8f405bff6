"""Every value of a data file is found on the line it is written on."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from domain.toml_lines import line_of, lines_of

TEXT = """\
# A file with a bit of everything.
kind = "a # b [c"
stages = [
  { id = "x", name = { es = "[", en = "{" } },
  # Between them.
  { id = "y" },
]

[[steps]]
id = "S01"
basis = ["LGIPE 1", "LGIPE 2"]

[[steps.due_when]]
when = "S02 done"

[[steps.due_when]]
when = "S03 done"

[[steps]]
id = "S02"
  [steps.count]
  target = 3
[[steps.due_when]]
when = "S09 done"
"""


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (("kind",), "kind ="),
        (("stages",), "stages = ["),
        (("stages", 0, "id"), '{ id = "x"'),
        (("stages", 1, "name", "es"), '{ id = "y"'),
        (("steps", 0), "[[steps]]"),
        (("steps", 0, "basis", 1), "basis ="),
        (("steps", 0, "due_when", 1, "when"), 'when = "S03 done"'),
        (("steps", 1, "id"), 'id = "S02"'),
        (("steps", 1, "count", "target"), "target = 3"),
        (("steps", 1, "due_when", 0, "when"), 'when = "S09 done"'),
        (("steps", 1, "body"), "[[steps]]"),
        (("nothing",), "# A file"),
    ],
)
def test_a_place_is_found_on_its_line(place: tuple[int | str, ...], words: str) -> None:
    assert TEXT.splitlines()[line_of(lines_of(TEXT), place) - 1].strip().startswith(words)


PROCEDURES = [
    entry for entry in files("domain").joinpath("procedures").iterdir() if entry.name.endswith(".toml")
]


@pytest.mark.parametrize("entry", PROCEDURES, ids=lambda entry: entry.name)
def test_in_the_real_files_every_key_of_every_step_is_found_on_a_line_that_names_it(entry: object) -> None:
    text = entry.read_text("utf-8")  # type: ignore[attr-defined]  # it is a file
    lines, written = lines_of(text), text.splitlines()
    for number, step in enumerate(tomllib.loads(text)["steps"]):
        for key in step:
            line = written[line_of(lines, ("steps", number, key)) - 1].strip()
            assert line.startswith((f"{key} =", f"[[steps.{key}]]", f"[steps.{key}]")), (number, key)
        found = lines["steps", number, "id"]
        assert step["id"] in written[found - 1]
