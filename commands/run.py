"""`sysledger run`: the appliance, or one role of it."""

import os
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from commands.configuration import accept, read_anew, roles_of
from commands.roles import main_of
from commands.settings import Settings, configuration_folder, handed_settings, load_settings, own_listener
from commands.settings_trail import SettingsTrail
from commands.words import fail, release, tell
from storage.layout import Layout
from supervisor import options
from supervisor.options import RoleName

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import BaseModel

    from supervisor.reloading import Accepted


def run(
    config: options.Config = None,
    data: options.Data = None,
    role: options.Role = None,
    number: options.Number = 0,
    lifeline: options.Lifeline = -1,
) -> None:
    """Start everything, or one role, in the foreground. Ctrl-C stops it; SIGHUP reloads the settings."""
    from supervisor import appliance

    settings = handed_settings(config, data)
    layout = Layout(settings.data)
    try:
        str(layout.data.absolute()).encode()  # a path stands in reports and in ZeroMQ's addresses
        layout.data.mkdir(parents=True, exist_ok=True)
    except UnicodeEncodeError:
        fail(f"the path {str(layout.data)!a} is not UTF-8: name another with --data", os.EX_CANTCREAT)
    except OSError as error:
        fail(f"the data folder cannot be made: {error}; name another with --data", os.EX_CANTCREAT)
    name = "supervisor" if role is None else appliance.process_name(role, number)
    with appliance.own_process(name, settings.supervisor.log_level, own_listener(settings)):
        from supervisor.activation import take_sockets

        sockets = take_sockets(os.environ, os.getpid())
        if role is None:
            from collector.held import HeldSockets

            accepted, told = accept(settings), SettingsTrail(settings, config)

            def opened() -> HeldSockets:
                held = HeldSockets(accepted.collector, sockets)
                told.started()  # the trail's socket among them, and no other appliance runs here
                return held

            configuration = appliance.Configuration(
                accepted,
                read=partial(_read_and_tell, partial(read_anew, config, data, settings), told),
                roles=partial(roles_of, settings.data, config),
                sockets=opened,
                own_log=lambda new: told.taken(_own_log(name, new.handed)),
                welcome=partial(welcome_link, settings),
            )
            sys.exit(appliance.supervise(layout.run, configuration, release()))
        from supervisor.lifeline import Lifeline
        from supervisor.roles import serve

        main_of_role = main_of(role, settings, layout, number, sockets, configuration_folder(config))
        line = Lifeline(lifeline) if lifeline >= 0 else None
        serve(name, main_of_role, layout.run, line, partial(section_anew, role, name, config, data))


def welcome_link(settings: Settings, url: str) -> str:
    """Give the link that makes the first account; empty when there is one, or nobody signs in.

    It goes to whoever started the appliance, and nowhere else: neither log nor reports have it.
    """
    from access.access import Access
    from access.database import DatabaseError

    if settings.web.sign_in == "off":
        return ""
    try:
        access = Access(Layout(settings.data).access)
    except DatabaseError as error:
        tell(f"no link for the first account: {error}")
        return ""
    with closing(access):
        secret = access.invitations.first()
    return "" if secret is None else f"{url}welcome/{secret}"


def section_anew(
    role: RoleName, name: str, config: Path | None, data: Path | None, handed: bytes | None
) -> "BaseModel":
    """Give a role's settings at a reload, and bring its own log to the new ones.

    Raises:
        ConfigError: with every problem.
    """
    from supervisor import selflog
    from supervisor.handed import receive

    settings = load_settings(config, data) if handed is None else Settings(**receive(handed))
    selflog.change(name, settings.supervisor.log_level, own_listener(settings))
    section = {RoleName.INDEXER: "storage"}.get(role, role.value)
    found: BaseModel = getattr(settings, section)
    return found


def _read_and_tell(read: "Callable[[], Accepted]", told: SettingsTrail) -> "Accepted":
    """Read the configuration for a reload; tell the trail when it is refused."""
    from supervisor.reloading import RefusedError

    try:
        return read()
    except RefusedError as error:
        told.refused(len(error.problems))
        raise


def _own_log(name: str, handed: bytes) -> Settings:
    """Bring this process' own log to new settings, and give these."""
    from supervisor import selflog
    from supervisor.handed import receive

    settings = Settings(**receive(handed))
    selflog.change(name, settings.supervisor.log_level, own_listener(settings))
    return settings
