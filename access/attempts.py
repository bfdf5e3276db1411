"""How often a sign-in may be tried: by account and address together, by address, and by account.

The narrow count comes first, so that nobody keeps another out by guessing: whoever guesses from
one address is stopped there, long before the account is closed to all.

Of a pause the trail is told once: who tries on through it must not fill the trail.
"""

import time
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from threading import Lock
from typing import Final

from access.database import Database

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS attempts (key TEXT PRIMARY KEY, failures INTEGER NOT NULL, last REAL NOT NULL);
"""
FORGET_SECONDS: Final = 15 * 60.0
FIRST_PAUSE: Final = 2.0  # seconds after the first failure too many; it doubles with each
LONGEST_PAUSE: Final = 15 * 60.0
MOST_TOLD: Final = 1_000  # pauses at a time that are told
FREE: Final = {"pair": 5, "peer": 30, "account": 100}  # failures without a pause


class Attempts:
    """The sign-ins that failed of late; those that go on wait longer and longer. Kept over restarts."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._told: dict[tuple[str, str], float] = {}
        self._telling = Lock()

    def pause(self, account: str, peer: str) -> float:
        """Give the seconds that this account from this address has to wait; 0 when it may be tried."""
        now = self._clock()
        pauses = [0.0]
        for kind, key in _keys(account, peer):
            for row in self._database.read("SELECT * FROM attempts WHERE key = ?", key):
                over = row["failures"] - FREE[kind]
                if over >= 0 and now - row["last"] < FORGET_SECONDS:
                    pauses.append(row["last"] + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(over, 20)) - now)
        return max(pauses)

    def is_news(self, account: str, peer: str, seconds: float) -> bool:
        """Say whether a pause that lasts ``seconds`` yet is to be told, and take it for told.

        ``account`` is that of one that there is; all other names count as one.
        """
        now, key = self._clock(), (_network(peer), account)
        with self._telling:
            self._told = {one: until for one, until in self._told.items() if until > now}
            if key in self._told or len(self._told) >= MOST_TOLD:
                return False
            self._told[key] = now + seconds
        return True

    def failed(self, account: str, peer: str) -> None:
        """Count a failure."""
        now = self._clock()
        with self._database.write() as connection:
            connection.execute("DELETE FROM attempts WHERE last < ?", (now - FORGET_SECONDS,))
            for _, key in _keys(account, peer):
                connection.execute(
                    "INSERT INTO attempts VALUES (?, 1, ?)"
                    " ON CONFLICT (key) DO UPDATE SET failures = failures + 1, last = excluded.last",
                    (key, now),
                )

    def succeeded(self, account: str, peer: str) -> None:
        """Forget the failures of an account from an address."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM attempts WHERE key = ?", (_keys(account, peer)[0][1],))


def _keys(account: str, peer: str) -> tuple[tuple[str, str], ...]:
    name, peer = account[:64], _network(peer)
    return ("pair", f"pair {peer} {name}"), ("peer", f"peer {peer}"), ("account", f"account {name}")


def _network(peer: str) -> str:
    """Give what stands for an address: of IPv6, where everybody has many, its /64."""
    try:
        address = ip_address(peer)
    except ValueError:
        return peer
    return peer if address.version == 4 else str(ip_network((address, 64), strict=False))  # noqa: PLR2004 - IPv4
