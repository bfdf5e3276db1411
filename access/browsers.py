"""Browsers that have signed in to an account before, known by a cookie that they keep.

Whoever guesses at an account from many addresses closes it to strangers after a while. A browser that is
known here is no stranger: it has a count of failures of its own (access/attempts.py), so that it lets its
owner in all the while. It opens nothing by itself: the password and the second factor are asked for as ever,
and whoever steals the cookie wins ten guesses.

What is kept is the SHA-256 of the cookie's secret, and that of the password's hash: with another password
every browser is a stranger again.
"""

import time
from collections.abc import Callable
from typing import Final

from access import secrets
from access.database import Database

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS browsers (
    digest TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (name), password TEXT NOT NULL,
    since REAL NOT NULL
);
"""
LAST_SECONDS: Final = 90 * 24 * 3600.0  # from a sign-in, each of which begins them anew
MOST_AN_ACCOUNT: Final = 20  # the oldest is forgotten


class Browsers:
    """The browsers that an appliance knows."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def mark(self, account: str, secret: str) -> str:
        """Give what stands for a browser that has signed in to this account before; nothing for a stranger's.

        Args:
            account: to which it wants to sign in now.
            secret: that it brought; empty where it brought none.
        """
        query = "SELECT * FROM browsers WHERE digest = ? AND account = ? AND since > ?"
        found = self._database.read(query, secrets.digest(secret), account, self._clock() - LAST_SECONDS)
        is_same = found and found[0]["password"] == self._password(account)
        return secrets.digest(secret) if is_same else ""

    def remember(self, account: str, before: str = "") -> str:
        """Take a browser for one that signed in to an account; give its new secret, told nowhere else.

        Args:
            account: that has a password; none is remembered of others, and the secret is empty.
            before: the secret that it brought, which no longer counts.
        """
        password = self._password(account)
        if not password:
            return ""
        secret, now = secrets.made("browser"), self._clock()
        with self._database.write() as connection:
            connection.execute(
                "DELETE FROM browsers WHERE since <= ? OR digest = ? OR (account = ? AND password <> ?)",
                (now - LAST_SECONDS, secrets.digest(before), account, password),
            )
            row = (secrets.digest(secret), account, password, now)
            connection.execute("INSERT INTO browsers VALUES (?, ?, ?, ?)", row)
            connection.execute(
                "DELETE FROM browsers WHERE account = ? AND digest NOT IN"
                " (SELECT digest FROM browsers WHERE account = ? ORDER BY since DESC, rowid DESC LIMIT ?)",
                (account, account, MOST_AN_ACCOUNT),
            )
        return secret

    def _password(self, account: str) -> str:
        """Give what stands for an account's password now; nothing where there is none."""
        found = self._database.read("SELECT password FROM accounts WHERE name = ?", account)
        return secrets.digest(found[0]["password"]) if found and found[0]["password"] else ""
