"""API tokens: what a program sends as ``Authorization: Bearer``, with its account's limits or narrower."""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from sqlite3 import IntegrityError, Row
from typing import Final

from access import secrets
from access.accounts import AccountError, Accounts
from access.database import Database
from access.limits import LimitsError, made, narrowed, written
from access.visitor import PERMISSIONS, Limits, Role, Visitor

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS tokens (
    digest TEXT PRIMARY KEY, account TEXT NOT NULL REFERENCES accounts (name), name TEXT NOT NULL,
    role TEXT NOT NULL, limits TEXT NOT NULL, created REAL NOT NULL, seen REAL, revoked REAL,
    UNIQUE (account, name)
);
"""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_SEEN_STEP: Final = 60.0


@dataclass(frozen=True, slots=True)
class Token:
    """One token, without its secret. Times are seconds since the epoch."""

    account: str
    name: str
    role: Role
    limits: Limits
    created: float
    seen: float | None
    revoked: float | None


class Tokens:
    """The API tokens of an appliance."""

    def __init__(
        self, database: Database, accounts: Accounts, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._clock = clock

    def add(self, account: str, name: str, limits: Limits | None = None, role: Role | None = None) -> str:
        """Make a token; give its secret, which is told nowhere else.

        Raises:
            AccountError: when there is no such account, or the name cannot be one or is taken.
            LimitsError: when the limits are not within the account's.
        """
        owner = self._accounts.get(account)
        role, limits = role or owner.role, limits or Limits()
        if _NAME.fullmatch(name) is None:
            raise AccountError(f"{name!r} cannot name a token: use 1 to 63 of a-z, 0-9, '_', '.' and '-'")
        if not PERMISSIONS[role] <= PERMISSIONS[owner.role]:
            raise AccountError(
                f"{account} is {owner.role}, and a token of it cannot be {role}: choose a lesser role"
            )
        narrowed(owner.limits, limits)
        secret = secrets.made("token")
        row = (secrets.digest(secret), account, name, role, json.dumps(written(limits)), self._clock())
        try:
            with self._database.write() as connection:
                connection.execute(
                    "INSERT INTO tokens (digest, account, name, role, limits, created)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    row,
                )
        except IntegrityError as error:
            raise AccountError(f"{account} has a token {name} already: choose another name") from error
        return secret

    def revoke(self, account: str, name: str) -> None:
        """End a token for good.

        Raises:
            AccountError: when there is none that lasts.
        """
        query = "UPDATE tokens SET revoked = ? WHERE account = ? AND name = ? AND revoked IS NULL"
        with self._database.write() as connection:
            if not connection.execute(query, (self._clock(), account, name)).rowcount:
                raise AccountError(
                    f"{account} has no token {name!r}: 'sysledger token list' has those there are"
                )

    def all(self, account: str | None = None) -> list[Token]:
        """Give the tokens of an account, or of all, by account and name."""
        rows = self._database.read("SELECT * FROM tokens ORDER BY account, name")
        return [_token(row) for row in rows if account in {None, row["account"]}]

    def visitor(self, secret: str) -> Visitor | None:
        """Give who asks with a token; None when it does not last."""
        rows = self._database.read("SELECT * FROM tokens WHERE digest = ?", secrets.digest(secret))
        if not rows or rows[0]["revoked"] is not None:
            return None
        token, now = _token(rows[0]), self._clock()
        found = self._asker(token, now)
        if found is not None and now - (token.seen or 0) > _SEEN_STEP:
            with self._database.write() as connection:
                connection.execute("UPDATE tokens SET seen = ? WHERE digest = ?", (now, rows[0]["digest"]))
        return found

    def again(self, account: str, name: str) -> Visitor | None:
        """Give who asks with a token of this name, which was shown before; None when it does not last."""
        query = "SELECT * FROM tokens WHERE account = ? AND name = ? AND revoked IS NULL"
        rows = self._database.read(query, account, name)
        return self._asker(_token(rows[0]), self._clock()) if rows else None

    def _asker(self, token: Token, now: float) -> Visitor | None:
        owner = self._accounts.get(token.account)
        try:
            limits = narrowed(owner.limits, token.limits)
        except LimitsError:  # the account's were changed since, and leave nothing
            return None
        if owner.is_over(now) or (limits.until is not None and limits.until.timestamp() <= now):
            return None
        role = token.role if PERMISSIONS[token.role] <= PERMISSIONS[owner.role] else owner.role
        return Visitor(f"{token.account}/{token.name}", role, limits, "token")


def _token(row: Row) -> Token:
    limits = made(json.loads(row["limits"]))
    return Token(
        row["account"], row["name"], row["role"], limits, row["created"], row["seen"], row["revoked"]
    )
