"""How a command ends: with what it did, or with a sentence that says what went wrong, and an exit code."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from multiprocessing import get_context

INTERRUPTED = 130
"""The exit code of what a person stopped, as shells have it."""


def in_words(work: Callable[[], object]) -> None:
    """Do some work; where it fails, say so in a sentence and end the program with its exit code."""
    try:
        work()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except Exception as error:  # the last resort of a program that people use
        if os.environ.get("BITACORA_DEBUG"):
            raise
        from api.cli.errors import explanation

        sentence, code = explanation(error)
        print(sentence, file=sys.stderr)
        sys.exit(code)


def apart(work: Callable[[], None]) -> None:
    """Do some work in a process of its own, so that the memory it took ends with it.

    What goes wrong is said there, and this program ends with the same code. Call it while this process has a single
    thread, because it is copied as it stands (fork). Raises ``ChildProcessError`` where a signal ended the work.
    """
    copy = get_context("fork").Process(target=in_words, args=(work,), daemon=True)
    # A program that ends in order takes its copies along; SIGTERM alone would leave them behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(INTERRUPTED))
    copy.start()
    copy.join()
    code = copy.exitcode or 0
    if code < 0:
        raise ChildProcessError(
            f"The work was ended by signal {-code}. Start again: it goes on where it was."
        )
    if code:
        sys.exit(code)
