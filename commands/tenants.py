"""`sysledger tenant`: who the tenants are, and whose messages are whose."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from commands.arguments import open_layout
from commands.settings import load_settings
from commands.trail import from_the_console
from commands.words import end_with_the_pipe, fail, tell
from storage.layout import Layout
from supervisor import options
from supervisor.options import StateOutput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from access.tenants import How, Tenants
    from tenants.rules import Kind
    from tenants.tenant import Tenant
    from web.appliance import Reloaded

LARGEST_REGISTRY: Final = 256 << 20  # octets; what is cut off there is none


def tenant_add(
    name: options.TenantName,
    title: options.Title = "",
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Add a tenant. What is stored under its name already is its own from then on."""
    with _changing(config, data) as (tenants, layout):
        tenants.add(name, title)
        print(f"tenant {name} is there; `sysledger tenant assign` and `tenant token` give it messages")
        _reload(layout)


def tenant_rename(
    name: options.TenantName,
    title: options.NewTitle,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Give a tenant another title. Its name stays: it is its folder's, and stands in every statement."""
    with _changing(config, data) as (tenants, _):
        tenants.change(name, title=title)
        print(f"tenant {name} is called {title.strip()!r}")


def tenant_suspend(
    name: options.TenantName, config: options.Config = None, data: options.Data = None
) -> None:
    """Let nobody read what is stored of a tenant, at once. What comes of it is stored all the same."""
    with _changing(config, data) as (tenants, _):
        tenants.suspend(name)
        print(f"tenant {name} is suspended: nobody can read it; what comes is stored all the same")


def tenant_resume(name: options.TenantName, config: options.Config = None, data: options.Data = None) -> None:
    """Let a suspended tenant be read again."""
    with _changing(config, data) as (tenants, _):
        tenants.suspend(name, suspended=False)
        print(f"tenant {name} can be read again, with all that came meanwhile")


def tenant_set(
    name: options.TenantName,
    days: options.TenantDays = None,
    quota: options.Quota = None,
    room: options.Room = None,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Set how long a tenant's messages are kept, what room they may take, and how much was agreed upon."""
    from tenants.sizes import days_of, quota_of, room_of

    given = {
        field: (read, text)
        for field, read, text in (
            ("days", days_of, days),
            ("quota", quota_of, quota),
            ("room", room_of, room),
        )
        if text is not None
    }
    if not given:
        fail("nothing to set: give --days, --room or --quota", os.EX_USAGE)
    with _changing(config, data) as (tenants, layout):
        tenants.change(name, **{field: read(text) for field, (read, text) in given.items()})
        print(f"tenant {name}: {' and '.join(given)} {'is' if len(given) == 1 else 'are'} set")
        if "days" in given or "room" in given:
            print("sysledger retention goes by it; sysledger retention --dry-run shows what it lets expire")
        if "quota" in given:
            _reload(layout)


def tenant_assign(
    name: options.TenantName,
    listener: options.RuleListeners = None,
    network: options.RuleNetworks = None,
    identity: options.RuleIdentities = None,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Give a tenant the messages of listeners, of peers' networks, or of senders' certificates."""
    rules = _rules(listener, network, identity)
    _change_rules("assign", name, rules, config, data)
    known = load_settings(config, data).collector.listeners
    for kind, text in rules:
        if kind == "listener" and text not in known:
            tell(f"there is no listener {text!r} in the configuration yet: nothing comes by it")


def tenant_release(
    name: options.TenantName,
    listener: options.RuleListeners = None,
    network: options.RuleNetworks = None,
    identity: options.RuleIdentities = None,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Take listeners, networks or certificates from a tenant. What was stored stays where it is."""
    _change_rules("release", name, _rules(listener, network, identity), config, data)


def tenant_token(
    name: options.TenantName,
    label: options.TokenLabel,
    revoke: options.Revoke = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Make a token that senders put into STRUCTURED-DATA or JSON, and print it once; or revoke one."""
    with _changing(config, data) as (tenants, layout):
        if revoke:
            tenants.revoke_token(name, label)
            print(f"token {label!r} of tenant {name} is revoked")
        else:
            secret = tenants.add_token(name, label)
            tell(
                "this is the only time that the token is shown; have senders put into STRUCTURED-DATA what "
                "follows, or by GELF or as JSON the token alone into the object's member _tenant_token:"
            )
            print(f'[tenant@32473 token="{secret}"]', flush=True)
        _reload(layout)


def tenant_list(
    config: options.Config = None,
    data: options.Data = None,
    output: options.State = StateOutput.TABLE,
) -> None:
    """List the tenants: what is theirs, how long it is kept, and what came today."""
    from tenants.file import read_registry

    layout = open_layout(load_settings(config, data))
    found, came = read_registry(layout.tenants).tenants, received_today(layout)
    end_with_the_pipe()
    if output == StateOutput.JSON:
        print(json.dumps([{**_document(one), "octets_today": came.get(one.name, 0)} for one in found]))
        return
    from supervisor.terminal import console, table

    rows = [_row(one, came) for one in found]
    columns = ("tenant", "title", "messages of", "kept", "room", "today", "quota", "")
    console().print(table(columns, rows) if rows else "no tenants: 'sysledger tenant add NAME'")


def tenant_export(config: options.Config = None, data: options.Data = None) -> None:
    """Print the registry, for `sysledger tenant import` on the machines of collectors."""
    from tenants.file import encoded, read_registry

    layout = open_layout(load_settings(config, data))
    end_with_the_pipe()
    print(encoded(read_registry(layout.tenants)).decode(), end="")


def tenant_import(
    file: options.RegistryFile, config: options.Config = None, data: options.Data = None
) -> None:
    """Go by the registry of the machine with the archive, on one with a collector only."""
    from tenants.file import RegistryError, decoded

    if not load_settings(config, data).collector.storage.endpoints:
        fail(
            "storage is on this machine (collector.storage.endpoints is empty), so its registry is the one "
            "that others go by: change it with the other commands",
            os.EX_USAGE,
        )
    with sys.stdin.buffer if str(file) == "-" else file.open("rb") as source:
        octets = source.read(LARGEST_REGISTRY)
    try:
        registry = decoded(octets)
    except RegistryError as error:
        what = "what stdin gives" if str(file) == "-" else str(file)
        fail(f"{what} is {error}: give what `sysledger tenant export` prints", os.EX_DATAERR)
    with _changing(config, data) as (tenants, layout):
        if not tenants.replace(registry):
            print("nothing to change: the registry is the same")
            return
        print(f"the registry has {len(registry.tenants)} tenants")
        _reload(layout)


def received_today(layout: Layout) -> Mapping[str, int]:
    """Give the octets of messages that came of each tenant today (UTC), by the collectors' books."""
    from datetime import UTC, datetime

    from collector.quotas import received

    return received(layout.books, datetime.now(UTC).date())


def _document(tenant: "Tenant") -> dict[str, Any]:
    document = tenant.model_dump(mode="json")
    return {**document, "tokens": [{"label": one.label} for one in tenant.tokens]}


def _row(tenant: "Tenant", came: Mapping[str, int]) -> Sequence[object]:
    from supervisor.terminal import octets

    rules = [
        *(f"listener {text}" for text in tenant.listeners),
        *tenant.networks,
        *tenant.identities,
        *(f"token {token.label!r}" for token in tenant.tokens),
    ]
    kept = "as set" if tenant.days is None else f"{tenant.days} days" if tenant.days else "for ever"
    quota = "none" if tenant.quota is None else octets(tenant.quota)
    today = octets(came.get(tenant.name, 0))
    state = "SUSPENDED" if tenant.suspended else ""
    room = "none" if tenant.room is None else octets(tenant.room)
    return tenant.name, tenant.title, "\n".join(rules), kept, room, today, quota, state


def _change_rules(
    how: "How", name: str, rules: "Sequence[tuple[Kind, str]]", config: Path | None, data: Path | None
) -> None:
    """Give rules to a tenant, or take them from it: all, or none where one of them cannot be."""
    with _changing(config, data) as (tenants, layout):
        tenants.change_rules(how, name, rules)
        for kind, text in rules:
            print(f"{kind} {text} is {'' if how == 'assign' else 'no more '}tenant {name}'s")
        _reload(layout)


def _rules(
    listeners: Sequence[str] | None, networks: Sequence[str] | None, identities: Sequence[str] | None
) -> "list[tuple[Kind, str]]":
    given: Mapping[Kind, Sequence[str] | None] = {
        "listener": listeners,
        "network": networks,
        "identity": identities,
    }
    rules = [(kind, text) for kind, texts in given.items() for text in texts or ()]
    if not rules:
        fail("nothing is named: give --listener, --network or --identity", os.EX_USAGE)
    return rules


@contextmanager
def _changing(config: Path | None, data: Path | None) -> "Iterator[tuple[Tenants, Layout]]":
    """Open the registry of the data folder, as its owner; end the command with what cannot be."""
    from access.tenants import Tenants
    from tenants.names import TenantError

    layout = open_layout(load_settings(config, data))
    if os.geteuid() != (owner := layout.data.stat().st_uid):
        # The appliance could no longer write to a file that root makes.
        fail(f"the data folder {layout.data} is user {owner}'s: run this as that user", os.EX_NOPERM)
    try:
        with from_the_console(layout):
            yield Tenants(layout.tenants), layout
    except TenantError as error:
        fail(str(error), os.EX_USAGE)


def _reload(layout: Layout) -> None:
    """Have the running appliance go by the registry as it is now."""
    outcome = reload_running(layout)
    for problem in outcome.problems:
        tell(problem)
    if not outcome.used:
        fail("the registry is changed, but the appliance does not go by it yet: see above", os.EX_SOFTWARE)
    if outcome.running:
        print("the collectors go by it")
    else:
        print("no `sysledger run` works on this data folder: it is in use from the next start on")


def reload_running(layout: Layout) -> "Reloaded":
    """Reload the appliance of a data folder, if it runs."""
    from supervisor.asking_reload import NoAnswerError, ask_reload
    from supervisor.lock import holder
    from supervisor.status import SUPERVISOR, lock_path
    from web.appliance import Reloaded

    if holder(lock_path(layout.run, SUPERVISOR)) is None:
        return Reloaded()
    try:
        outcome = ask_reload(layout.run)
    except (NoAnswerError, PermissionError) as error:
        return Reloaded(used=False, running=True, problems=(str(error),))
    told = [*outcome["notes"], *outcome["problems"]]
    if not outcome["used"]:
        told.append("The configuration is refused as it is now: mend it, then run sysledger reload.")
    return Reloaded(used=bool(outcome["used"]), running=True, problems=tuple(told))
