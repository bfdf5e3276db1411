"""/api/v1/users and /api/v1/tokens: who may sign in, within which limits, and what programs may ask.

What is done to accounts is done by the functions of the page Users. Only administrators come to the accounts,
and only they make tokens here: everybody else makes the own ones on the page Account, which asks for the
password, and no token can make another that is wider than itself.

A token that leaks should cost no more than itself. It may end itself, and neither sees nor ends the account's
others, whose limits name tenants that it may not see; people who are signed in, and administrators, do.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from access import trail
from access.accounts import Account, AccountError, UnknownAccountError
from access.limits import LISTS, TIMES, LimitsError, narrowed, written
from access.masked_names import typed, unseen
from access.tokens import Token
from access.visitor import Limits, Role, Visitor, current
from web import user_deeds as deeds
from web import words
from web.account_view import Once
from web.api_me import LimitsGiven, limits_given
from web.api_operation import Asked, Given, Nothing, Sent
from web.api_problem import ApiError, Fault
from web.desk import Desk

_ACCOUNT = r"^[a-z0-9][a-z0-9_.@-]{0,62}$"
_TOKEN = r"^[a-z0-9][a-z0-9_.-]{0,62}$"  # noqa: S105 - of its name
_FORBIDDEN, _CONFLICT, _UNCLEAR = 403, 409, 422
_MOST = 200
_HERE = "/"  # a link is told as its path: whoever asks knows how this appliance is called

AccountName = Annotated[str, Field(pattern=_ACCOUNT, description="Name of the account.")]
TokenName = Annotated[str, Field(pattern=_TOKEN, description="Name of the token.")]
# Neither a comma nor anything that is seen as a space or not at all: entries are told apart by these.
_ENTRY = r"^[^\u0000-\u0020,\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]{1,255}$"
Texts = Annotated[list[Annotated[str, Field(pattern=_ENTRY)]], Field(max_length=_MOST)]


class UserAsked(Asked):
    """Which account."""

    name: AccountName


class TokenAsked(Asked):
    """Which token."""

    account: AccountName
    name: TokenName


class LimitsSent(Sent):
    """What may be seen of everything stored; what is left out limits nothing."""

    tenants: Texts = Field(default=[], description="Names of tenants.")
    streams: Texts = Field(default=[], description="As tenant/stream.")
    hosts: Texts = Field(default=[], description="Patterns of HOSTNAME, with * and ?.")
    networks: Texts = Field(default=[], description="Networks of peers, as 10.0.0.0/8.")
    masked: Texts = Field(default=[], description="Columns and fields whose values are not shown.")
    start: AwareDatetime | None = Field(
        default=None, validation_alias="from", description="First receive time."
    )
    end: AwareDatetime | None = Field(
        default=None, validation_alias="to", description="The receive time before which records end."
    )
    until: AwareDatetime | None = Field(default=None, description="When all of it ends.")


class UserSent(Sent):
    """A new account."""

    name: AccountName
    role: Role
    limits: LimitsSent = Field(default=LimitsSent(), description="None, unless given.")


class UserChange(Sent):
    """What is to change of an account; what is left out stays."""

    role: Role | None = Field(default=None, description="Another role.")
    limits: LimitsSent | None = Field(default=None, description="Other limits, all of them anew.")
    disabled: bool | None = Field(default=None, description="Whether it is kept from signing in.")


class TokenSent(Sent):
    """A new token."""

    name: TokenName
    account: AccountName
    role: Role | None = Field(default=None, description="A lesser role; without it, the account's.")
    limits: LimitsSent = Field(default=LimitsSent(), description="Within the account's; without it, those.")


class User(Given):
    """An account."""

    name: str
    role: Role
    limits: LimitsGiven
    disabled: bool
    has_password: bool
    has_totp: bool = Field(description="Whether it has a second factor.")
    subject: str | None = Field(description="Who it is at the OpenID provider.")
    created: datetime
    seen: datetime | None = Field(description="When it last signed in.")
    unseen_masks: list[str] = Field(
        default=[],
        description="Masks of the limits that were just set which no recent message has anything for.",
    )


class Users(Given):
    """Every account."""

    users: list[User]


class Invited(Given):
    """An account, and the link by which its owner chooses a password."""

    user: User
    welcome: str = Field(description="Path of the link. It works once, within a day, and is told only now.")


class TokenGiven(Given):
    """A token, without its secret."""

    account: str
    name: str
    role: Role
    limits: LimitsGiven
    created: datetime
    seen: datetime | None = Field(description="When it was last used, to about a minute.")
    revoked: datetime | None


class Tokens(Given):
    """Tokens: those of the account, or all for administrators; a token is told of itself only."""

    tokens: list[TokenGiven]


class TokenMade(Given):
    """A new token."""

    token: TokenGiven
    secret: str = Field(description="What to send as Authorization: Bearer. It is told only now.")


def users(served: Desk, _asked: Nothing) -> Users:
    """Give every account."""
    return Users(users=[_user(one) for one in served.access.accounts.all()])


def user(served: Desk, asked: UserAsked) -> User:
    """Give one account."""
    with _answering():
        return _user(served.access.accounts.get(asked.name))


def add_user(served: Desk, _asked: Nothing, sent: UserSent) -> Invited:
    """Make an account without a password, and a link for its owner to choose one."""
    fields = {"role": sent.role, **_fields(sent.limits)}
    with _answering():
        once = deeds.add(served.access, deeds.Asked(sent.name, fields, _HERE))
        return _invited(served, sent.name, once)


def change_user(served: Desk, asked: UserAsked, sent: UserChange) -> User:
    """Give an account another role or other limits, or keep it from signing in. Its sessions end."""
    access = served.access
    wanted: list[tuple[deeds.Deed, dict[str, str]]] = []
    if sent.role is not None:
        wanted.append((deeds.change_role, {"role": sent.role}))
    if sent.limits is not None:
        wanted.append((deeds.change_limits, _fields(sent.limits)))
    if sent.disabled is not None:
        wanted.append((deeds.disable if sent.disabled else deeds.enable, {}))
    with _answering(), access.database.write():
        access.accounts.get(asked.name)
        for deed, fields in wanted:
            deed(access, deeds.Asked(asked.name, fields, ""))
        account = access.accounts.get(asked.name)
    return _user(account, _unseen(served, account) if sent.limits is not None else [])


def invite_user(served: Desk, asked: UserAsked) -> Invited:
    """Give a link for an account's owner to choose a new password."""
    with _answering():
        once = deeds.send_link(served.access, deeds.Asked(asked.name, {}, _HERE))
        return _invited(served, asked.name, once)


