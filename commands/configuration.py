"""`sysledger check-config` and `sysledger reload`: a configuration is checked, accepted, and put to use."""

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from commands.roles import tenants_of_canaries
from commands.settings import (
    Settings,
    configuration_folder,
    handed_settings,
    kinds_here,
    load_settings,
    own_listener,
    settings_model,
    trailed,
)
from commands.trail import from_the_console, record_if_can
from commands.words import fail, tell
from storage.layout import Layout
from supervisor import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collector.held import HeldSockets
    from supervisor.reloading import Accepted
    from supervisor.role import Role


def check_config(
    config: options.Config = None, data: options.Data = None, print_default: options.PrintDefault = False
) -> None:
    """Check the configuration and tell every mistake at once."""
    if print_default:
        from supervisor.reference import reference

        print(reference(settings_model()), end="")
        return
    from collector.credentials import check_files
    from collector.rules import load_rules
    from relay.tls import check_files as check_files_of_relay
    from tenants.file import read_registry
    from web.tls import check_files as check_files_of_pages

    every = handed_settings(config, data)
    settings = every.collector
    read_registry(Layout(every.data).tenants)
    if unusable := [
        *check_files(settings),
        *check_files_of_relay(every.relay),
        *check_files_of_pages(every.web),
    ]:
        fail("\n".join(unusable), os.EX_CONFIG)
    # The collector goes on without a faulty rule, so that one keeps nobody from starting it.
    for problem in load_rules(settings, configuration_folder(config))[1]:
        tell(f"left out: {problem}")
    print(f"{config or 'the default configuration'}: no mistakes")


def reload(config: options.Config = None, data: options.Data = None) -> None:
    """Have the running appliance use the configuration as it is now, without a stop. A bad one is refused."""
    from supervisor.asking_reload import ask_reload

    check_config(config, data)
    layout = Layout(load_settings(config, data).data)
    outcome = ask_reload(layout.run)
    with from_the_console(layout):
        record_if_can("settings.ask-reload", str(config or ""), "done" if outcome["used"] else "refused")
    for note in outcome["notes"]:
        tell(note)
    for problem in outcome["problems"]:
        tell(problem)
    if not outcome["used"]:
        fail("the new configuration is refused; everything stays as it is", os.EX_CONFIG)
    if not outcome["ok"]:
        fail("the new configuration is in use, with the problems above", os.EX_SOFTWARE)
    print(f"reload {outcome['number']}: the new configuration is in use")


def accept(settings: Settings, notes: "Sequence[str]" = ()) -> "Accepted":
    """Give a configuration that was checked, as the supervisor sees it."""
    from supervisor.appliance import roles
    from supervisor.handed import hand
    from supervisor.reloading import Accepted

    kinds = kinds_here(settings)
    own_log = settings.supervisor.log_level, own_listener(settings)
    receiving = settings.collector
    if "collector" not in kinds:
        receiving = receiving.model_copy(update={"listeners": {}})
    senders = settings.collector.listeners, settings.collector.sources
    shown = settings.storage.retention, settings.storage.keep_free  # the pages tell of these
    whose = tenants_of_canaries(settings.collector, Layout(settings.data))
    return Accepted(
        settings.supervisor,
        receiving,
        hand({field.name: getattr(settings, field.name) for field in fields(settings)}),
        sections={
            "collector": (own_log, settings.collector),
            "storage": (own_log, settings.storage),
            "indexer": (own_log, settings.storage),
            "web": (own_log, settings.web, senders, shown, settings.watch),
            "relay": (own_log, settings.relay),
            "watch": (own_log, settings.watch, senders, whose),
        },
        kinds=kinds,
        names=tuple(role.name for role in roles(settings.data, None, receiving.processes, kinds=kinds)),
        processes=receiving.processes,
        notes=tuple(notes),
    )


def roles_of(data: Path, config: Path | None, accepted: "Accepted", sockets: "HeldSockets") -> "list[Role]":
    """Give the processes of a configuration."""
    from supervisor.appliance import roles

    return roles(data, config, accepted.processes, kinds=accepted.kinds, sockets=sockets.of)


def read_anew(config: Path | None, data: Path | None, started: Settings) -> "Accepted":
    """Read and check the configuration for a reload. What only a start can change stays as it was started.

    Raises:
        RefusedError: with every problem.
    """
    from supervisor.checking import check_files
    from supervisor.config import ConfigError
    from supervisor.reloading import RefusedError
    from tenants.file import RegistryError

    try:
        settings = load_settings(config, data)
    except ConfigError as error:
        raise RefusedError(str(error).splitlines()) from error
    later = "takes effect at the next start of everything"
    notes = []
    if settings.data != started.data:
        notes.append(f"data = {str(settings.data)!r} {later}")
    if settings.collector.processes != started.collector.processes:
        notes.append(f"collector.processes = {settings.collector.processes} {later}")
    same = {"processes": started.collector.processes}
    receiving = trailed(settings.collector.model_copy(update=same), Layout(started.data))
    settings = replace(settings, data=started.data, collector=receiving)
    try:
        accepted = accept(settings)
    except RegistryError as error:
        raise RefusedError([str(error)]) from error
    notes += check_files(accepted.handed, config)
    return replace(accepted, notes=tuple(notes))
