"""Erasing who a person is: their key, their rows, what they began to send; and again after a backup brought it back.

The log says it first (`api.granting.erase_name`). Then the folder of keys notes it and the key is destroyed, and what
any copy of the database holds of them opens no more. Whatever breaks off in between is done at the next start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from api.database import Resources
from api.documents.begun import drop_uploads_of
from api.logs import log
from api.opening import CONSOLE
from api.persons import all_persons
from domain.person import PERSON, EraseNameAgain, Person, person_stream
from ledger.desk.people import erase_person, known_ids
from ledger.ledger import Folded, View


def forget(resources: Resources, person: str) -> None:
    """Erase all that is known of who a person is: name, identity, passkeys, sessions, addresses, subscriptions."""
    resources.desk.keys.destroy(person, resources.clock())
    with resources.desk.connection() as connection:
        erase_person(connection, person)
    drop_uploads_of(resources.documents, person)


def erase_again(resources: Resources) -> None:
    """Erase again whom the log or the folder of keys says were erased, and let the log know of all of them.

    For every start: a backup that was restored has brought back their rows, or a log that does not know of it yet.
    Raises `ledger.desk.person_keys.UnusablePersonKeys` where people are known and their keys are gone.
    """
    persons, keys = all_persons(resources.ledger), resources.desk.keys
    with resources.desk.connection() as connection:
        known = known_ids(connection)
    if known:
        keys.refuse_lost()
    noted = keys.erased()
    told = {person for person, folded in persons.items() if folded.state.erased_at}
    left = known | keys.held()
    for person in sorted((told - noted.keys()) | (left & (told | noted.keys()))):
        forget(resources, person)
        log.warning("erased_again", actor=person)
    asyncio.run(_record(resources, persons, noted))
    if lost := len(known - keys.held() - told - noted.keys()):
        log.warning(
            "person_keys_missing", warning=f"{lost} people are known and their keys are not in the folder"
        )


async def _record(
    resources: Resources, persons: Mapping[str, Folded[Person]], noted: Mapping[str, datetime]
) -> None:
    """Record of who was erased that they were, where the log was restored to before it."""
    for person, at in noted.items():
        if person in persons and not persons[person].state.erased_at:
            await _erase_in_the_log(resources, person, at)


async def _erase_in_the_log(resources: Resources, person: str, at: datetime) -> None:
    stream = person_stream(person)
    command = EraseNameAgain(
        reason=f"Su nombre se borró el {at:%Y-%m-%d}, antes de restaurar un respaldo que no lo sabía."
    )

    async def decide(view: View) -> None:
        view.write(stream, command.decide((await view.load(PERSON, stream)).state))

    key = uuid5(NAMESPACE_URL, f"{resources.settings.origin}#erase/{person}")
    await resources.ledger.execute(decide, command_id=key, author=CONSOLE, occurred_at=at)
