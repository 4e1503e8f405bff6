"""The verifier as a person types it: ``bitacora-verifier log``, ``bitacora-verifier receipt``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bitacora_verifier.checkpoint import Checkpoint, claimed_origin, open_checkpoint
from bitacora_verifier.log import Question, verify_log
from bitacora_verifier.note import Key, parse_vkey
from bitacora_verifier.receipt import is_receipt, parse_receipt, verify_receipt
from bitacora_verifier.refusal import Kind, Refused
from bitacora_verifier.report import (
    as_json,
    language,
    on_standard_error,
    refusal_as_json,
    refused,
    told,
    told_receipt,
)
from bitacora_verifier.source import opened, read_checkpoint
from bitacora_verifier.state import Remembered, default_folder, recall, remember

FAILED, INTERRUPTED = 1, 130

ABOUT = """\
Verify a signed log of Bitácora Electoral, or a receipt of it, trusting neither the server, nor its
database, nor its program. Nothing of that program is used here; docs/VERIFY.md says how to write another verifier.

Verifica una bitácora firmada, o un acuse de ella, sin confiar en el servidor, su base ni su programa.
"""

CODES = """\
exit status:
  0  verified: everything there must be is there and agrees
  1  this program failed
  2  asked wrongly: no key was given, or what is remembered cannot be read
  3  a file is missing, cannot be reached, or has another length
  4  the checkpoint is malformed, or no pinned key signed it
  5  the log went back, or its past was changed, against a checkpoint you hold
  6  entries, tiles and the signed root do not belong together
  7  an entry is malformed, or does not agree with its place
  8  the receipt does not prove this entry
  9  the checkpoint is older than you allow
  130  interrupted
Whatever is not verified is refused: there is no "verified in part". The first position that is wrong is named.

examples:
  bitacora-verifier log https://bitacora.example.mx/log --vkey 'bitacora.example.mx/2027+5f1c…+AY…'
  bitacora-verifier log /srv/mirror/log                    # the key and the last checkpoint are remembered
  bitacora-verifier receipt asiento-70.tlog-proof asiento-70.json --vkey @vkey.txt

The key is pinned once, from elsewhere than the log: a gazette, minutes of a session, a colleague's note.
A log announces its next keys in itself; they are remembered after it is verified with the old one.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify what is asked for, say what was found, and return the exit status."""
    asked = _parser().parse_args(arguments)
    words = language(asked.lang)
    try:
        return int(asked.work(asked))
    except Refused as refusal:
        if asked.json:
            print(refusal_as_json(refusal))
        print(refused(refusal, words), file=sys.stderr)
        return int(refusal.kind)
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        print(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)
        return FAILED


def _log(asked: argparse.Namespace) -> int:
    words = language(asked.lang)
    origin = claimed_origin(read_checkpoint(opened(asked.place)))
    remembered = recall(asked.state, origin)
    keys = _keys(asked.vkey, remembered, origin)
    question = Question(
        place=asked.place, keys=keys, remembered=remembered, held=[_held(file, keys) for file in asked.held],
        fresh_minutes=asked.fresh, processes=asked.processes,
    )  # fmt: skip
    verified = verify_log(question, on_standard_error(words))
    remember(asked.state, verified.checkpoint.origin, verified.to_remember)
    print(as_json(verified) if asked.json else told(verified, words))
    return 0


def _receipt(asked: argparse.Namespace) -> int:
    file, entry = asked.receipt.read_bytes(), asked.entry.read_bytes()
    origin = claimed_origin(parse_receipt(file).checkpoint)
    remembered = recall(asked.state, origin)
    receipt, checkpoint = verify_receipt(file, entry, _keys(asked.vkey, remembered, origin))
    known = remembered.checkpoint if remembered else None
    if known and known.size == checkpoint.size and known.root != checkpoint.root:
        raise Refused(
            Kind.HISTORY,
            f"Two logs of {checkpoint.size:,} entries were signed: the receipt's and one verified before. Keep both.",
            f"Se firmaron dos bitácoras de {checkpoint.size:,} asientos: la del acuse y la verificada antes. "
            "Conserva ambas.",
        )
    print(told_receipt(receipt.leaf + 1, checkpoint, language(asked.lang)))
    return 0


def _keys(given: Sequence[str], remembered: Remembered | None, origin: str) -> Sequence[Key]:
    """Return the keys that are pinned: those given, or else those remembered. Raises `Refused`."""
    lines = [line for each in given for line in _lines(each)]
    if lines:
        return [parse_vkey(line) for line in lines]
    if remembered is None:
        raise Refused(
            Kind.ASKED_WRONGLY,
            f"The log '{origin}' was never verified here, so its key has to be given: --vkey. Have it from "
            "elsewhere than the log itself.",
            f"La bitácora «{origin}» nunca se ha verificado aquí: hay que dar su clave con --vkey. Obtenla por "
            "otra vía que la propia bitácora.",
        )
    return remembered.keys


def _lines(given: str) -> list[str]:
    return Path(given[1:]).read_text().split() if given.startswith("@") else [given]


def _held(file: Path, keys: Sequence[Key]) -> Checkpoint:
    """Return a checkpoint somebody holds, alone or in a receipt."""
    content = file.read_bytes()
    return open_checkpoint(parse_receipt(content).checkpoint if is_receipt(content) else content, keys)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bitacora-verifier", description=ABOUT, epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    commands = parser.add_subparsers(required=True, metavar="log | receipt")
    about = argparse.ArgumentParser(add_help=False)
    about.add_argument(
        "--vkey", action="append", default=[], metavar="KEY",
        help="a key the log is signed with, as a line or as @FILE of lines; may be given again",
    )  # fmt: skip
    about.add_argument(
        "--state", type=Path, default=default_folder(), metavar="FOLDER",
        help="where what was verified is remembered (default: %(default)s)",
    )  # fmt: skip
    about.add_argument("--lang", choices=["es", "en"], help="the language of what is said (default: LANG's)")
    about.add_argument("--json", action="store_true", help="say it as one JSON object, for programs")
    text = argparse.RawDescriptionHelpFormatter
    log = commands.add_parser(
        "log", parents=[about], help="verify a whole log", epilog=CODES, formatter_class=text
    )
    log.add_argument(
        "place", metavar="URL|FOLDER", help="where the log is: what has 'checkpoint' and 'tile/' in it"
    )
    log.add_argument(
        "--held", type=Path, action="append", default=[], metavar="FILE",
        help="an earlier checkpoint or a receipt that you hold: the log must continue it; may be given again",
    )  # fmt: skip
    log.add_argument(
        "--fresh", type=int, metavar="MINUTES",
        help="refuse a checkpoint last said to stand longer ago, by the server's word or the file's date",
    )  # fmt: skip
    log.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, metavar="N",
        help="processes to share the work (default: %(default)s)",
    )  # fmt: skip
    log.set_defaults(work=_log)
    receipt = commands.add_parser(
        "receipt", parents=[about], help="verify a receipt offline", epilog=CODES, formatter_class=text
    )
    receipt.add_argument("receipt", type=Path, help="the receipt: a tlog-proof")
    receipt.add_argument(
        "entry", type=Path, help="the entry, byte for byte, as the log's API or a bundle has it"
    )
    receipt.set_defaults(work=_receipt)
    return parser


if __name__ == "__main__":
    sys.exit(main())
