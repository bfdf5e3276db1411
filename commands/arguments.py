"""What stands on the command line, made into what the packages take."""

import os
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import typer

from commands.settings import Settings, load_settings
from commands.words import fail, tell
from storage.layout import Layout, StreamName
from supervisor.options import FormatName

if TYPE_CHECKING:
    from collections.abc import Callable

    from collector.applied import Applied


Given = TypeVar("Given")
Checked = TypeVar("Checked")
NANOSECONDS_REACH: Final = 2**63  # on both sides of 1970, in the 64 bits that received_at has


def open_layout(settings: Settings) -> Layout:
    """Give the data folder, which has to be there, and to be ours to read."""
    layout = Layout(settings.data)
    if not layout.data.is_dir():
        what = f"there is no data folder {layout.data}"
        fail(f"{what}: name it with --data, or start sysledger run", os.EX_NOINPUT)
    if not os.access(layout.data, os.R_OK | os.X_OK):
        fail(f"you may not read the data folder {layout.data}: run this as its owner", os.EX_NOPERM)
    return layout


def open_stream(
    config: Path | None, data: Path | None, tenant: str, stream: str
) -> tuple[Layout, StreamName]:
    """Give the data folder's layout and the name of one of its streams, or end the command."""
    try:
        name = StreamName(tenant, stream)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    layout = open_layout(load_settings(config, data))
    there = layout.streams()
    if name not in there:
        known = ", ".join(f"{one.tenant}/{one.stream}" for one in there) or "nothing at all"
        tell(f"nothing is stored under {tenant}/{stream} yet; there is {known}")
    return layout, name


def moment_of(text: str, option: str, *, end: bool = False) -> datetime | None:
    """Give the moment that an option names, None without one, or tell what is wrong with it."""
    from web.times import MomentError, moment

    try:
        return moment(text, datetime.now(UTC), end=end)
    except MomentError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def receipt_of(text: str) -> int:
    """A time of receipt as typed, in nanoseconds since the epoch."""
    since = (moment_of(text, "--received-at") or datetime.now(UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    nanoseconds = since // timedelta(microseconds=1) * 1000
    if abs(nanoseconds) >= NANOSECONDS_REACH:
        raise typer.BadParameter(
            f"{text!r}: write a time between 1678 and 2262, which nanoseconds reach",
            param_hint="--received-at",
        )
    return nanoseconds


def day_of(text: str) -> date:
    """Give the UTC day that --date names, or tell what is wrong with it."""
    from web.times import MomentError, moment

    try:
        found = moment(text, datetime.now(UTC))
    except MomentError:
        found = None
    if found is None or found.time() != time(0):
        raise typer.BadParameter(
            f"{text!r} is not a day: write 2026-11-20, today or yesterday", param_hint="--date"
        )
    return found.date()


def applied_settings(
    config: Path | None, listener: str | None, peer: str, form: FormatName | None, timezone: str | None
) -> "Applied":
    """Give the settings that messages are read by, with what the command line says of them."""
    from collector.applied import applied
    from collector.source_settings import timezone_name
    from collector.sources import peer_address

    given = {}
    if form is not None:
        given["format"] = form.value
    if timezone is not None:
        given["timezone"] = checked(timezone_name, timezone, "--timezone")
    if peer:
        checked(peer_address, peer, "--peer")
    settings = load_settings(config, None).collector
    return checked(partial(applied, settings, given=given), listener, "--listener")


def checked(check: "Callable[[Given], Checked]", value: Given, option: str) -> Checked:
    """Give what ``check`` makes of an option's value, or tell what was wrong with it."""
    try:
        return check(value)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
