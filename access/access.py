"""Everything that signing in takes, over one SQLite file: data/access/access.sqlite."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from access import accounts, attempts, browsers, invitations, keys, sessions, tokens, used
from access.accounts import Account, Accounts
from access.attempts import Attempts
from access.browsers import Browsers
from access.database import Database
from access.invitations import Invitations
from access.keys import Keys
from access.sessions import IDLE_SECONDS, LONGEST_SECONDS, Sessions
from access.tokens import Tokens
from access.used import Used
from access.visitor import Visitor

SCHEMAS: Final = (
    accounts.SCHEMA, sessions.SCHEMA, tokens.SCHEMA, attempts.SCHEMA, invitations.SCHEMA, keys.SCHEMA,
    browsers.SCHEMA, used.SCHEMA,
)  # fmt: skip
FILE: Final = "access.sqlite"


class SignInError(Exception):
    """Somebody could not sign in; the message says what to do, and nothing of what is there."""


class PauseError(SignInError):
    """Too many sign-ins failed; ``seconds`` is how long to wait."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"Too many sign-ins failed. Wait {max(1, round(seconds))} seconds, then try again.")


class CodeError(SignInError):
    """The password was right, and the account has a second factor: its code is missing or wrong."""


class UsedError(SignInError):
    """What counts once was brought a second time."""


@dataclass(frozen=True, slots=True)
class Halfway:
    """Somebody whose password was right, and whose code is asked for.

    Attributes:
        name: of the account.
        generation: that it had then; where it has another now, all of it has to begin anew.
        ticket: what proves it, of which there is one.
        seconds: how long that holds at the longest.
    """

    name: str
    generation: int
    ticket: str
    seconds: float


class Access:
    """The accounts of an appliance and whatever hangs on them.

    Args:
        folder: of the file.
        clock: gives seconds since the epoch.
        idle_seconds: after which an unused session ends.
        longest_seconds: after which any session ends.

    Raises:
        DatabaseError: when the file cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        clock: Callable[[], float] = time.time,
        *,
        idle_seconds: float = IDLE_SECONDS,
        longest_seconds: float = LONGEST_SECONDS,
    ) -> None:
        self.database = Database(folder / FILE, SCHEMAS)
        self.accounts = Accounts(self.database, clock)
        self.sessions = Sessions(
            self.database, self.accounts, clock, idle_seconds=idle_seconds, longest_seconds=longest_seconds
        )
        self.tokens = Tokens(self.database, self.accounts, clock)
        self.attempts = Attempts(self.database, clock)
        self.browsers = Browsers(self.database, clock)
        self.used = Used(self.database, clock)
        self.invitations = Invitations(self.database, self.accounts, clock)
        self.keys = Keys(self.database)
        self._clock = clock

    def sign_in(self, name: str, password: str, code: str, peer: str, browser: str = "") -> Account:
        """Give the account that somebody at ``peer`` may use.

        Args:
            name: of the account, as typed.
            password: likewise.
            code: of the second factor; empty where it was not asked for yet.
            peer: where they were typed.
            browser: the secret of a browser that signed in before; empty where it brought none.

        Raises:
            PauseError: when this was tried too often; nothing is looked at then.
            CodeError: when only the second factor's code is missing or wrong.
            SignInError: when name or password is wrong, or the account may not be used.
        """
        mark = self._mark(name, peer, browser)
        account = self.accounts.checked(name, password)
        if account is None:
            self.attempts.failed(name, peer, mark)
            raise SignInError(
                "The name or the password is wrong. Try again, or ask an administrator for a new link."
            )
        return self._with_code(account, code, peer, mark)

    def second(self, halfway: Halfway, code: str, peer: str, browser: str = "") -> Account:
        """Give the account of somebody whose password was right a moment ago, by the second factor's code.

        Args:
            halfway: what is known of that. It counts once, whatever comes of it.
            code: as typed.
            peer: where it was typed.
            browser: as in ``sign_in``.

        Raises:
            PauseError, CodeError, SignInError: see ``sign_in``.
            UsedError: when this was brought before.
        """
        mark = self._mark(halfway.name, peer, browser)
        if not self.used.take(halfway.ticket, halfway.seconds):
            self.attempts.failed(halfway.name, peer, mark)
            raise UsedError("This page was sent before. Begin anew with name and password.")
        account = self.accounts.get(halfway.name)
        if account.generation != halfway.generation or account.is_over(self._clock()):
            raise SignInError("The account was changed in between. Begin anew with name and password.")
        return self._with_code(account, code, peer, mark)

    def prove(self, name: str, password: str, peer: str, browser: str = "") -> bool:
        """Say whether who is signed in types the account's password; as seldom wrong as at the sign-in.

        Raises:
            PauseError: when it was wrong too often.
        """
        mark = self._mark(name, peer, browser)
        is_right = self.accounts.is_right(name, password)
        (self.attempts.succeeded if is_right else self.attempts.failed)(name, peer, mark)
        return is_right

    def may_go_on(self, visitor: Visitor) -> bool:
        """Say whether what somebody began may go on: its account or token is still what it was then.

        Whoever signed out meanwhile, or has a new password, may.
        """
        if visitor.means == "token":
            return self.tokens.again(*visitor.name.split("/", 1)) == visitor
        if visitor.means != "session":
            return True
        account = self.accounts.get(visitor.name)
        return not self.is_over(account) and account.visitor("session", visitor.session) == visitor

    def is_over(self, account: Account) -> bool:
        """Say whether an account may no longer be used."""
        return account.is_over(self._clock())

    def _mark(self, name: str, peer: str, browser: str) -> str:
        """Give what stands for the browser, unless it or whoever has none has to wait."""
        mark = self.browsers.mark(name, browser)
        if (seconds := self.attempts.pause(name, peer, mark)) > 0:
            raise PauseError(seconds)
        return mark

    def _with_code(self, account: Account, code: str, peer: str, mark: str) -> Account:
        if account.has_totp and not self.accounts.is_second(account.name, code):
            if code:
                self.attempts.failed(account.name, peer, mark)
                raise CodeError("This code is wrong. Type the one that your device shows now.")
            raise CodeError("Type the code that your device shows.")
        self.attempts.succeeded(account.name, peer, mark)
        self.accounts.saw(account.name)
        return account

    def close(self) -> None:
        """Close the file."""
        self.database.close()
