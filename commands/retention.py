"""`sysledger retention`: what is to expire."""

from datetime import UTC, datetime
from typing import Final

from commands.arguments import open_layout
from commands.settings import load_settings, own_listener
from commands.trail import from_the_console, record_if_can
from supervisor import options

_WHY: Final = {
    "age": "",
    "tenant's room": ", for want of room: its tenant takes more than it has",
    "room of all": ", for want of room: all take more than storage.retention.room",
}


def retention(
    config: options.Config = None,
    data: options.Data = None,
    dry_run: options.DryRun = False,
    however_many: options.HoweverMany = False,
) -> None:
    """Expire the days that are older than they are kept, and the oldest where room is short. Never today."""
    from storage.retention import expire
    from supervisor import appliance

    settings = load_settings(config, data)
    layout = open_layout(settings)
    with appliance.own_process("retention", settings.supervisor.log_level, own_listener(settings)):
        today = datetime.now(UTC).date()
        done = expire(layout, settings.storage, today, dry_run=dry_run, however_many=however_many)
    for one in [] if dry_run else done:
        with from_the_console(layout):
            target = f"{one.name.tenant}/{one.name.stream}"
            record_if_can("retention.expire", target, day=one.day, messages=one.messages, why=one.why)
    for one in done:
        print(
            f"{'would expire' if dry_run else 'expired'} {one.day} of {one.name.tenant}/{one.name.stream}: "
            f"{one.messages:,} messages in {one.files:,} files of {one.octets:,} octets{_WHY[one.why]}"
        )
    if not done:
        print("nothing to expire: no day is older than it is kept, or may go for want of room")
