"""Who saw a checkpoint (C2SP tlog-cosignature), and whether they are as many as a policy asks for.

A log's checkpoint is cosigned a moment after it is signed, and a log that grows has the next one by then. So a log
publishes, beside its last ``checkpoint``, the last one that its witnesses signed, ``witnessed``: what is proved by
witnesses reaches up to there, and the log has to continue it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from bitacora_verifier.checkpoint import Checkpoint, open_checkpoint
from bitacora_verifier.note import Key, Line, Note, parse_note
from bitacora_verifier.policy import Policy
from bitacora_verifier.refusal import Kind, Refused

SKEW = timedelta(minutes=5)
"""How far a witness's clock may be ahead of the one here."""
TIME_BYTES, SIGNATURE_BYTES = 8, 64


class Witnessed(NamedTuple):
    """A checkpoint that was seen by as many witnesses as a policy asks for."""

    checkpoint: Checkpoint
    seen_at: Mapping[str, datetime]
    """When each of them signed it, by its own clock; by the policy's names."""


def cosigners(note: Note, policy: Policy, now: datetime) -> Mapping[str, datetime]:
    """Return which of a policy's witnesses signed a note, and when. Raises `Refused`.

    Lines of other keys are passed over; each line of a witness of the policy has to be good.
    """
    found: dict[str, datetime] = {}
    for name, key in policy.witnesses.items():
        for line in note.lines:
            if (key.name, key.number) == (line.name, line.number):
                at = _cosigned_at(key, note.text, line, now)
                found[name] = max(at, found.get(name, at))
    return found


def find_witnessed(note: bytes, beside: bytes | None, keys: Sequence[Key], policy: Policy) -> Witnessed:
    """Return the log's checkpoint, or the one published beside it as witnessed, if enough saw it. Raises `Refused`."""
    witnessed = seen(note, keys, policy)
    if beside is not None and not policy.is_met(witnessed.seen_at):
        witnessed = seen(beside, keys, policy)
    refuse_too_few(witnessed, policy)
    return witnessed


def refuse_too_few(witnessed: Witnessed, policy: Policy) -> None:
    """Refuse a checkpoint that fewer witnesses have signed than a policy asks for."""
    if policy.is_met(witnessed.seen_at):
        return
    size, who = witnessed.checkpoint.size, ", ".join(witnessed.seen_at)
    raise Refused(
        Kind.WITNESSES,
        f"Too few witnesses have signed the checkpoint of {size:,} entries: {who or 'none'}, and it takes "
        f"{policy.fewest} at the least. A log that was forged with its own key looks so.",
        f"Muy pocos testigos han firmado el sello de {size:,} asientos: {who or 'ninguno'}, y hacen falta al menos "
        f"{policy.fewest}. Así se ve una bitácora falsificada con su propia clave.",
    )


def seen(note: bytes, keys: Sequence[Key], policy: Policy) -> Witnessed:
    """Return a checkpoint and who of a policy's witnesses signed it, enough or not. Raises `Refused`."""
    checkpoint = open_checkpoint(note, keys)
    _refuse_own(checkpoint.signed_by, policy)
    return Witnessed(checkpoint, cosigners(parse_note(note), policy, datetime.now(UTC)))


def check_seen_lately(witnessed: Witnessed, policy: Policy, minutes: int) -> None:
    """Refuse what enough witnesses have not said for so long that they see."""
    since = datetime.now(UTC) - timedelta(minutes=minutes)
    lately = [name for name, at in witnessed.seen_at.items() if at >= since]
    if not policy.is_met(lately):
        last = f"{max(witnessed.seen_at.values()):%Y-%m-%d %H:%M:%SZ}"
        raise Refused(
            Kind.STALE,
            f"Too few witnesses have signed within the {minutes:,} minutes you allow; the last did at {last}.",
            f"Muy pocos testigos han firmado en los {minutes:,} minutos que permites; el último, a las {last}.",
        )


def _cosigned_at(key: Key, text: bytes, line: Line, now: datetime) -> datetime:
    """Return when a witness signed a text. Raises `Refused`."""
    if len(line.signature) != TIME_BYTES + SIGNATURE_BYTES:
        raise _bad(key, "it has another length than 72 bytes", "no mide 72 bytes")
    seconds = int.from_bytes(line.signature[:TIME_BYTES], "big")
    signed = f"cosignature/v1\ntime {seconds}\n".encode() + text
    if not key.has_signed(signed, line.signature[TIME_BYTES:]):
        raise _bad(key, "its signature is not good", "la firma no es buena")
    if seconds == 0 or seconds > (now + SKEW).timestamp():
        raise _bad(
            key,
            f"it says an hour that cannot be, {seconds} seconds after 1970: it has not come yet, or there is none",
            f"dice una hora que no puede ser, {seconds} segundos después de 1970: aún no llega, o no hay hora",
        )
    return datetime.fromtimestamp(seconds, UTC)


def _refuse_own(keys: Sequence[Key], policy: Policy) -> None:
    """Refuse a witness that is the log itself: it would see whatever it says."""
    for name, witness in policy.witnesses.items():
        if any(witness.key == key.key for key in keys):
            raise Refused(
                Kind.ASKED_WRONGLY,
                f"The witness '{name}' has the log's own key: it witnesses nothing.",
                f"El testigo «{name}» tiene la clave de la propia bitácora: no atestigua nada.",
            )


def _bad(key: Key, en: str, es: str) -> Refused:
    return Refused(
        Kind.WITNESSES,
        f"The cosignature of {key.name} ({key.number.hex()}) is not good: {en}.",
        f"La cofirma de {key.name} ({key.number.hex()}) no es buena: {es}.",
    )
