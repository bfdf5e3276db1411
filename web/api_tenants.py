"""/api/v1/tenants: who the tenants are, and every change of them, by what the page changes them with."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Annotated, Final

from pydantic import Field
from starlette.requests import Request

from access.tenants import Tenants
from access.trail import recorded
from tenants.file import RegistryError
from tenants.names import NAME_PATTERN, TenantError
from tenants.rules import Kind
from tenants.tenant import LEAST_ROOM, LONGEST_LABEL, MOST_DAYS, MOST_OCTETS, Tenant
from web import words
from web.api_operation import WHOLE, Asked, Given, Nothing, Sent
from web.api_problem import ApiError
from web.appliance import Appliance, office
from web.desk import Desk, desk
from web.errors import DamagedError
from web.tenants import read, told_of

_CONFLICT: Final = 409
_ROOM: Final = (
    "Octets on the disk, of archive and index, above which its oldest days expire before their time"
)

Name = Annotated[str, Field(pattern=f"^{NAME_PATTERN}$", description="Name of the tenant.")]
Title = Annotated[str, Field(min_length=1, max_length=100, description="What people call it.")]
Label = Annotated[
    str, Field(min_length=1, max_length=LONGEST_LABEL, description="What people call the token.")
]


class TenantAsked(Asked):
    """Which tenant."""

    name: Name


class TokenAsked(TenantAsked):
    """Which token of a tenant."""

    label: Label


class TenantSent(Sent):
    """A new tenant."""

    name: Name
    title: Title | None = Field(default=None, description="What people call it; without it, its name.")


class TenantChange(Sent):
    """What is to change of a tenant; what is left out stays."""

    title: Title | None = Field(default=None, description="Another title. The name never changes.")
    suspended: bool | None = Field(default=None, description="Whether nobody may read what is stored of it.")
    days: Annotated[int, Field(ge=0, le=MOST_DAYS), WHOLE] | None = Field(
        default=None, description="Days that are kept: 0 for ever, null as storage.retention says."
    )
    quota: Annotated[int, Field(ge=1, le=MOST_OCTETS), WHOLE] | None = Field(
        default=None, description="Octets a day that are agreed upon; null for any number."
    )
    room: Annotated[int, Field(ge=LEAST_ROOM, le=MOST_OCTETS), WHOLE] | None = Field(
        default=None, description=f"{_ROOM}; null for any number."
    )


class RuleSent(Sent):
    """Which messages are a tenant's."""

    kind: Kind
    text: Annotated[str, Field(min_length=1, max_length=1000)] = Field(
        description="The listener's name, the network, or the certificate's fingerprint or name."
    )


class LabelSent(Sent):
    """A new token for messages of a tenant."""

    label: Label


class TenantToken(Given):
    """A token, without its secret."""

    label: str
    created: datetime


class TenantGiven(Given):
    """A tenant."""

    name: str
    title: str
    created: datetime
    suspended: bool
    days: int | None = Field(description="Days that are kept: 0 for ever, null as storage.retention says.")
    quota: int | None = Field(description="Octets a day that are agreed upon; null: no number was.")
    room: int | None = Field(description=f"{_ROOM}; null: its days alone say.")
    octets_today: int = Field(description="Octets of messages that came of it today (UTC).")
    listeners: list[str]
    networks: list[str]
    identities: list[str]
    tokens: list[TenantToken]
    trouble: str | None = Field(
        default=None, description="After a change: why the collectors do not go by it yet; null: they do."
    )


class TenantsGiven(Given):
    """Every tenant of the registry."""

    tenants: list[TenantGiven]


class TenantTokenMade(Given):
    """A new token."""

    label: str
    secret: str = Field(description='For `[tenant@32473 token="…"]` in messages. It is told only now.')
    trouble: str | None = Field(description="Why the collectors do not go by it yet; null: they do.")


async def tenants(request: Request, _asked: Nothing) -> TenantsGiven:
    """Give every tenant."""
    found = await desk(request).work(_all, desk(request), office(request).appliance)
    await recorded("view", "tenants")
    return TenantsGiven(tenants=found)


async def tenant(request: Request, asked: TenantAsked) -> TenantGiven:
    """Give one tenant."""
    return await _one(request, asked.name)


