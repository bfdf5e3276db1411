"""`sysledger run`: the appliance, or one role of it."""

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from commands.configuration import accept, read_anew, roles_of
from commands.roles import main_of
from commands.settings import Settings, configuration_folder, handed_settings, load_settings, own_listener
from commands.words import fail, release
from storage.layout import Layout
from supervisor import options
from supervisor.options import RoleName

if TYPE_CHECKING:
    from pydantic import BaseModel


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

            accepted = accept(settings)
            configuration = appliance.Configuration(
                accepted,
                read=partial(read_anew, config, data, settings),
                roles=partial(roles_of, settings.data, config),
                sockets=lambda: HeldSockets(accepted.collector, sockets),
                own_log=lambda new: _own_log(name, new.handed),
            )
            sys.exit(appliance.supervise(layout.run, configuration, release()))
        from supervisor.lifeline import Lifeline
        from supervisor.roles import serve

        main_of_role = main_of(role, settings, layout, number, sockets, configuration_folder(config))
        line = Lifeline(lifeline) if lifeline >= 0 else None
        serve(name, main_of_role, layout.run, line, partial(section_anew, role, name, config, data))


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


def _own_log(name: str, handed: bytes) -> None:
    """Bring this process' own log to new settings."""
    from supervisor import selflog
    from supervisor.handed import receive

    settings = Settings(**receive(handed))
    selflog.change(name, settings.supervisor.log_level, own_listener(settings))
