"""What is shown of an account: to its owner on /account, to administrators on /users."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from markupsafe import Markup

from access.access import Access
from access.accounts import Account
from access.limits import told
from access.passwords import LEAST_CHARACTERS
from access.tokens import Token
from access.visitor import PERMISSIONS, ROLES, Limits, Permission, Role, Visitor

PERMISSION_WORDS: Final[Mapping[Permission, str]] = {
    "read": "search and read messages",
    "export": "export results",
    "review": "review results and sign them off",
    "operate": "see how the appliance does",
    "administer": "change accounts, tenants and settings",
    "trail": "read who did what",
}
NOTHING_LIMITED: Final = Limits()


@dataclass(frozen=True, slots=True)
class SessionShown:
    """One session, as told."""

    number: str
    peer: str
    began: str
    seen: str
    is_this: bool


@dataclass(frozen=True, slots=True)
class TokenShown:
    """One API token, as told."""

    name: str
    role: Role
    limits: tuple[str, ...]
    created: str
    seen: str
    lasts: bool


@dataclass(frozen=True, slots=True)
class AccountShown:
    """An account, as told.

    Attributes:
        account: itself.
        limits: in words; none where nothing is limited.
        permissions: what it may do, in words.
        roles: that a token of it may have, the account's own first.
        created: when.
        seen: when it last signed in; empty if never.
        sessions: that last, newest first.
        tokens: by name, those that last first.
        least: characters of a password.
    """

    account: Account
    limits: tuple[str, ...]
    permissions: tuple[str, ...]
    roles: tuple[Role, ...]
    created: str
    seen: str
    sessions: tuple[SessionShown, ...]
    tokens: tuple[TokenShown, ...]
    least: int = LEAST_CHARACTERS


@dataclass(frozen=True, slots=True)
class Once:
    """What an answer to a form tells once, and no page again.

    Attributes:
        qr: the code that a device reads.
        secret: the same to type.
        codes: recovery codes.
        token: a token's secret.
        token_name: whose.
        link: that lets somebody choose a password.
        link_name: of the account.
    """

    qr: Markup | None = None
    secret: str = ""
    codes: tuple[str, ...] = ()
    token: str = ""
    token_name: str = ""
    link: str = ""
    link_name: str = ""


def shown(access: Access, account: Account, session: str = "") -> AccountShown:
    """Look up what there is to show of an account; ``session`` is the number of the one that asks."""
    return AccountShown(
        account=account,
        limits=tuple(told(account.limits)),
        permissions=permission_words(account.visitor("session")),
        roles=(
            account.role,
            *(role for role in ROLES if role != account.role and _is_less(role, account.role)),
        ),
        created=moment(account.created),
        seen=moment(account.seen),
        sessions=tuple(
            SessionShown(str(number), peer, moment(began), moment(seen), str(number) == session)
            for number, peer, began, seen in access.sessions.of(account.name)
        ),
        tokens=tuple(
            sorted(map(_token, access.tokens.all(account.name)), key=lambda one: (not one.lasts, one.name))
        ),
    )


def role_words(limits: Limits = NOTHING_LIMITED) -> tuple[tuple[Role, str], ...]:
    """Say what each role may do within limits, some of which leave less of it."""
    return tuple((role, listed(permission_words(Visitor("", role, limits)))) for role in ROLES)


def permission_words(visitor: Visitor) -> tuple[str, ...]:
    """Give what somebody may do, in words."""
    return tuple(words for one, words in PERMISSION_WORDS.items() if visitor.may(one))


def listed(texts: Sequence[str]) -> str:
    """Give texts as people list them: ``this, that, and those``; the comma, since there is "and" in some."""
    return ", and ".join(part for part in (", ".join(texts[:-1]), "".join(texts[-1:])) if part)


def moment(at: float | None) -> str:
    """Give seconds since the epoch as date and time in UTC; nothing where there is none."""
    return "" if at is None else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"


def grouped(secret: str) -> str:
    """Give a secret in groups of four, to read and type."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _is_less(role: Role, than: Role) -> bool:
    return PERMISSIONS[role] <= PERMISSIONS[than]


def _token(token: Token) -> TokenShown:
    limits = tuple(told(token.limits))
    return TokenShown(
        token.name, token.role, limits, moment(token.created), moment(token.seen), token.revoked is None
    )
