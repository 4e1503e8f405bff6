"""How many steps are closed without the public notice their law asks for?

The steps of cases and the activities of elections are figures of unlike things: they stand beside each other and are
never added. The lists behind them are those of `projections.milestones`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from psycopg import Connection, sql

from projections.known import NOTICE
from projections.moment import AsOf, moment_parameters
from projections.page import Row
from projections.true_then import version_join


class MissingNotices(Row):
    """How many steps are closed without their notice, whatever function they belong to."""

    cases: int
    """Steps of case files, of reserved ones too."""
    elections: int
    """Activities of elections."""


def missing_notices(connection: Connection[Any], as_of: AsOf, territory: str | None = None) -> MissingNotices:
    """Return the figures of a territory (``MX`` or a state's code), or of the whole country."""
    parameters = {"territory": territory, **moment_parameters(as_of)}
    v = sql.Identifier("v")
    count = partial(
        _COUNT.format,
        notice=NOTICE.format(v=v),
        v_join=version_join(as_of, v, sql.Identifier("m", "position")),
    )
    of_elections = count(which=sql.SQL("NOT m.is_case"))
    of_cases: sql.SQL | sql.Composed = sql.SQL(_CASES_NOW)
    if as_of.position is not None:
        of_cases = count(which=sql.SQL("m.is_case"))
    (cases,), (elections,) = (
        row for query in (of_cases, of_elections) for row in connection.execute(query, parameters)
    )
    return MissingNotices(cases=cases, elections=elections)


_COUNT = sql.SQL("""
    SELECT count(*) FROM milestones AS m {v_join}
    WHERE {which} AND v.needs_notice AND {notice} = 'missing'
      AND m.territory = coalesce(%(territory)s, m.territory)""")

_CASES_NOW = """
    SELECT count(*) FROM case_steps
    WHERE notice_from <= %(at)s AND (%(territory)s::text IS NULL OR territory = %(territory)s::text)"""
