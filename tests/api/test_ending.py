"""How a command ends, and what it does in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.test_cli import bitacora

BEGINNING = """
import os, signal, time
from api.cli.ending import apart, in_words
# Whoever runs the tests in the background has shells ignore this signal for them.
signal.signal(signal.SIGINT, signal.default_int_handler)
print(os.getpid(), flush=True)
"""


def python(work: str) -> subprocess.Popen[str]:
    """Run a program that says its number first."""
    return subprocess.Popen(
        [sys.executable, "-c", BEGINNING + work], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_memory_a_work_took_ends_with_it() -> None:
    """The most this program ever held (proc(5), VmHWM) is less than the work took."""
    process = python(
        "apart(lambda: print(os.getpid(), len(b'.' * 2**28)))\n"
        "print(*(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    said, _ = process.communicate(timeout=30)
    own, copy, took, _, most_kilobytes, _ = said.split()

    assert own != copy
    assert int(took) == 2**28
    assert int(most_kilobytes) < 2**17


def test_what_goes_wrong_apart_is_said_once_and_ends_the_program() -> None:
    process = python("in_words(lambda: apart(lambda: open('/nowhere')))\nprint('goes on')")
    said, told = process.communicate(timeout=30)

    assert "goes on" not in said
    assert told == "No such file or directory: /nowhere\n"
    assert process.returncode == 1


def test_a_work_that_was_killed_is_told() -> None:
    process = python("in_words(lambda: apart(lambda: os.kill(os.getpid(), signal.SIGKILL)))")
    _, told = process.communicate(timeout=30)

    assert told == "The work was ended by signal 9. Start again: it goes on where it was.\n"
    assert process.returncode == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_ends_the_program_ends_the_work_too(number: int) -> None:
    process = python(
        "def work():\n    time.sleep(1)\n    print(os.getpid(), flush=True)\n    time.sleep(60)\n"
        "in_words(lambda: apart(work))"
    )
    assert process.stdout is not None
    own, copy = (int(process.stdout.readline()) for _ in range(2))
    os.kill(own, number)
    # What they say ends when the last of the two has.
    process.communicate(timeout=30)

    assert process.returncode == 130
    assert not Path(f"/proc/{copy}").exists()


def test_a_demonstration_that_cannot_begin_says_why(tmp_path: Path) -> None:
    answer = bitacora("demo", environment={"DATABASE_URL": f"postgresql:///none?host={tmp_path}"})

    assert answer.returncode == 1
    assert answer.stderr.startswith("The database cannot be reached")
    assert answer.stderr.count("cannot be reached") == 1
    assert "Traceback" not in answer.stderr


def test_an_interrupt_ends_make_demo_without_a_complaint(tmp_path: Path) -> None:
    """Ctrl-C goes to make and to all it started, as a terminal sends it; nothing was wrong, so make says nothing."""
    (tmp_path / ".local").touch()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    demo = tmp_path / "bin" / "bitacora"
    demo.write_text("#!/bin/sh\ntrap 'exit 130' INT\necho ready\nwhile :; do sleep 0.1; done\n")
    demo.chmod(0o755)
    # As above: this signal may be ignored where the tests run.
    begin = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp('make', sys.argv[1:])"
    make = subprocess.Popen(
        [sys.executable, "-c", begin, "make", "demo", f"VENV={tmp_path}"], cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    assert make.stdout is not None
    assert make.stdout.readline() == "ready\n"
    os.killpg(make.pid, signal.SIGINT)
    said, _ = make.communicate(timeout=30)

    assert said == ""
