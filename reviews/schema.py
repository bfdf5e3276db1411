"""The tables of data/reviews/reviews.sqlite.

What was once stated stays as it was: triggers refuse to change a result that was made, a review that was
signed off, a check or a line of history, and to delete any of them or a finding. A saved search is removed by
marking it, since its reviews are still there. Whoever owns the file can change it all the same; but every
statement, sign-off and finding is in the trail as well, whose archive proves itself.
"""

from typing import Final

from access.database import Database

TABLES: Final = """
PRAGMA recursive_triggers = ON;  -- so that a row that is replaced counts as deleted
CREATE TABLE IF NOT EXISTS searches (
    number INTEGER PRIMARY KEY, title TEXT NOT NULL, about TEXT NOT NULL, owner TEXT NOT NULL,
    shared INTEGER NOT NULL, masked TEXT NOT NULL,
    query TEXT NOT NULL, tenant TEXT NOT NULL, stream TEXT NOT NULL, time TEXT NOT NULL,
    since TEXT NOT NULL, until TEXT NOT NULL, extra TEXT NOT NULL,
    created_at TEXT NOT NULL, changed_at TEXT NOT NULL, removed_at TEXT
);
CREATE TABLE IF NOT EXISTS results (
    number INTEGER PRIMARY KEY, tenant TEXT NOT NULL, stream TEXT NOT NULL, query TEXT NOT NULL,
    time TEXT NOT NULL, since TEXT, until TEXT NOT NULL,
    asked_by TEXT NOT NULL, asked_at TEXT NOT NULL, limits TEXT,
    made_at TEXT, evidence TEXT, failure TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS checks (
    number INTEGER PRIMARY KEY, result INTEGER NOT NULL REFERENCES results (number),
    by TEXT NOT NULL, at TEXT NOT NULL, evidence TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS findings (
    number INTEGER PRIMARY KEY, title TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('statement', 'open', 'resolved')),
    owner TEXT NOT NULL, due TEXT, resolution TEXT NOT NULL,
    result INTEGER NOT NULL REFERENCES results (number), opened_by TEXT NOT NULL, opened_at TEXT NOT NULL,
    resolved_by TEXT NOT NULL DEFAULT '', resolved_at TEXT
);
CREATE TABLE IF NOT EXISTS reviews (
    number INTEGER PRIMARY KEY, search INTEGER NOT NULL REFERENCES searches (number),
    title TEXT NOT NULL, about TEXT NOT NULL, owner TEXT NOT NULL, reviewer TEXT NOT NULL,
    start TEXT NOT NULL, end TEXT NOT NULL, due_at TEXT NOT NULL,
    result INTEGER NOT NULL REFERENCES results (number),
    outcome TEXT CHECK (outcome IN ('signed', 'finding')),
    signed_by TEXT NOT NULL DEFAULT '', signed_at TEXT, note TEXT NOT NULL DEFAULT '',
    finding INTEGER REFERENCES findings (number),
    UNIQUE (search, start)
);
CREATE INDEX IF NOT EXISTS findings_open ON findings (owner) WHERE state = 'open';
CREATE INDEX IF NOT EXISTS reviews_by_end ON reviews (end);
CREATE INDEX IF NOT EXISTS reviews_by_finding ON reviews (finding);
CREATE INDEX IF NOT EXISTS reviews_unsigned ON reviews (reviewer) WHERE outcome IS NULL;
CREATE TABLE IF NOT EXISTS history (
    number INTEGER PRIMARY KEY, subject TEXT NOT NULL CHECK (subject IN ('search', 'review', 'finding')),
    of INTEGER NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL, what TEXT NOT NULL, text TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS history_by_subject ON history (subject, of);
CREATE TABLE IF NOT EXISTS reminded (  -- which reminders were given: reviews/reminders.py
    kind TEXT NOT NULL, of INTEGER NOT NULL, about TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (kind, of, about)
) WITHOUT ROWID;
"""
SCHEDULES: Final = """
CREATE TABLE IF NOT EXISTS schedules (
    search INTEGER PRIMARY KEY REFERENCES searches (number),
    cadence TEXT NOT NULL CHECK (cadence IN ('daily', 'weekly', 'monthly', 'quarterly')),
    hour INTEGER NOT NULL CHECK (hour BETWEEN 0 AND 23),
    weekday INTEGER NOT NULL CHECK (weekday BETWEEN 0 AND 6),
    reviewer TEXT NOT NULL, days INTEGER NOT NULL CHECK (days > 0),
    covered_until TEXT NOT NULL, zone TEXT NOT NULL
)
"""
_KEPT: Final = {  # table: when a row of it must not be changed any more
    "results": "OLD.made_at IS NOT NULL",
    "reviews": "OLD.outcome IS NOT NULL",
    "checks": "TRUE",
    "history": "TRUE",
}


def _triggers() -> str:
    unchanged = [
        f"CREATE TRIGGER IF NOT EXISTS {table}_unchanged BEFORE UPDATE ON {table} WHEN {when}"
        f" BEGIN SELECT RAISE(ABORT, '{table}: what was stated is not changed'); END;"
        for table, when in _KEPT.items()
    ]
    kept = [
        f"CREATE TRIGGER IF NOT EXISTS {table}_kept BEFORE DELETE ON {table}"
        f" BEGIN SELECT RAISE(ABORT, '{table}: what was stated is not deleted'); END;"
        for table in (*_KEPT, "findings", "searches")
    ]
    return "\n".join([*unchanged, *kept])


SCHEMAS: Final = (TABLES, SCHEDULES, _triggers())


def upgrade(database: Database) -> None:
    """Give a file that was made before schedules had a time zone its place; those there were are UTC."""
    if _has_zones(database):
        return
    with database.write() as connection:
        if _has_zones(database):  # another process was faster
            return
        connection.execute("ALTER TABLE schedules RENAME TO schedules_before")
        connection.execute(SCHEDULES)
        names = "search, cadence, hour, weekday, reviewer, days, covered_until"
        connection.execute(
            f"INSERT INTO schedules ({names}, zone) SELECT {names}, 'UTC' FROM schedules_before"  # noqa: S608 - ours
        )
        connection.execute("DROP TABLE schedules_before")


def _has_zones(database: Database) -> bool:
    return any(row["name"] == "zone" for row in database.read("PRAGMA table_info(schedules)"))
