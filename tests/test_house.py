"""The house's own rules, as tests: what a reviewer would otherwise have to say again and again."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from domain.access import Role
from domain.deadline import DateBasis
from domain.milestone import TRANSITIONS, Status
from domain.milestone_events import Power
from domain.notice import NoticeStatus
from domain.owed import Owed
from domain.procedure import Docket, procedures
from domain.step import Equality, Kind, Quality, Read, Responsible, Scope
from domain.timeliness import Standing
from domain.variant import variants

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
ROOMS = ("domain", "ledger", "projections", "api", "verifier")
CODE = (*ROOMS, "bench", "tests")
NOT_OURS = {".git", ".venv", "var", "dist", "secrets"}
"""Folders that hold what nobody of us wrote."""

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
LEFTOVER_NAMES = {"utils", "util", "core", "common", "services", "models", "helpers", "misc", "managers"}
EMPTY_WORDS = re.compile(r"(Manager|Service|Handler|Helper|Util|Utils)$")
VARIANTS = ROOT / "domain" / "procedures" / "variants"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def files(*patterns: str, below: tuple[str, ...] = ("",)) -> list[Path]:
    """Return the repository's files of these patterns, without caches and what was installed."""
    found: list[Path] = []
    for folder in below:
        for place, folders, names in os.walk(ROOT / folder):
            folders[:] = [
                name
                for name in folders
                if name not in NOT_OURS and not name.endswith(("cache", "__", ".egg-info", ".hypothesis"))
            ]
            found += [Path(place, name) for name in names if any(Path(name).match(p) for p in patterns)]
    return sorted(found)


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def definitions(
    tree: ast.AST, prefix: str = "", *, public: bool = True
) -> Iterator[tuple[str, Definition, bool]]:
    """Yield each class and function with its dotted name, and whether the world sees it."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Definition):
            seen = public and not node.name.startswith("_")
            yield prefix + node.name, node, seen
            inside = seen and isinstance(node, ast.ClassDef)
            yield from definitions(node, f"{prefix}{node.name}.", public=inside)
        else:
            yield from definitions(node, prefix, public=public)


def undocumented(source: str) -> list[str]:
    """Return what has no docstring though the world sees it."""
    tree = ast.parse(source)
    missing = [] if ast.get_docstring(tree) else ["the module"]
    for name, node, public in definitions(tree):
        is_overload = any("overload" in ast.unparse(decorator) for decorator in node.decorator_list)
        if public and not is_overload and not ast.get_docstring(node):
            missing.append(name)
    return missing


def too_long(source: str) -> list[str]:
    """Return the functions with more lines than a reader keeps in mind, their docstring not counted."""
    found = []
    for name, node, _ in definitions(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            continue
        first = node.body[0]
        documented = ast.get_docstring(node) is not None
        words = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
        lines = (node.end_lineno or 0) - node.lineno + 1 - words
        if lines > MOST_LINES_OF_A_FUNCTION:
            found.append(f"{name}: {lines} lines")
    return found


def test_everything_public_says_what_it_is() -> None:
    missing = {shown(file): undocumented(file.read_text()) for file in files("*.py", below=ROOMS)}

    assert {file: names for file, names in missing.items() if names} == {}


def test_the_search_for_docstrings_finds_what_lacks_one() -> None:
    source = "class Seen:\n    def said(self): ...\n    def _kept(self): ...\ndef _hidden(): ...\n"

    assert undocumented(source) == ["the module", "Seen", "Seen.said"]


def test_a_file_of_code_is_one_idea() -> None:
    code = files("*.py", "*.sql", "*.html", "*.css", "*.js", below=CODE)
    lengths = {shown(file): len(file.read_text().splitlines()) for file in code}

    assert {file: lines for file, lines in lengths.items() if lines > MOST_LINES_OF_A_FILE} == {}


def test_a_function_is_one_idea() -> None:
    found = {shown(file): too_long(file.read_text()) for file in files("*.py", below=CODE)}

    assert {file: names for file, names in found.items() if names} == {}


def test_the_search_for_long_functions_finds_one() -> None:
    source = "def endless():\n" + "    a = 1\n" * (MOST_LINES_OF_A_FUNCTION + 1)

    assert too_long(source) == ["endless: 62 lines"]


def test_no_file_is_named_for_what_is_left_over() -> None:
    stems = {
        shown(file) for file in files("*.py", below=CODE) if LEFTOVER_NAMES & {file.stem, file.parent.name}
    }

    assert set() == stems


def test_no_class_is_named_with_an_empty_word() -> None:
    empty = [
        f"{shown(file)}: {name}"
        for file in files("*.py", below=ROOMS)
        for name, node, _ in definitions(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef) and EMPTY_WORDS.search(name)
    ]

    assert empty == []


def test_every_exception_to_a_rule_carries_its_reason() -> None:
    exception = re.compile(r"#\s*(?:noqa|type:\s*ignore)\b[^#]*(?P<after>#.*)?")
    bare = []
    for file in files("*.py", below=CODE):
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            match = exception.search(line)
            if match and file != Path(__file__) and not (match["after"] or " - " in match[0]):
                bare.append(f"{shown(file)}:{number}: {match[0].strip()}")

    assert bare == []


# What a folder promises -----------------------------------------------------------------------------------


def test_every_procedure_in_the_folder_is_in_the_register() -> None:
    listed = {procedure.kind for procedure in procedures().values()}
    in_folder = {file for file in files("*.toml", below=("domain/procedures",)) if file.parent != VARIANTS}

    assert {file.stem for file in in_folder} == listed


def test_every_variant_in_the_folder_is_in_the_register() -> None:
    in_folder = {file.read_text("utf-8") for file in files("*.toml", below=("domain/procedures/variants",))}

    assert in_folder == {variant.text for variant in variants()}


def test_every_file_of_routes_has_a_router() -> None:
    without = []
    for file in files("*.py", below=("api/routes",)):
        if not file.stem.startswith("_"):
            module = importlib.import_module(f"api.routes.{file.stem}")
            if type(getattr(module, "router", None)).__name__ != "APIRouter":
                without.append(shown(file))

    assert without == []


# The words ------------------------------------------------------------------------------------------------


def glossary() -> list[list[str]]:
    """Return the rows of the glossary: term, definition, article, English, where in the code."""
    lines = (ROOT / "docs/glossary.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in rows if row[0] != "término"]


@pytest.mark.parametrize(
    "words",
    [
        Status,
        Standing,
        Kind,
        DateBasis,
        Read,
        Responsible,
        Scope,
        Role,
        Power,
        Docket,
        Equality,
        Quality,
        NoticeStatus,
        Owed,
    ],
    ids=[
        "status",
        "standing",
        "kind",
        "basis",
        "mark",
        "responsible",
        "scope",
        "role",
        "power",
        "docket",
        "equality",
        "quality",
        "notice",
        "owed",
    ],
)
def test_every_word_the_code_knows_is_in_the_glossary(words: object) -> None:
    in_code = {word for row in glossary() for word in re.findall(r"`([^`]+)`", row[4])}

    assert set() == set(get_args(words)) - in_code


def test_every_row_of_the_glossary_is_whole_and_stands_once() -> None:
    rows = glossary()
    terms = [row[0] for row in rows]

    assert [row for row in rows if len(row) != 5 or not all(row)] == []
    assert len(set(terms)) == len(terms)


def test_what_the_glossary_cites_is_a_law_or_a_dash() -> None:
    laws = ("CPEUM", "LGIPE", "LGPP", "LGSMIME", "LGTAIP")

    assert [row for row in glossary() if row[2] != "—" and not row[2].startswith(laws)] == []


def test_the_diagram_of_a_milestone_is_the_table_of_its_transitions() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    drawn: dict[str, set[str]] = {}
    for start, words in re.findall(r"^    (\w+) --> \w+: (.+)$", text, re.MULTILINE):
        for action in words.removesuffix(", as it was").split(", "):
            drawn.setdefault(action, set()).add(start)
    moving = {action: set(starts) for action, (starts, end) in TRANSITIONS.items() if end != "unchanged"}

    assert moving == drawn


# What is written about it ---------------------------------------------------------------------------------


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = []
    for document in DOCUMENTS:
        targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text())
        near = [target for target in targets if "://" not in target]
        broken += [
            f"{shown(document)}: {target}" for target in near if not (document.parent / target).exists()
        ]

    assert broken == []


def test_every_decision_is_in_the_list_of_decisions() -> None:
    folder = ROOT / "docs/decisions"
    index = (folder / "README.md").read_text()

    assert [file.name for file in sorted(folder.glob("0*.md")) if f"({file.name})" not in index] == []


def test_every_make_target_that_is_written_about_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    scripts = [ROOT / ".ci/run", *DOCUMENTS]
    written = {
        word
        for file in scripts
        for word in re.findall(r"(?:^|`)make ([a-z]+)", file.read_text(), re.MULTILINE)
    }

    assert {"demo", "test", "check", "bench", "torture", "help"} <= written
    assert set() == written - targets


def help_of(*words: str) -> str:
    """Return what the command line says of a command."""
    quiet = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}
    command = [sys.executable, "-m", "api", *words, "--help"]
    answer = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True, check=True)
    return answer.stdout


def test_every_command_that_is_written_about_exists() -> None:
    texts = [file.read_text() for file in [*DOCUMENTS, ROOT / "docker/compose.yaml"]]
    phrases = {
        match
        for text in texts
        for match in re.findall(r"(?:^|[`/ ])bitacora ([a-z]+)(?: ([a-z]+))?", text, re.MULTILINE)
    }
    commands = {command for command, _ in phrases}
    known = re.findall(r"^\W*([a-z]+)\b", help_of(), re.MULTILINE)
    groups = {"db", "token", "import"}

    assert {"demo", "serve", "migrate", "project", "open", "token", "db"} <= commands
    assert set() == commands - set(known)
    for group in groups & commands:
        inside = {word for command, word in phrases if command == group and word}
        assert set() == inside - set(re.findall(r"^\W*([a-z]+)\b", help_of(group), re.MULTILINE))


# What may not be in the repository ------------------------------------------------------------------------


def test_requirements_are_locked_by_hash_and_name_no_address() -> None:
    for file in sorted((ROOT / "requirements").glob("*.txt")):
        text = file.read_text()
        packages = re.findall(r"^[a-z0-9][\w.\[\]-]*==\S+.*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)

        assert "://" not in text, shown(file)
        assert packages, shown(file)
        assert [package for package in packages if "--hash=sha256:" not in package] == [], shown(file)


def test_no_file_names_a_place_on_somebodys_machine_or_a_registry() -> None:
    # Written in pieces, so that this file does not find itself.
    hosts = "|".join(["py" + "pi", "python" + "hosted", "npm" + "js", "deb" + r"\.debian"])
    forbidden = re.compile(rf"(?<![\w.~])/(?:home|root|Users)/\w|\b(?:{hosts})\.(?:org|com)\b")
    found = []
    for file in files("*"):
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue
        found += [f"{shown(file)}: {match[0]}" for match in forbidden.finditer(text)]

    assert found == []
