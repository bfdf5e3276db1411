"""Sessions: who is signed in with which browser, until when.

A session's secret is in the browser's cookie only; here is its SHA-256. It ends when it was idle for long,
when it is old, when somebody signs out, and with whatever changes its account's generation.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from access import secrets
from access.accounts import Account, Accounts
from access.database import Database, DatabaseError
from access.visitor import Visitor

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS sessions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT UNIQUE NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (name), generation INTEGER NOT NULL,
    peer TEXT NOT NULL, began REAL NOT NULL, seen REAL NOT NULL
);
"""
IDLE_SECONDS: Final = 30 * 60.0
LONGEST_SECONDS: Final = 12 * 3600.0
MOST_AN_ACCOUNT: Final = 20  # the oldest ends
_SEEN_STEP: Final = 30.0  # not every request is written down


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that is signed in. Times are seconds since the epoch."""

    number: int
    account: Account
    peer: str
    began: float
    seen: float

    @property
    def visitor(self) -> Visitor:
        """Give who asks with it."""
        return self.account.visitor("session", str(self.number))


class Sessions:
    """The sessions of an appliance."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        clock: Callable[[], float] = time.time,
        *,
        idle_seconds: float = IDLE_SECONDS,
        longest_seconds: float = LONGEST_SECONDS,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._clock = clock
        self._idle = idle_seconds
        self._longest = longest_seconds

    def begin(self, account: Account, peer: str) -> str:
        """Begin a session; give its secret, which is told nowhere else."""
        secret, now = secrets.made("session"), self._clock()
        row = (secrets.digest(secret), account.name, account.generation, peer, now, now)
        with self._database.write() as connection:
            connection.execute("DELETE FROM sessions WHERE seen < ? OR began < ?", self._oldest(now))
            connection.execute(
                "INSERT INTO sessions (digest, account, generation, peer, began, seen)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
            connection.execute(
                "DELETE FROM sessions WHERE account = ? AND number NOT IN"
                " (SELECT number FROM sessions WHERE account = ? ORDER BY number DESC LIMIT ?)",
                (account.name, account.name, MOST_AN_ACCOUNT),
            )
        return secret

    def find(self, secret: str) -> Session | None:
        """Give the session that has this secret, if it lasts."""
        rows = self._database.read("SELECT * FROM sessions WHERE digest = ?", secrets.digest(secret))
        if not rows:
            return None
        row, now = rows[0], self._clock()
        account = self._accounts.get(row["account"])
        seen, began = self._oldest(now)
        if row["seen"] < seen or row["began"] < began or row["generation"] != account.generation:
            self.end(secret)
            return None
        if account.is_over(now):
            return None
        if now - row["seen"] > _SEEN_STEP:
            # On a full disk people can go on reading; their session ends the sooner.
            with suppress(DatabaseError), self._database.write() as connection:
                connection.execute("UPDATE sessions SET seen = ? WHERE number = ?", (now, row["number"]))
        return Session(row["number"], account, row["peer"], row["began"], now)

    def end(self, secret: str) -> None:
        """End a session."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM sessions WHERE digest = ?", (secrets.digest(secret),))

    def end_number(self, account: str, number: str) -> bool:
        """End the session of an account that has this public number; say whether there was one."""
        with self._database.write() as connection:
            query = "DELETE FROM sessions WHERE account = ? AND CAST(number AS TEXT) = ?"
            return connection.execute(query, (account, number)).rowcount > 0

    def end_all(self, account: str) -> None:
        """End every session of an account."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM sessions WHERE account = ?", (account,))

    def of(self, account: str) -> list[tuple[int, str, float, float]]:
        """Give an account's sessions, newest first: number, peer, when it began and was seen last."""
        query = "SELECT * FROM sessions WHERE account = ? ORDER BY number DESC"
        return [
            (row["number"], row["peer"], row["began"], row["seen"])
            for row in self._database.read(query, account)
        ]

    def _oldest(self, now: float) -> tuple[float, float]:
        return now - self._idle, now - self._longest
