"""Local accounts: their names, roles, limits, passwords and second factors.

An account is never removed, since the trail names it; it is disabled. The last administrator who may sign in
remains one. Whatever makes an account less than it was ends its sessions: see access/sessions.py.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from sqlite3 import IntegrityError, Row
from typing import Final, get_args

from access import passwords, secrets, totp
from access.database import Database
from access.limits import made, written
from access.visitor import Limits, Means, Role, Visitor

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS accounts (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, limits TEXT NOT NULL, password TEXT, subject TEXT UNIQUE,
    totp TEXT, totp_pending TEXT, totp_step INTEGER NOT NULL DEFAULT -1, disabled INTEGER NOT NULL DEFAULT 0,
    created REAL NOT NULL, password_at REAL, seen REAL, generation INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS recovery_codes (
    account TEXT NOT NULL REFERENCES accounts (name), digest TEXT NOT NULL, PRIMARY KEY (account, digest)
);
"""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.@-]{0,62}")
RESERVED: Final = frozenset({"console", "sysledger", "nobody"})


class AccountError(ValueError):
    """What was asked of an account cannot be; the message says what to do."""


class UnknownAccountError(AccountError):
    """There is no account of this name."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account, without its secrets. Times are seconds since the epoch.

    Attributes:
        name: unique, and never changed.
        role: what it may do.
        limits: on what.
        disabled: whether it is kept from signing in.
        has_password: whether it signs in by a password of its own.
        has_totp: whether it has a second factor.
        subject: who it is at the OpenID provider: ``ISSUER SUBJECT``.
        created: when it was made.
        password_at: when its password was set.
        seen: when it last signed in.
        generation: raised by whatever ends its sessions and tokens.
    """

    name: str
    role: Role
    limits: Limits
    disabled: bool
    has_password: bool
    has_totp: bool
    subject: str | None
    created: float
    password_at: float | None
    seen: float | None
    generation: int

    def is_over(self, now: float) -> bool:
        """Say whether it may no longer be used."""
        until = self.limits.until
        return self.disabled or (until is not None and until.timestamp() <= now)

    def visitor(self, means: Means, session: str = "") -> Visitor:
        """Give the visitor that somebody with this account is."""
        return Visitor(self.name, self.role, self.limits, means, session)