async def add(request: Request, _asked: Nothing, sent: TenantSent) -> TenantGiven:
    """Add a tenant."""
    await _change(request, partial(_registry(request).add, sent.name, sent.title or ""))
    return await _one(request, sent.name, await _reloaded(request))


async def change(request: Request, asked: TenantAsked, sent: TenantChange) -> TenantGiven:
    """Change what was sent of a tenant: all of it, or nothing."""
    await _one(request, asked.name)
    values = {
        field: value
        for field, value in sent.model_dump(exclude_unset=True).items()
        if value is not None or field not in {"title", "suspended"}
    }
    if not values:
        return await _one(request, asked.name)
    await _change(request, partial(_registry(request).change, asked.name, **values))
    return await _one(request, asked.name, await _reloaded(request) if "quota" in values else None)


async def assign(request: Request, asked: TenantAsked, sent: RuleSent) -> TenantGiven:
    """Give a tenant the messages of a listener, a network or a TLS identity."""
    await _one(request, asked.name)
    await _change(request, partial(_registry(request).assign, asked.name, sent.kind, sent.text))
    return await _one(request, asked.name, await _reloaded(request))


async def release(request: Request, asked: TenantAsked, sent: RuleSent) -> TenantGiven:
    """Take a rule from a tenant."""
    await _one(request, asked.name)
    await _change(request, partial(_registry(request).release, asked.name, sent.kind, sent.text))
    return await _one(request, asked.name, await _reloaded(request))


async def add_token(request: Request, asked: TenantAsked, sent: LabelSent) -> TenantTokenMade:
    """Make a token for messages of a tenant."""
    await _one(request, asked.name)
    secret = await _change(request, partial(_registry(request).add_token, asked.name, sent.label))
    trouble = await _reloaded(request)
    return TenantTokenMade(label=sent.label.strip(), secret=secret or "", trouble=trouble)


async def revoke_token(request: Request, asked: TokenAsked) -> TenantGiven:
    """Have a token count no more."""
    found = await _one(request, asked.name)
    if asked.label not in [token.label for token in found.tokens]:
        raise ApiError(404, f"Tenant {asked.name} has no token {asked.label!r}.")
    await _change(request, partial(_registry(request).revoke_token, asked.name, asked.label))
    return await _one(request, asked.name, await _reloaded(request))


def _registry(request: Request) -> Tenants:
    return Tenants(desk(request).layout.tenants)


async def _change(request: Request, change: Callable[[], str | None]) -> str | None:
    """Make a change; give what is told only now.

    Raises:
        ApiError: 409 when it cannot be.
    """
    with _answering():
        return await desk(request).work(change)


async def _reloaded(request: Request) -> str | None:
    """Have the collectors go by what was changed; say why they do not."""
    outcome = await desk(request).work(office(request).appliance.reload)
    return None if outcome.used else told_of(outcome)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except TenantError as error:
        raise ApiError(_CONFLICT, words.sentence(str(error))) from error
    except RegistryError as error:
        raise DamagedError(words.sentence(str(error))) from error


async def _one(request: Request, name: str, trouble: str | None = None) -> TenantGiven:
    """Give one tenant, and what is wrong with a change of it."""
    found = await desk(request).work(_all, desk(request), office(request).appliance)
    for one in found:
        if one.name == name:
            return one.model_copy(update={"trouble": trouble})
    raise ApiError(404, f"There is no tenant {name!r}. GET /api/v1/tenants lists those that there are.")


def _all(served: Desk, appliance: Appliance) -> list[TenantGiven]:
    registry, came = read(served, appliance)
    return [_given(one, came.get(one.name, 0)) for one in registry.tenants]


def _given(tenant: Tenant, today: int) -> TenantGiven:
    return TenantGiven(
        name=tenant.name,
        title=tenant.title,
        created=tenant.created,
        suspended=tenant.suspended,
        days=tenant.days,
        quota=tenant.quota,
        room=tenant.room,
        octets_today=today,
        listeners=list(tenant.listeners),
        networks=list(tenant.networks),
        identities=list(tenant.identities),
        tokens=[TenantToken(label=token.label, created=token.created) for token in tenant.tokens],
    )
