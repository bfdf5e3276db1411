"""Links that let somebody choose a name and a password, once: for the first start, and for new accounts."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from access import secrets
from access.accounts import Account, AccountError, Accounts
from access.database import Database
from access.limits import made, written
from access.visitor import Limits, Role

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS invitations (
    digest TEXT PRIMARY KEY, name TEXT, role TEXT NOT NULL, limits TEXT NOT NULL, is_first INTEGER NOT NULL,
    expires REAL NOT NULL
);
"""
LAST_SECONDS: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link is good for. ``name`` None leaves it to choose; an account of it gets a new password."""

    name: str | None
    role: Role
    limits: Limits
    is_first: bool


class Invitations:
    """The links of an appliance that were not used yet."""

    def __init__(
        self, database: Database, accounts: Accounts, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._clock = clock

    def first(self) -> str | None:
        """Give the secret of a new link for the first administrator; None when there is an account.

        Any earlier one no longer holds.
        """
        with self._database.write() as connection:
            connection.execute("DELETE FROM invitations WHERE is_first")
            return (
                None if self._accounts.all() else self._made(None, "administrator", Limits(), is_first=True)
            )

    def add(self, name: str, role: Role, limits: Limits | None = None) -> str:
        """Give the secret of a new link for the account ``name``. Any earlier one no longer holds."""
        return self._made(name, role, limits or Limits(), is_first=False)

    def find(self, secret: str) -> Invitation | None:
        """Give what a link is good for; None when it was used or is too old."""
        query = "SELECT * FROM invitations WHERE digest = ? AND expires > ?"
        for row in self._database.read(query, secrets.digest(secret), self._clock()):
            if not (row["is_first"] and self._accounts.all()):
                limits = made(json.loads(row["limits"]))
                return Invitation(row["name"], row["role"], limits, bool(row["is_first"]))
        return None

    def accept(self, secret: str, name: str, password: str) -> Account:
        """Make the account that a link is for, or give it a new password; the link is used by that.

        Raises:
            AccountError: when the link no longer holds, or the name cannot be.
            PasswordError: when the password may not be one.
        """
        with self._database.write() as connection:
            found = self.find(secret)
            if found is None:
                raise AccountError(
                    "this link was used or is too old: ask for another, or restart sysledger run"
                )
            name = found.name or name
            if any(one.name == name for one in self._accounts.all()):
                if found.name is None:
                    raise AccountError(f"there is an account {name} already: choose another name")
                self._accounts.set_password(name, password)
            else:
                self._accounts.add(name, found.role, found.limits, password=password)
            connection.execute("DELETE FROM invitations WHERE digest = ?", (secrets.digest(secret),))
            self.withdraw(name)
        return self._accounts.get(name)

    def withdraw(self, name: str) -> None:
        """Have no link of an account hold any more: whoever has an old one must not get in by it."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM invitations WHERE name = ?", (name,))

    def _made(self, name: str | None, role: Role, limits: Limits, *, is_first: bool) -> str:
        secret, expires = secrets.made("welcome"), self._clock() + LAST_SECONDS
        row = (secrets.digest(secret), name, role, json.dumps(written(limits)), is_first, expires)
        with self._database.write() as connection:
            connection.execute("DELETE FROM invitations WHERE expires <= ?", (self._clock(),))
            if name is not None:
                self.withdraw(name)
            connection.execute("INSERT INTO invitations VALUES (?, ?, ?, ?, ?, ?)", row)
        return secret
