"""A letter: plain text in the person's language, with links, and nothing that is not on the pages."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import groupby

from api.letters.matters import Matter
from api.settings import Language
from api.view.formats import in_language, long_day, stamp
from api.view.places import place_name
from api.words import speak_plainly
from ledger.desk.letters import Wish

LISTED = 30
"""How many matters of a kind a letter lists; the others are counted."""


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What every letter of this site says."""

    origin: str
    """The log's name."""
    simulated: bool
    address: str
    """Where the site is."""
    sender: str
    """Whom letters are from."""


def digest(head: Letterhead, wish: Wish, matters: list[Matter], at: datetime) -> EmailMessage:
    """Return the letter that tells a person of some matters, which come in the order of their kinds."""
    language: Language = "en" if wish.language == "en" else "es"
    say = speak_plainly(language)
    lines = []
    for kind, group in groupby(matters, key=lambda matter: matter.kind):
        found = list(group)
        lines += [say(f"letter.{kind}", n=len(found)).upper(), ""]
        for matter in found[:LISTED]:
            lines += _told(head, say, language, matter)
        if len(found) > LISTED:
            lines.append(say("letter.more", n=len(found) - LISTED, address=f"{head.address}/trabajo"))
        lines.append("")
    subject = say("letter.subject", n=len(matters))
    name = _name(head, wish, (matter.name for matter in matters))
    return _letter(head, wish.address, language, subject, lines, name, at)


def code_letter(head: Letterhead, address: str, code: str, language: Language, at: datetime) -> EmailMessage:
    """Return the letter with the code that shows that an address is whose it is said to be."""
    say = speak_plainly(language)
    lines = [say("letter.code_is", code=code), "", say("letter.code_why"), ""]
    name = hashlib.sha256(f"{head.origin}\0{address}\0{code}".encode()).hexdigest()[:32]
    return _letter(head, address, language, say("letter.code_subject"), lines, name, at)


def _letter(
    head: Letterhead, to: str, language: Language, subject: str, lines: list[str], name: str, at: datetime
) -> EmailMessage:
    say = speak_plainly(language)
    if head.simulated:
        subject = f"[{say('page.simulated')}] {subject}"
        lines = [say("page.simulated") + ". " + say("page.simulated_why"), "", *lines]
    foot = ["-- ", say("page.independent"), say("letter.stop", address=f"{head.address}/cuenta/avisos")]
    letter = EmailMessage()
    letter["Subject"] = subject
    letter["From"] = head.sender
    letter["To"] = to
    letter["Date"] = format_datetime(at)
    # The same letter sent twice has the same name, so that a mailbox can tell.
    letter["Message-ID"] = f"<{name}@{head.origin.partition('/')[0]}>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["Content-Language"] = language
    letter.set_content("\n".join([*lines, *foot]) + "\n")
    return letter


def _told(head: Letterhead, say: Callable[..., str], language: Language, matter: Matter) -> Iterable[str]:
    """Yield the lines about one matter."""
    row = matter.row
    if row is not None:
        yield f"* {in_language(row.name, language)} ({row.territory}, {row.id})"
        if row.due:
            yield "  " + say(f"letter.when_{'late' if row.late else 'due'}", day=long_day(row.due, language))
        yield f"  {head.address}/procesos/{row.process}/actividades/{row.id}"
    if matter.proposal is not None:
        proposal = matter.proposal
        yield f"* {say(f'proposal.effect_{proposal.effect}')} ({place_name(proposal.territory, language)})"
        until = stamp(proposal.expires_at, language)
        yield "  " + say("letter.proposal", post=proposal.proposed_by.post, at=until)
        yield f"  {head.address}/propuestas/{proposal.id}"


def _name(head: Letterhead, wish: Wish, matters: Iterable[str]) -> str:
    said = "\0".join([head.origin, wish.person, *matters])
    return hashlib.sha256(said.encode()).hexdigest()[:32]