def tokens(served: Desk, _asked: Nothing) -> Tokens:
    """Give the tokens of who asks, or all of them to administrators; to a token itself only."""
    visitor = current()
    whose = None if visitor.may("administer") else visitor.account
    found = served.access.tokens.all(whose)
    return Tokens(tokens=[_token(one) for one in found if _is_for(visitor, one.account, one.name)])


def add_token(served: Desk, _asked: Nothing, sent: TokenSent) -> TokenMade:
    """Make a token of an account."""
    tokens, limits = served.access.tokens, _limits(sent.limits)
    with _answering(), served.access.database.write():
        limits = narrowed(current().limits, limits)  # what ends makes nothing that goes on after it
        secret = tokens.add(sent.account, sent.name, limits, sent.role)
        (token,) = [one for one in tokens.all(sent.account) if one.name == sent.name]
        said = json.dumps(written(limits))
        trail.record("token.add", f"{sent.account}/{sent.name}", new_role=token.role, limits=said)
    return TokenMade(token=_token(token), secret=secret)


def revoke_token(served: Desk, asked: TokenAsked) -> None:
    """End a token for good: one's own, or anybody's for administrators; a token ends itself only."""
    visitor, access = current(), served.access
    if visitor.means == "token" and not _is_for(visitor, asked.account, asked.name):
        raise ApiError(
            _FORBIDDEN,
            f"A token ends itself only, {visitor.name}. Others are ended on the page Account, by who is "
            "signed in, and by administrators.",
        )
    account = asked.account if visitor.may("administer") or asked.account == visitor.account else ""
    if asked.name not in [one.name for one in access.tokens.all(account) if one.revoked is None]:
        raise ApiError(404, f"There is no token {asked.account}/{asked.name} of yours that lasts.")
    with _answering():
        deeds.revoke_token(access, deeds.Asked(asked.account, {"token_name": asked.name}, ""))


def _is_for(visitor: Visitor, account: str, name: str) -> bool:
    """Say whether who asks may know of a token of an account that is theirs, or of any for administrators."""
    return visitor.means != "token" or visitor.may("administer") or visitor.name == f"{account}/{name}"


def _fields(limits: LimitsSent) -> dict[str, str]:
    """Give limits as the page's form has them."""
    lists = {kind: ", ".join(getattr(limits, kind)) for kind in LISTS}
    times = {kind: moment.isoformat() for kind in TIMES if (moment := getattr(limits, kind)) is not None}
    return {**lists, **times}


def _invited(served: Desk, name: str, once: Once | None) -> Invited:
    account = served.access.accounts.get(name)
    return Invited(user=_user(account, _unseen(served, account)), welcome=once.link if once else "")


def _unseen(served: Desk, account: Account) -> list[str]:
    return list(unseen(served.sights, account.limits))


def _limits(sent: LimitsSent) -> Limits:
    given = {name: getattr(sent, name) for name in (*LISTS, *TIMES)}
    try:
        return typed(given)
    except LimitsError as error:
        raise _unclear(str(error), "limits") from error


@contextmanager
def _answering() -> Iterator[None]:
    """Answer what cannot be done with an account: 404, 409 or 422."""
    try:
        yield
    except UnknownAccountError as error:
        raise ApiError(404, words.sentence(str(error))) from error
    except LimitsError as error:
        raise _unclear(str(error), "limits") from error
    except AccountError as error:
        raise ApiError(_CONFLICT, words.sentence(str(error))) from error


def _unclear(what: str, name: str) -> ApiError:
    said = words.sentence(what)
    return ApiError(_UNCLEAR, f"This cannot be done: {said}", [Fault(where="body", name=name, what=said)])


def _user(account: Account, unseen_masks: Sequence[str] = ()) -> User:
    return User(
        name=account.name,
        role=account.role,
        limits=limits_given(account.limits),
        disabled=account.disabled,
        has_password=account.has_password,
        has_totp=account.has_totp,
        subject=account.subject,
        created=_at(account.created),
        seen=None if account.seen is None else _at(account.seen),
        unseen_masks=list(unseen_masks),
    )


def _token(token: Token) -> TokenGiven:
    return TokenGiven(
        account=token.account,
        name=token.name,
        role=token.role,
        limits=limits_given(token.limits),
        created=_at(token.created),
        seen=None if token.seen is None else _at(token.seen),
        revoked=None if token.revoked is None else _at(token.revoked),
    )


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
