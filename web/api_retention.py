"""/api/v1/retention: for how long each stream is kept, what expires next, and how long the disk lasts."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any

from pydantic import Field
from starlette.requests import Request

from access.visitor import current
from storage.daily import StreamDays
from storage.expiry import Why
from storage.layout import Layout
from storage.settings import StorageSettings
from web.api_figures import KEEP_DAYS, Aged, DiskForecast, aged, forecast_given, value_of
from web.api_operation import Given, Nothing
from web.appliance import office
from web.desk import desk
from web.operating import foretold, in_thread, keeping, seen_by, utc_now
from web.retention import AHEAD_DAYS, By, Expiry, Room, Rule, planned_of, rooms, rules, upcoming


class RetentionRule(Given):
    """For how long a stream is kept, and what that means now."""

    tenant: str
    stream: str
    keep_days: int = Field(description=KEEP_DAYS)
    by: By = Field(description="By whose word.")
    days: int = Field(description="In the archive.")
    first_day: date | None
    octets: int = Field(description="What it takes on the disk.")
    days_due: int = Field(description="That expire with the next run.")
    held: bool = Field(description="More are due than may go at once, so that none does: see the clock.")


class RoomGiven(Given):
    """What a tenant, or all together, may take of the disk: octets of archive and index."""

    tenant: str | None = Field(description="null: all together.")
    room: int
    octets: int = Field(description="What is taken, without what is older than it is kept.")
    octets_next: int = Field(description="What is taken after the next run.")
    days_due: int = Field(description="That expire for want of this room with the next run.")


class ExpiryGiven(Given):
    """A day that is to expire."""

    at: date = Field(description="With the first run of the retention on this UTC day or after it.")
    due: bool = Field(description="The next run takes it.")
    tenant: str
    stream: str
    day: date
    messages: int
    octets: int
    why: Why = Field(description="It is older than it is kept, or there is want of room.")


class RetentionGiven(Aged):
    """What is kept and what goes."""

    stopped: str | None = Field(
        description="Why nothing expires now, and what to do; null: nothing stops it."
    )
    rules: list[RetentionRule]
    expiries: list[ExpiryGiven] = Field(
        description=f"Of the streams that the account may see, within {AHEAD_DAYS} days, soonest first."
    )
    days_at_once: int = Field(description="Days of a stream that may expire at once; 0: no bound.")
    rooms: list[RoomGiven] = Field(description="Of those all of whose streams the account may see.")
    room_days: int = Field(description="Days before today that do not expire for want of room.")
    disk_octets: int | None = Field(description="null: not known, as is the next then.")
    disk_free_octets: int | None
    keep_free_octets: int = Field(description="What is kept free counts as full.")
    forecast: DiskForecast | None = Field(description="null: how much room is left is not known.")


async def retention(request: Request, _asked: Nothing) -> RetentionGiven:
    """Give what is kept and what goes."""
    known = office(request)
    counted, looked = await known.days(), await known.look()
    every = value_of(counted)
    disk = {} if looked.value is None else looked.value.document.get("disk") or {}
    layout, storage = desk(request).layout, known.appliance.storage
    return await in_thread(partial(_kept, aged(counted), every, disk, layout, storage))


def _kept(
    age: Mapping[str, Any],
    every: Iterable[StreamDays],
    disk: Mapping[str, Any],
    layout: Layout,
    storage: StorageSettings,
) -> RetentionGiven:
    today, kept = utc_now().date(), keeping(layout, storage)
    streams = seen_by(current(), every)
    planned = planned_of(every, kept.policy, today)
    ruled = rules(streams, kept.policy, planned)
    expected = foretold(every, disk.get("free_octets"), storage.keep_free, kept, today)
    return RetentionGiven(
        **age,
        stopped=kept.trouble or None,
        rules=[_rule(one, kept.days_of(one.name), rule) for one, rule in zip(streams, ruled, strict=True)],
        expiries=[_expiry(one) for one in upcoming(streams, kept.policy, planned, today)],
        days_at_once=storage.retention.days_at_once,
        rooms=[_room(one) for one in rooms(every, streams, kept.policy, planned)],
        room_days=storage.retention.room_days,
        disk_octets=disk.get("octets"),
        disk_free_octets=disk.get("free_octets"),
        keep_free_octets=storage.keep_free,
        forecast=forecast_given(expected),
    )


def _rule(one: StreamDays, keep: int, rule: Rule) -> RetentionRule:
    return RetentionRule(
        tenant=one.name.tenant,
        stream=one.name.stream,
        keep_days=keep,
        by=rule.by,
        days=rule.days,
        first_day=one.days[0].day if one.days else None,
        octets=rule.octets,
        days_due=rule.due,
        held=rule.held,
    )


def _room(one: Room) -> RoomGiven:
    return RoomGiven(
        tenant=one.tenant or None, room=one.room, octets=one.taken, octets_next=one.left, days_due=one.days
    )


def _expiry(one: Expiry) -> ExpiryGiven:
    tenant, _, stream = one.stream.partition("/")
    return ExpiryGiven(
        at=date.fromisoformat(one.at),
        due=one.is_due,
        tenant=tenant,
        stream=stream,
        day=date.fromisoformat(one.day),
        messages=one.messages,
        octets=one.octets,
        why=one.why,
    )
