"""In which order the feed may be read on PostgreSQL: who writes to it says so first, and readers wait for those alone.

PostgreSQL gives numbers out in another order than it commits them, and a reader that goes by them passes over the rows
of whoever commits later. Rows go by their transaction therefore, and are read once none of an older one can appear.
"""

from __future__ import annotations

from sqlalchemy import Connection, Engine, text

from headcount.store import LOCK

_WRITES = text(
    "SELECT pg_advisory_xact_lock_shared(:key, CAST(CAST(CAST('roster_events' AS regclass) AS oid) AS int))"
).bindparams(key=LOCK)
_SETTLED = text("""
    SELECT CAST(CASE
        WHEN pg_is_in_recovery() THEN pg_snapshot_xmin(pg_current_snapshot())
        ELSE COALESCE(
            (SELECT older FROM pg_snapshot_xip(pg_current_snapshot()) AS older WHERE EXISTS (
                SELECT FROM pg_locks AS itself JOIN pg_locks AS said USING (virtualtransaction)
                 WHERE itself.locktype = 'transactionid' AND itself.transactionid = CAST(older AS xid)
                   AND itself.granted AND said.locktype = 'advisory' AND said.objsubid = 2
                   AND said.classid = :key AND said.objid = CAST('roster_events' AS regclass)
                   AND said.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
              ORDER BY older LIMIT 1),
            pg_snapshot_xmax(pg_current_snapshot()))
        END AS text)
""").bindparams(key=LOCK)


def writes(db: Connection) -> None:
    """Say that this transaction may write to the feed: before it writes anything, which is when it gets its number."""
    if db.dialect.name == "postgresql":
        db.execute(_WRITES)


def settled(engine: Engine) -> int | None:
    """The first transaction of which rows may still appear: those of all before it are there for who looks from now on.
    None on SQLite, whose numbers are in order by themselves.

    Strangers on the same server, who have said nothing, are not waited for; on a copy of it, which does not know who
    said what, everybody is. A transaction of its own: whoever ended while it looked is seen by the next one alone.
    """
    if engine.dialect.name != "postgresql":
        return None
    with engine.connect() as db:
        return int(db.execute(_SETTLED).scalar_one())
