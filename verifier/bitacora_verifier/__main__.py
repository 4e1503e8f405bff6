"""The verifier as a person types it: ``bitacora-verifier log``, ``bitacora-verifier receipt``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor
from pathlib import Path

from bitacora_verifier.checkpoint import Checkpoint, claimed_origin, open_checkpoint
from bitacora_verifier.log import Question, verify_log
from bitacora_verifier.note import Key, parse_vkey
from bitacora_verifier.policy import Policy, parse_policy, policy_of
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
from bitacora_verifier.witnesses import refuse_too_few, seen

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
  9  the checkpoint, or what witnesses saw last, is older than you allow
  10 fewer witnesses signed it than you ask for, or one signed at an hour that cannot be
  130  interrupted
Whatever is not verified is refused: there is no "verified in part". The first position that is wrong is named.

examples:
  bitacora-verifier log https://bitacora.example.mx/log --vkey 'bitacora.example.mx/2027+5f1c…+AY…'
  bitacora-verifier log /srv/mirror/log                    # the key and the last checkpoint are remembered
  bitacora-verifier log /srv/mirror/log --policy witnesses.txt    # and only if so many of these have seen it
  bitacora-verifier receipt asiento-70.tlog-proof asiento-70.json --vkey @vkey.txt

The key is pinned once, from elsewhere than the log: a gazette, minutes of a session, a colleague's note.
A log announces its next keys in itself; they are remembered after it is verified with the old one.
Who has its key can forge a whole log anew: without witnesses only those find it who verified the log before.
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
    except BrokenExecutor:
        print("One of the processes was ended. / Se terminó uno de los procesos.", file=sys.stderr)
        return FAILED
    except OSError as error:
        print(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)
        return FAILED


def _log(asked: argparse.Namespace) -> int:
    words = language(asked.lang)
    origin = claimed_origin(read_checkpoint(opened(asked.place)))
    remembered = recall(asked.state, origin)
    policy = _policy(asked)
    keys = _keys(asked.vkey, remembered, policy, origin)
    question = Question(
        place=asked.place, keys=keys, remembered=remembered, held=[_held(file, keys) for file in asked.held],
        policy=policy, fresh_minutes=asked.fresh, processes=asked.processes,
        mirror=asked.mirror,
    )  # fmt: skip
    verified = verify_log(question, on_standard_error(words))
    remember(asked.state, verified.checkpoint.origin, verified.to_remember)
    print(as_json(verified) if asked.json else told(verified, words))
    return 0


def _receipt(asked: argparse.Namespace) -> int:
    file, entry = asked.receipt.read_bytes(), asked.entry.read_bytes()
    origin = claimed_origin(parse_receipt(file).checkpoint)
    remembered = recall(asked.state, origin)
    policy = _policy(asked)
    keys = _keys(asked.vkey, remembered, policy, origin)
    receipt, checkpoint = verify_receipt(file, entry, keys)
    if policy:
        refuse_too_few(seen(receipt.checkpoint, keys, policy), policy)
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


def _policy(asked: argparse.Namespace) -> Policy | None:
    """Return which witnesses must have signed; None where nobody is asked for. Raises `Refused`."""
    if asked.policy:
        return parse_policy(asked.policy.read_text("utf-8", "replace"))
    if vkeys := [line for each in asked.witness for line in _lines(each)]:
        return policy_of(vkeys, asked.quorum)
    if asked.quorum is None:
        return None
    raise Refused(
        Kind.ASKED_WRONGLY,
        "--quorum says how many of which witnesses: name them with --witness.",
        "--quorum dice cuántos de cuáles testigos: nómbralos con --witness.",
    )


def _keys(
    given: Sequence[str], remembered: Remembered | None, policy: Policy | None, origin: str
) -> Sequence[Key]:
    """Return the keys that are pinned: those given, those remembered, or those of the policy. Raises `Refused`."""
    lines = [line for each in given for line in _lines(each)]
    if lines:
        return [parse_vkey(line) for line in lines]
    if remembered is None and policy and (named := [key for key in policy.logs if key.name == origin]):
        return named
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
    about = _about()
    text = argparse.RawDescriptionHelpFormatter
    log = commands.add_parser(
        "log", parents=[about], help="verify a whole log", epilog=CODES, formatter_class=text
    )
    _add_log(log)
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


def _about() -> argparse.ArgumentParser:
    """Return what is asked of a log and of a receipt alike."""
    about = argparse.ArgumentParser(add_help=False)
    about.add_argument(
        "--vkey", action="append", default=[], metavar="KEY",
        help="a key the log is signed with, as a line or as @FILE of lines; may be given again",
    )  # fmt: skip
    about.add_argument(
        "--state", type=Path, default=default_folder(), metavar="FOLDER",
        help="where what was verified is remembered (default: %(default)s)",
    )  # fmt: skip
    trusted = about.add_mutually_exclusive_group()
    trusted.add_argument(
        "--policy", type=Path, metavar="FILE",
        help="which witnesses must have signed, and how many of which (C2SP tlog-policy)",
    )  # fmt: skip
    trusted.add_argument(
        "--witness", action="append", default=[], metavar="KEY",
        help="a witness that must have signed, as a line or as @FILE of lines; may be given again",
    )  # fmt: skip
    about.add_argument("--quorum", type=int, metavar="N", help="how many of --witness (default: all)")
    about.add_argument("--lang", choices=["es", "en"], help="the language of what is said (default: LANG's)")
    about.add_argument("--json", action="store_true", help="say it as one JSON object, for programs")
    return about


def _add_log(log: argparse.ArgumentParser) -> None:
    """Add what is asked of a log alone."""
    log.add_argument(
        "place", metavar="URL|FOLDER", help="where the log is: what has 'checkpoint' and 'tile/' in it"
    )
    log.add_argument(
        "--held", type=Path, action="append", default=[], metavar="FILE",
        help="an earlier checkpoint or a receipt that you hold: the log must continue it; may be given again",
    )  # fmt: skip
    log.add_argument(
        "--fresh", type=int, metavar="MINUTES",
        help="refuse a checkpoint last said to stand longer ago, by the witnesses you ask for, else by the server's "
        "word or the file's date",
    )  # fmt: skip
    log.add_argument(
        "--mirror", default="", metavar="FOLDER",
        help="keep every file there as it was read; what is in it is worth what this program ends with",
    )  # fmt: skip
    log.add_argument(
        "--processes", type=int, default=os.cpu_count() or 1, metavar="N",
        help="processes to share the work (default: %(default)s)",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