class Accounts:
    """The accounts of an appliance. Methods that name one raise UnknownAccountError when there is none."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def all(self) -> list[Account]:
        """Give every account, by name."""
        return [_account(row) for row in self._database.read("SELECT * FROM accounts ORDER BY name")]

    def get(self, name: str) -> Account:
        """Give the account of this name."""
        return _account(self._row(name))

    def of_subject(self, subject: str) -> Account | None:
        """Give the account of somebody at the OpenID provider, if there is one."""
        rows = self._database.read("SELECT * FROM accounts WHERE subject = ?", subject)
        return _account(rows[0]) if rows else None

    def add(
        self, name: str, role: Role, limits: Limits | None = None, *, password: str | None = None,
        subject: str | None = None,
    ) -> Account:  # fmt: skip
        """Make an account.

        Raises:
            AccountError: when the name cannot be one, or is taken.
            PasswordError: when the password may not be one.
        """
        _check(name, role)
        if password is not None:
            passwords.check(password, name)
        now = self._clock()
        kept = None if password is None else passwords.hashed(password)
        given = (name, role, _text(limits or Limits()), kept, subject, now, None if kept is None else now)
        try:
            with self._database.write() as connection:
                connection.execute(
                    "INSERT INTO accounts (name, role, limits, password, subject, created, password_at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    given,
                )
        except IntegrityError as error:
            raise AccountError(f"there is an account {name} already: choose another name") from error
        return self.get(name)

    def set_password(self, name: str, password: str) -> None:
        """Give an account a new password. Its sessions end.

        Raises:
            PasswordError: when it may not be one.
        """
        self._row(name)
        passwords.check(password, name)
        self._set(name, "password = ?, password_at = ?", passwords.hashed(password), self._clock())

    def set_role(self, name: str, role: Role) -> None:
        """Give an account another role. Its sessions end."""
        _check(name, role)
        with self._keeping_an_administrator():
            self._set(name, "role = ?", role)

    def set_limits(self, name: str, limits: Limits) -> None:
        """Give an account other limits. Its sessions end."""
        with self._keeping_an_administrator():
            self._set(name, "limits = ?", _text(limits))

    def set_subject(self, name: str, subject: str | None) -> None:
        """Say who an account is at the OpenID provider: ``ISSUER SUBJECT``. Its sessions end.

        Raises:
            AccountError: when that is another account already.
        """
        try:
            self._set(name, "subject = ?", subject)
        except IntegrityError as error:
            raise AccountError(f"{subject} is another account already: look for it in the list") from error

    def disable(self, name: str, *, disabled: bool = True) -> None:
        """Keep an account from signing in, or let it again. Its sessions end."""
        with self._keeping_an_administrator():
            self._set(name, "disabled = ?", int(disabled))

    def checked(self, name: str, password: str) -> Account | None:
        """Give the account that has this name and password and may sign in; None takes as long to find."""
        rows = self._database.read("SELECT * FROM accounts WHERE name = ?", name)
        is_right = passwords.is_right(password, rows[0]["password"] if rows else None)
        return self.get(name) if is_right and not self.get(name).is_over(self._clock()) else None

    def is_right(self, name: str, password: str) -> bool:
        """Say whether this is an account's password."""
        return passwords.is_right(password, self._row(name)["password"])

    def saw(self, name: str) -> None:
        """Keep that an account signed in."""
        with self._database.write() as connection:
            connection.execute("UPDATE accounts SET seen = ? WHERE name = ?", (self._clock(), name))

    def begin_totp(self, name: str) -> str:
        """Give a new shared secret for an account's device; it counts once a code of it was confirmed."""
        self._row(name)
        secret = totp.new_secret()
        with self._database.write() as connection:
            connection.execute("UPDATE accounts SET totp_pending = ? WHERE name = ?", (secret, name))
        return secret

    def pending_totp(self, name: str) -> str | None:
        """Give the secret that waits for a code of the device; None where none does."""
        secret: str | None = self._row(name)["totp_pending"]
        return secret

    def confirm_totp(self, name: str, code: str) -> list[str]:
        """Take the pending secret for an account's second factor; give its recovery codes, told only now.

        Raises:
            AccountError: when there is none, or the code is wrong.
        """
        row = self._row(name)
        secret = row["totp_pending"]
        step = None if secret is None else totp.step_of(secret, code, self._clock())
        if step is None:
            raise AccountError(
                "this code is not the device's: see that its clock is right, and type the code it shows"
            )
        codes = totp.recovery_codes()
        with self._database.write() as connection:
            self._set(name, "totp = ?, totp_pending = NULL, totp_step = ?", secret, step)
            connection.execute("DELETE FROM recovery_codes WHERE account = ?", (name,))
            digests = [(name, secrets.digest(each)) for each in codes]
            connection.executemany("INSERT INTO recovery_codes VALUES (?, ?)", digests)
        return codes

    def is_second(self, name: str, code: str) -> bool:
        """Say whether this is the account's one-time password now, or a recovery code; each counts once."""
        with self._database.write() as connection:
            row = self._row(name)
            if row["totp"] is None:
                return False
            step = totp.step_of(row["totp"], code, self._clock(), row["totp_step"])
            if step is not None:
                connection.execute("UPDATE accounts SET totp_step = ? WHERE name = ?", (step, name))
                return True
            given = (name, secrets.digest(code.strip().lower()))
            query = "DELETE FROM recovery_codes WHERE account = ? AND digest = ?"
            return connection.execute(query, given).rowcount == 1

    def drop_totp(self, name: str) -> None:
        """Take an account's second factor away. Its sessions end."""
        with self._database.write() as connection:
            self._set(name, "totp = NULL, totp_pending = NULL, totp_step = -1")
            connection.execute("DELETE FROM recovery_codes WHERE account = ?", (name,))

    def _row(self, name: str) -> Row:
        rows = self._database.read("SELECT * FROM accounts WHERE name = ?", name)
        if not rows:
            raise UnknownAccountError(
                f"there is no account {name!r}: 'sysledger user list' has those there are"
            )
        return rows[0]

    def _set(self, name: str, columns: str, *values: object) -> None:
        self._row(name)
        with self._database.write() as connection:
            query = f"UPDATE accounts SET {columns}, generation = generation + 1 WHERE name = ?"  # noqa: S608 - ours
            connection.execute(query, (*values, name))

    @contextmanager
    def _keeping_an_administrator(self) -> Iterator[None]:
        with self._database.write():
            had_one = self._has_administrator()
            yield
            if had_one and not self._has_administrator():
                raise AccountError(
                    "nobody would be left who may administer: make another account administrator first"
                )

    def _has_administrator(self) -> bool:
        now = self._clock()
        return any(not one.is_over(now) and one.visitor("session").may("administer") for one in self.all())


def _check(name: str, role: str) -> None:
    if _NAME.fullmatch(name) is None or name in RESERVED:
        raise AccountError(
            f"{name!r} cannot name an account: use 1 to 63 of a-z, 0-9, '_', '.', '@' and '-', a letter or "
            f"digit first, and none of {', '.join(sorted(RESERVED))}"
        )
    if role not in get_args(Role):
        raise AccountError(f"{role!r} is no role: use {', '.join(get_args(Role))}")


def _text(limits: Limits) -> str:
    return json.dumps(written(limits))


def _account(row: Row) -> Account:
    return Account(
        name=row["name"],
        role=row["role"],
        limits=made(json.loads(row["limits"])),
        disabled=bool(row["disabled"]),
        has_password=row["password"] is not None,
        has_totp=row["totp"] is not None,
        subject=row["subject"],
        created=row["created"],
        password_at=row["password_at"],
        seen=row["seen"],
        generation=row["generation"],
    )
