"""/api/v1/me and /api/v1/streams: who asks, and what there is for them."""

from datetime import date, datetime

from pydantic import Field

from access.visitor import PERMISSIONS, Limits, Means, Permission, Role, current
from web.api_operation import Given, Nothing
from web.desk import Desk


class LimitsGiven(Given):
    """What an account may see of everything stored; what is empty or null limits nothing."""

    tenants: list[str]
    streams: list[str] = Field(description="As tenant/stream.")
    hosts: list[str] = Field(description="Patterns of HOSTNAME.")
    networks: list[str] = Field(description="Networks of peers.")
    start: datetime | None = Field(serialization_alias="from", description="The first receive time.")
    end: datetime | None = Field(
        serialization_alias="to", description="The receive time before which records end."
    )
    until: datetime | None = Field(description="When all of it ends.")
    masked: list[str] = Field(description="Columns and fields whose values are not shown.")


class Me(Given):
    """Who asks."""

    name: str = Field(description="Of the account; a token's is ACCOUNT/TOKEN.")
    role: Role
    means: Means = Field(description="How the appliance knows.")
    permissions: list[Permission]
    limits: LimitsGiven


class Stream(Given):
    """A named log inside a tenant."""

    tenant: str
    stream: str
    first_day: date | None = Field(description="The oldest day in the archive; null: none yet, or not told.")
    last_day: date | None = Field(description="The newest day in the archive, likewise.")
    days: int | None = Field(description="Days in the archive; null for accounts that see a part of it only.")


class Streams(Given):
    """Every stream that the account may see."""

    streams: list[Stream]


def me(_served: Desk, _asked: Nothing) -> Me:
    """Give who asks."""
    visitor = current()
    return Me(
        name=visitor.name,
        role=visitor.role,
        means=visitor.means,
        permissions=sorted(one for one in PERMISSIONS[visitor.role] if visitor.may(one)),
        limits=limits_given(visitor.limits),
    )


def limits_given(limits: Limits) -> LimitsGiven:
    """Give limits as the API does."""
    return LimitsGiven(
        tenants=list(limits.tenants),
        streams=list(limits.streams),
        hosts=list(limits.hosts),
        networks=list(limits.networks),
        start=limits.start,
        end=limits.end,
        until=limits.until,
        masked=list(limits.masked),
    )


def streams(served: Desk, _asked: Nothing) -> Streams:
    """Give every stream that is there for who asks; how far it reaches only to who may see all of it."""
    is_whole = served.searcher.view.is_open
    found = []
    for name in served.streams():
        days = list(served.layout.archived_days(name)) if is_whole else []
        first, last = (days[0], days[-1]) if days else (None, None)
        number = len(days) if is_whole else None
        found.append(
            Stream(tenant=name.tenant, stream=name.stream, first_day=first, last_day=last, days=number)
        )
    return Streams(streams=found)
