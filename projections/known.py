"""How is every milestone known at a moment: as it was told, or as what it stands for was?"""

from __future__ import annotations

from psycopg import sql

from projections.moment import AsOf
from projections.true_then import version_join

STANDING = sql.SQL("""
    CASE
        WHEN NOT {v}.counts OR {v}.status IN ('cancelled', 'not_applicable') THEN 'not_counted'
        WHEN {v}.due_at IS NULL AND {v}.completed_at IS NULL THEN 'undated'
        WHEN {v}.due_at IS NULL THEN 'done_undated'
        WHEN {v}.estimated THEN 'estimated'
        WHEN {v}.completed_at >= {v}.due_at THEN 'done_late'
        WHEN {v}.completed_at IS NOT NULL AND {v}.due_at <= %(at)s THEN 'done_on_time'
        WHEN {v}.completed_at IS NOT NULL THEN 'done_ahead'
        WHEN {v}.due_at > %(at)s THEN 'pending'
        WHEN {v}.status = 'suspended' THEN 'suspended'
        WHEN {v}.status = 'in_progress' THEN 'reported_unfinished'
        ELSE 'without_report'
    END""")
"""`domain.timeliness.standing` in SQL; a test holds them equal."""

NOTICE = sql.SQL("""
    CASE
        WHEN NOT {v}.needs_notice OR {v}.status IN ('cancelled', 'not_applicable') THEN 'not_required'
        -- Without a period it is missing from the completion on, and never late.
        WHEN {v}.announced_at >= {v}.notice_from AND {v}.notice_from > {v}.completed_at THEN 'given_late'
        WHEN {v}.announced_at IS NOT NULL THEN 'given'
        WHEN {v}.notice_from <= %(at)s THEN 'missing'
        ELSE 'awaited'
    END""")
"""`domain.notice.notice_status` in SQL; a test holds them equal."""

OVER = sql.SQL("('completed', 'cancelled', 'not_applicable')")
LATE = sql.SQL("('reported_unfinished', 'without_report')")

_KNOWN = sql.SQL("""
    SELECT m.position AS milestone, m.process, m.id, m.plan_row, m.territory, m.occurrence,
           {is_mirror} AS is_mirror, {search} AS search,
           m.is_case, v.stage, v.kind, v.responsible, v.body, v.arisen, v.figures,
           v.announced_at, v.announced_where, v.announced_instrument, v.notice_from, {notice} AS notice,
           v.owes_validation, v.owes_evidence,
           v.valid_from, v.done, v.target, v.stream_version, v.redatings, v.corrections, v.validated, v.counts,
           v.outcome, v.instrument, v.completed_recorded_at, v.replaced_by,
           v.counts OR coalesce(act.counts, false) AS orders,
           v.by_law OR coalesce(act.by_law, false) AS by_law,
           coalesce(v.due_at, act.due_at) AS due_at,
           coalesce(act.status, v.status) AS status,
           coalesce(act.started_at, v.started_at) AS started_at,
           coalesce(act.completed_at, v.completed_at) AS completed_at,
           {standing} AS standing,
           coalesce(act.late, {standing} IN {late}) AS late,
           act.milestones AS mirrored
    FROM milestones AS m
    {v_join}
    LEFT JOIN LATERAL (
        SELECT array_agg(same.position) AS milestones,
               CASE
                   WHEN count(*) = 0 THEN NULL
                   WHEN bool_and(w.status IN {over}) THEN
                       CASE WHEN bool_or(w.status = 'completed') THEN 'completed'
                            WHEN bool_or(w.status = 'cancelled') THEN 'cancelled'
                            ELSE 'not_applicable' END
                   WHEN bool_and(w.status IN {over} OR w.status = 'suspended') THEN 'suspended'
                   WHEN bool_or(w.started_at IS NOT NULL) THEN 'in_progress'
                   ELSE 'planned'
               END AS status,
               min(w.started_at) AS started_at,
               CASE WHEN bool_and(w.status IN {over}) THEN max(w.completed_at) END AS completed_at,
               max(w.due_at) AS due_at,
               bool_or(w.by_law) AS by_law,
               bool_or(w.counts) AS counts,
               bool_or({their_standing} IN {late}) AS late
        FROM milestone_mirrors AS mirror
        JOIN milestones AS same ON same.process = mirror.process AND same.id = mirror.id
        {w_join}
        WHERE m.is_mirror AND mirror.milestone = m.position AND mirror.planned_at = {planned_at}
    ) AS act ON true""")

PLANNED_AT = sql.SQL("""
    coalesce((SELECT max(valid_from) FROM milestone_plans AS plans
              WHERE plans.milestone = {milestone} AND valid_from <= coalesce(%(position)s::bigint, valid_from)),
             {milestone})""")
"""The position of the event that says how a milestone is planned, at the moment asked about."""


_IS_MIRROR = sql.SQL("""
    (m.is_mirror AND EXISTS (SELECT FROM milestone_mirrors AS own
                             WHERE own.milestone = m.position AND own.planned_at = {planned_at}))""")

_SEARCH = sql.SQL("""
    coalesce((SELECT plans.search FROM milestone_plans AS plans
              WHERE plans.milestone = m.position AND plans.valid_from = {planned_at}), m.search)""")


def known(as_of: AsOf) -> sql.Composed:
    """Return the query of every milestone as it was known; its parameters are ``moment_parameters``.

    A mirror shows the status, dates and lateness of the milestones it stands for; its own ``counts`` is false.
    """
    v, w = sql.Identifier("v"), sql.Identifier("w")
    planned_at = PLANNED_AT.format(milestone=sql.Identifier("m", "position"))
    return _KNOWN.format(
        standing=STANDING.format(v=v),
        notice=NOTICE.format(v=v),
        their_standing=STANDING.format(v=w),
        v_join=version_join(as_of, v, sql.Identifier("m", "position")),
        w_join=version_join(as_of, w, sql.Identifier("same", "position")),
        over=OVER,
        late=LATE,
        planned_at=planned_at,
        is_mirror=_IS_MIRROR.format(planned_at=planned_at),
        search=_SEARCH.format(planned_at=planned_at),
    )
