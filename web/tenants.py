"""/tenants: who the tenants are, what is theirs, and what came of each; and a form to add one."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from access.tenants import Tenants
from access.trail import record
from storage.daily import StreamDays
from storage.settings import KEEP_FOR_EVER, StorageSettings
from tenants.file import RegistryError, read_registry
from tenants.names import TRAIL, TenantError
from tenants.registry import Registry
from tenants.tenant import Tenant
from web import figures, words
from web.appliance import Appliance, Reloaded, office
from web.desk import Desk, desk
from web.errors import DamagedError
from web.forms import submitted
from web.operating import Age

TEMPLATE: Final = "tenants.html"


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of a tenant: streams, messages, and octets on the disk."""

    streams: tuple[str, ...] = ()
    messages: int = 0
    octets: int = 0
    archived: int = 0  # octets of archive and index, which a room is for
    first_day: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A tenant as the pages show it."""

    tenant: Tenant
    rules: tuple[tuple[str, str], ...]  # kind and text
    kept: str
    today: int
    is_above: bool
    stored: Stored

    @property
    def is_crowded(self) -> bool:
        """It takes more than its room."""
        return self.tenant.room is not None and self.stored.archived > self.tenant.room

    @property
    def address(self) -> str:
        """Where its own page is."""
        return f"/tenants/{self.tenant.name}"


@dataclass(frozen=True, slots=True)
class View:
    """All tenants, and names that messages are stored under or sent to and that the registry has not."""

    rows: tuple[Row, ...]
    others: tuple[str, ...]


async def tenants(request: Request) -> Response:
    """Show the tenants."""
    return await _page(request)


async def add(request: Request) -> Response:
    """Add a tenant."""
    served, fields = desk(request), await submitted(request)
    name, title = fields.get("name", "").strip(), fields.get("title", "")
    try:
        await served.work(partial(Tenants(served.layout.tenants).add, name, title))
    except TenantError as error:
        return await _page(request, trouble=words.sentence(str(error)), name=name, title=title)
    outcome = await served.work(office(request).appliance.reload)
    if not outcome.used:
        return await _page(request, trouble=told_of(outcome))
    return RedirectResponse(f"/tenants/{name}?done=add", 303)


async def _page(request: Request, trouble: str = "", name: str = "", title: str = "") -> Response:
    served, known = desk(request), office(request)
    counted = await known.days()
    registry, came = await served.work(read, served, known.appliance)
    view = build(registry, counted.value or (), came, known.appliance)
    if not trouble:
        await served.work(record, "view", "tenants")
    return served.page(
        TEMPLATE,
        400 if trouble else 200,
        page="tenants",
        say=figures,
        view=view,
        counted=Age.of(counted),
        trouble=trouble,
        name=name,
        title=title,
    )


def read(served: Desk, appliance: Appliance) -> tuple[Registry, Mapping[str, int]]:
    """Read the registry, and what came of each tenant today.

    Raises:
        DamagedError: when the registry cannot be read.
    """
    try:
        return read_registry(served.layout.tenants), appliance.received()
    except RegistryError as error:
        raise DamagedError(str(error)) from error


def build(
    registry: Registry, streams: Iterable[StreamDays], came: Mapping[str, int], appliance: Appliance
) -> View:
    """Put together what is shown of all tenants.

    Args:
        registry: the tenants.
        streams: what is stored, of all tenants.
        came: octets of messages that came of each today.
        appliance: the settings of listeners and storage.
    """
    stored = _stored(streams)
    set_by_conf = {str(one.get("tenant")) for one in appliance.listeners.values()}
    known = {tenant.name for tenant in registry.tenants}
    rows = tuple(
        row_of(tenant, stored.get(tenant.name, Stored()), came, appliance.storage)
        for tenant in registry.tenants
    )
    return View(rows, tuple(sorted(({*stored} | set_by_conf) - known - {TRAIL})))


def row_of(tenant: Tenant, stored: Stored, came: Mapping[str, int], storage: StorageSettings) -> Row:
    """Put together what is shown of one tenant."""
    today = came.get(tenant.name, 0)
    rules = (
        *(("listener", text) for text in tenant.listeners),
        *(("network", text) for text in tenant.networks),
        *(("certificate", text) for text in tenant.identities),
        *(("token", token.label) for token in tenant.tokens),
    )
    is_above = tenant.quota is not None and today > tenant.quota
    return Row(tenant, rules, kept(tenant, storage), today, is_above, stored)


def kept(tenant: Tenant, storage: StorageSettings) -> str:
    """Say how long a tenant's messages are kept."""
    days = storage.retention.days if tenant.days is None else tenant.days
    said = "for ever" if days == KEEP_FOR_EVER else f"{days:,} day{'' if days == 1 else 's'}"
    return f"{said}, as set for all" if tenant.days is None else said


def stored_of(streams: Iterable[StreamDays], name: str) -> Stored:
    """Give what is stored of one tenant."""
    return _stored(one for one in streams if one.name.tenant == name).get(name, Stored())


def _stored(streams: Iterable[StreamDays]) -> dict[str, Stored]:
    by_tenant: dict[str, list[StreamDays]] = defaultdict(list)
    for one in streams:
        by_tenant[one.name.tenant].append(one)
    return {tenant: _sum(several) for tenant, several in by_tenant.items()}


def _sum(streams: Sequence[StreamDays]) -> Stored:
    days = [day for one in streams for day in one.days]
    return Stored(
        tuple(one.name.stream for one in streams),
        sum(day.messages for day in days) + sum(one.journal_messages for one in streams),
        sum(day.octets for day in days) + sum(one.journal_octets for one in streams),
        sum(day.octets for day in days),
        min((day.day.isoformat() for day in days), default=""),
    )


def told_of(outcome: Reloaded) -> str:
    """Say that a change is written and not in use, and why."""
    return " ".join(["The change is written, but the collectors do not go by it yet.", *outcome.problems])
