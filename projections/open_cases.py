"""Which cases of a territory are under way, and have not changed since something happened outside them?"""

from __future__ import annotations

from typing import Any

from psycopg import Connection


def open_cases_before(connection: Connection[Any], territory: str, position: int) -> list[str]:
    """Return the ids of the open cases last changed before a position, reserved ones too, in the order of opening.

    One that changed later was decided on what was recorded by then, so it needs no second look.
    """
    rows = connection.execute(
        "SELECT cases.id FROM case_versions AS v JOIN cases ON cases.position = v.process"
        " WHERE v.valid_to = 9223372036854775807 AND v.status = 'open'"
        " AND v.territory = %s AND v.valid_from < %s ORDER BY v.process",
        [territory, position],
    )
    return [id_ for (id_,) in rows]
