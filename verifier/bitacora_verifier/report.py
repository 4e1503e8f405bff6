"""What is said of a verification: to a person in English or Spanish, to a program as one JSON object."""

from __future__ import annotations

import base64
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Literal

from bitacora_verifier.checkpoint import Checkpoint
from bitacora_verifier.log import Verified
from bitacora_verifier.refusal import Refused

Language = Literal["es", "en"]
SAY_EVERY_SECONDS = 10.0


def language(asked: str | None) -> Language:
    """Return the language asked for, or the environment's: Spanish where that is Spanish, else English."""
    said = asked or next(
        (os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), ""
    )
    return "es" if said.startswith("es") else "en"


def told(verified: Verified, words: Language) -> str:
    """Return what is said of a log that is verified."""
    checkpoint = verified.checkpoint
    spanish = words == "es"
    rows = [
        ("Verificada" if spanish else "Verified", checkpoint.origin),
        ("asientos" if spanish else "entries", f"{checkpoint.size:,}"),
        ("secuencias" if spanish else "streams", f"{verified.streams:,}"),
        (
            "registrados" if spanish else "recorded",
            f"{verified.first_recorded_at} … {verified.last_recorded_at}",
        ),
        ("raíz" if spanish else "root", base64.b64encode(checkpoint.root).decode()),
        *(("firmada por" if spanish else "signed by", key.vkey) for key in checkpoint.signed_by),
        *_seen_rows(verified, spanish=spanish),
        *(("continúa" if spanish else "continues", f"{size:,}") for size in verified.held),
    ]
    if verified.simulated:
        rows.append(
            ("simulada", "nada de esto ocurrió") if spanish else ("simulated", "none of this happened")
        )
    lines = [f"{name + ':':13} {value}" for name, value in rows]
    lines.append(
        "Cada asiento, cada tesela, la raíz y la firma concuerdan. Que lo dicho sea cierto, o que se haya dicho todo, "
        "no lo prueba ninguna bitácora."
        if spanish
        else "Every entry, every tile, the root and the signature agree. That what was said is true, or that all was "
        "said, no log proves."
    )
    return "\n".join(lines)


def _seen_rows(verified: Verified, *, spanish: bool) -> list[tuple[str, str]]:
    """Say up to where witnesses saw it, who, and when; and what of it they have not seen."""
    if verified.witnessed is None:
        return []
    seen, size = verified.witnessed, verified.checkpoint.size
    beyond = size - seen.checkpoint.size
    rows = [("vista hasta" if spanish else "witnessed", f"{seen.checkpoint.size:,}")]
    rows += [
        ("testigo" if spanish else "by", f"{name} {at:%Y-%m-%dT%H:%M:%SZ}")
        for name, at in seen.seen_at.items()
    ]
    if beyond:
        rows.append(
            ("solo firmados", f"{beyond:,}: quien tenga la clave aún podría cambiarlos")
            if spanish
            else ("only signed", f"{beyond:,}: whoever has the key could still change them")
        )
    return rows


def refused(refusal: Refused, words: Language) -> str:
    """Return what is said of what is not verified."""
    if words == "es":
        return f"NO VERIFICADA. {refusal.es}"
    return f"NOT VERIFIED. {refusal.en}"


def told_receipt(position: int, checkpoint: Checkpoint, words: Language) -> str:
    """Return what is said of a receipt that proves its entry."""
    if words == "es":
        return (
            f"El acuse prueba que este asiento está en la posición {position:,} de la bitácora «{checkpoint.origin}», "
            f"firmada con {checkpoint.size:,} asientos."
        )
    return (
        f"The receipt proves that this entry stands at position {position:,} of the log '{checkpoint.origin}', signed "
        f"with {checkpoint.size:,} entries."
    )


def as_json(verified: Verified) -> str:
    """Return a verified log for programs."""
    checkpoint = verified.checkpoint
    return json.dumps({
        "verified": True,
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": base64.b64encode(checkpoint.root).decode(),
        "signed_by": [key.vkey for key in checkpoint.signed_by],
        "continues": list(verified.held),
        "witnessed": verified.witnessed
        and {
            "size": verified.witnessed.checkpoint.size,
            "seen_at": {
                name: f"{at:%Y-%m-%dT%H:%M:%SZ}" for name, at in verified.witnessed.seen_at.items()
            },
        },
        "simulated": verified.simulated,
        "streams": verified.streams,
        "last_recorded_at": verified.last_recorded_at,
        "checkpoint": verified.to_remember.note.decode(),
    })  # fmt: skip


def refusal_as_json(refusal: Refused) -> str:
    """Return for programs what is not verified."""
    return json.dumps({
        "verified": False,
        "kind": refusal.kind.name.lower(),
        "code": int(refusal.kind),
        "first_position": refusal.first,
        "last_position": refusal.last,
        "en": refusal.en,
        "es": refusal.es,
    }, ensure_ascii=False)  # fmt: skip


def on_standard_error(words: Language) -> Callable[[int, int], None]:
    """Return who says how far it is: in place on a terminal, else a line now and then."""
    last = time.monotonic()
    in_place = sys.stderr.isatty()
    verb = "verificados" if words == "es" else "verified"

    def say(done: int, size: int) -> None:
        nonlocal last
        now = time.monotonic()
        if not in_place and now - last < SAY_EVERY_SECONDS:
            return
        last = now
        line = f"{done:,} / {size:,} {verb}"
        end = "\n" if not in_place or done == size else ""
        print(f"\r{line}" if in_place else line, end=end, file=sys.stderr, flush=True)

    return say
