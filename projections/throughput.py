"""How long does it take from one step of a procedure to another?

Every process of the kind is looked at, an election's in each state where a step is followed state by state. The days
run between the acts (``occurred_at``), not between their reports. Of a step that came round again the last round
counts, of those that were not called off.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection, sql
from psycopg.rows import namedtuple_row

from projections.docket import is_measured
from projections.known import OVER, known
from projections.moment import AsOf, moment_parameters
from projections.page import Row


class ThroughputRow(Row):
    """How long it took from one step to another, wherever the first was done."""

    kind: str
    """The procedure: ``ordinary_sanctioning``."""
    first: str
    """The step the days are counted from: ``S01``."""
    second: str
    """The step they are counted to: ``S05``."""
    done: int
    """How often both were done, in this order."""
    median_days: float | None
    """Days from one to the other, half of them at most; null while none did both."""
    ninetieth_percentile_days: float | None
    """Days from one to the other, nine in ten of them at most."""
    reversed: int
    """How often the second was done before the first; not among those measured."""
    waiting: int
    """How often the first is done and the second is an act still to be done."""
    longest_wait_days: float | None
    """Days since the first was done, where that was longest ago and the second is still to be done."""


def throughput(
    connection: Connection[Any], kind: str, first: str, second: str, as_of: AsOf, territory: str | None = None
) -> ThroughputRow:
    """Return how long it takes from one step to another, in a territory or in the whole country.

    Reserved cases are left out: where there are few, a median would tell of one.
    """
    parameters = {
        "kind": kind, "first": first, "second": second, "territory": territory,
        **moment_parameters(as_of),
    }  # fmt: skip
    query = _THROUGHPUT.format(known=known(as_of), over=OVER, shown=is_measured(sql.Identifier("p", "id")))
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        found: Any = cursor.execute(query, parameters).fetchone()
    return ThroughputRow(
        kind=kind, first=first, second=second, done=found.done, median_days=days(found.median),
        ninetieth_percentile_days=days(found.ninetieth), reversed=found.reversed, waiting=found.waiting,
        longest_wait_days=days(found.longest_wait),
    )  # fmt: skip


def days(seconds: float | None) -> float | None:
    """Return seconds as days, to a tenth."""
    return None if seconds is None else round(float(seconds) / 86_400, 1)


_THROUGHPUT = sql.SQL("""
    WITH steps AS MATERIALIZED (
        SELECT DISTINCT ON (known.process, known.plan_row, known.territory)
               known.process, known.plan_row, known.territory, known.status, known.orders, known.completed_at
        FROM processes AS p JOIN ({known}) AS known ON known.process = p.id
        WHERE p.kind = %(kind)s AND known.plan_row IN (%(first)s, %(second)s) AND {shown}
        ORDER BY known.process, known.plan_row, known.territory,
                 known.status IN ('cancelled', 'not_applicable'), known.milestone DESC
    ), pairs AS (
        SELECT first.completed_at AS begun_at, second.completed_at AS ended_at,
               second.orders AND second.status NOT IN {over} AS waits
        FROM steps AS first
        JOIN steps AS second ON second.process = first.process
            AND (second.territory = first.territory OR 'MX' IN (second.territory, first.territory))
        WHERE first.plan_row = %(first)s AND second.plan_row = %(second)s AND first.status = 'completed'
            -- A national step and a state's make a pair of that state.
            AND coalesce(nullif(second.territory, 'MX'), first.territory)
                = coalesce(%(territory)s, nullif(second.territory, 'MX'), first.territory)
    )
    SELECT count(*) FILTER (WHERE ended_at >= begun_at) AS done,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - begun_at))
               FILTER (WHERE ended_at >= begun_at) AS median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - begun_at))
               FILTER (WHERE ended_at >= begun_at) AS ninetieth,
           count(*) FILTER (WHERE ended_at < begun_at) AS reversed,
           count(*) FILTER (WHERE waits) AS waiting,
           extract(epoch FROM %(at)s - min(begun_at) FILTER (WHERE waits)) AS longest_wait
    FROM pairs""")
