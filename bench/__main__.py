"""``python -m bench``: every measurement, one after the other, each in a process of its own.

Quiet machines give truer figures; the ratios hold on busy ones too, because both sides of each are measured in turn.
"""

from __future__ import annotations

import subprocess
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter

MEASUREMENTS = {
    "appends": "durable appends, against the library's recorder and pgbench",
    "replay": "reading the log, against the library's notification loop",
    "projections": "exactly-once projection and rebuild, against the library's runner and loop",
    "bulk": "10,000 reports in one request, against copying the same rows",
    "prep": "a night of 8,346 tally sheets imported and projected, against copying the same rows",
    "openings": "opening whole elections, against copying the same rows",
    "worklist": "a page of the worklist of somebody with ten thousand open milestones",
    "wave": "2,000 people, each sending one report within ten seconds",
    "case_files": "lists and figures with 100,000 case files beside the elections",
    "signed_log": "hashing, signing, publishing and proving the log, against copying the same rows to nowhere",
    "verify": "the independent verifier on a published log, against copying the same rows to nowhere",
    "audit": "a published log replayed with every projection, against copying the same rows to nowhere",
    "exports": "the log in each form it is taken away in, against copying the same rows to nowhere",
    "moments": "a state at any moment of a long log, and what changed between two",
    "http_commands": "commands by HTTP, against the library's application behind the same door",
}
"""What is measured, in this order."""


def main() -> int:
    """Run the measurements asked for, or all; return how many failed."""
    listed = "\n".join(f"  {name:15} {what}" for name, what in MEASUREMENTS.items())
    parser = ArgumentParser(
        prog="make bench", description=f"{__doc__}\n{listed}", formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these; each has its own --help")
    names = parser.parse_args().names or list(MEASUREMENTS)
    if unknown := set(names) - set(MEASUREMENTS):
        parser.error(f"there is no measurement called {', '.join(sorted(unknown))}")
    return sum(
        subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode != 0 for name in names
    )


if __name__ == "__main__":
    sys.exit(main())
