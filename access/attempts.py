"""How often a sign-in may be tried: by account and address together, by address, and by account.

The narrow count comes first, so that nobody keeps another out by guessing: whoever guesses from
one address is stopped there, long before the account is closed to all. A browser that has signed in
to the account before (access/browsers.py) has a count of its own and none of the others: whoever has
addresses enough to close the account to strangers does not close it to those who use it.

Of a pause the trail is told once: who tries on through it must not fill the trail.
"""

import time
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
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
# Failures without a pause; of "openid", sign-ins that were begun and did not come back.
FREE: Final = {"pair": 5, "peer": 30, "account": 100, "browser": 10, "openid": 30}

_Key = tuple[str, str]  # of which kind, and what stands for it in the table


class Attempts:
    """The sign-ins that failed of late; those that go on wait longer and longer. Kept over restarts."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock
        self._told: dict[tuple[str, str], float] = {}
        self._telling = Lock()

    def pause(self, account: str, peer: str, browser: str = "") -> float:
        """Give the seconds that this account has to wait; 0 when it may be tried.

        Args:
            account: as it is called.
            peer: address from which it is tried.
            browser: mark of one that has signed in to this account before; empty: a stranger's.
        """
        return self._pause(_keys(account, peer, browser))

    def failed(self, account: str, peer: str, browser: str = "") -> None:
        """Count a failure."""
        self._count(_keys(account, peer, browser))

    def succeeded(self, account: str, peer: str, browser: str = "") -> None:
        """Forget the failures of an account from an address, or of a browser."""
        self._forget(_keys(account, peer, browser)[0])

    def begin_elsewhere(self, peer: str) -> float:
        """Count that a sign-in begins that ends at an OpenID provider; give the seconds that it has to wait.

        Each asks the provider something in our name, so that nobody may begin them without end.
        """
        keys = (_elsewhere(peer),)
        with self._database.write():  # nobody slips in between looking and counting
            if (seconds := self._pause(keys)) <= 0:
                self._count(keys)
        return max(0.0, seconds)

    def end_elsewhere(self, peer: str) -> None:
        """Forget what was begun from an address: somebody came back with an account."""
        self._forget(_elsewhere(peer))

    def is_news(self, account: str, peer: str, seconds: float) -> bool:
        """Say whether a pause that lasts ``seconds`` yet is to be told, and take it for told.

        ``account`` is that of one that there is; all other names count as one.
        """
        now, key = self._clock(), (network(peer), account)
        with self._telling:
            self._told = {one: until for one, until in self._told.items() if until > now}
            if key in self._told or len(self._told) >= MOST_TOLD:
                return False
            self._told[key] = now + seconds
        return True

    def _pause(self, keys: Sequence[_Key]) -> float:
        now = self._clock()
        pauses = [0.0]
        for kind, key in keys:
            for row in self._database.read("SELECT * FROM attempts WHERE key = ?", key):
                over = row["failures"] - FREE[kind]
                if over >= 0 and now - row["last"] < FORGET_SECONDS:
                    pauses.append(row["last"] + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(over, 20)) - now)
        return max(pauses)

    def _count(self, keys: Sequence[_Key]) -> None:
        now = self._clock()
        with self._database.write() as connection:
            connection.execute("DELETE FROM attempts WHERE last < ?", (now - FORGET_SECONDS,))
            for _, key in keys:
                connection.execute(
                    "INSERT INTO attempts VALUES (?, 1, ?)"
                    " ON CONFLICT (key) DO UPDATE SET failures = failures + 1, last = excluded.last",
                    (key, now),
                )

    def _forget(self, key: _Key) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM attempts WHERE key = ?", (key[1],))


def network(peer: str) -> str:
    """Give what stands for an address: of IPv6, where everybody has many, its /64.

    Where one socket serves both, IPv4's come as ``::ffff:192.0.2.1``, which are many people's and no network.
    """
    address = plain_address(peer)
    if address is None:
        return peer
    return str(address if address.version == 4 else ip_network((address, 64), strict=False))  # noqa: PLR2004 - IPv4


def plain_address(text: str) -> IPv4Address | IPv6Address | None:
    """Read an address, of IPv4 also where it stands inside one of IPv6; None for what is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _keys(account: str, peer: str, browser: str) -> tuple[_Key, ...]:
    """Give what counts, the narrowest first."""
    if browser:
        return (("browser", f"browser {browser}"),)
    name, peer = account[:64], network(peer)
    return ("pair", f"pair {peer} {name}"), ("peer", f"peer {peer}"), ("account", f"account {name}")


def _elsewhere(peer: str) -> _Key:
    return "openid", f"openid {network(peer)}"
