"""`sysledger tenant`: who the tenants are, and whose messages are whose."""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commands.arguments import open_layout
from commands.settings import load_settings
from commands.trail import from_the_console
from commands.words import end_with_the_pipe, fail, tell
from storage.layout import Layout
from supervisor import options
from supervisor.options import StateOutput

if TYPE_CHECKING:
    from collections.abc import Iterator

    from access.tenants import Tenants
    from tenants.tenant import Tenant
    from web.appliance import Reloaded


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
        tenants.rename(name, title)
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
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Set how long a tenant's messages are kept, and how much of them was agreed upon."""
    from tenants.sizes import days_of, quota_of

    if days is None and quota is None:
        fail("nothing to set: give --days, --quota or both", os.EX_USAGE)
    with _changing(config, data) as (tenants, layout):
        if days is not None:
            tenants.keep(name, days_of(days))
            print(f"tenant {name}: days of retention are set; sysledger retention goes by them")
        if quota is not None:
            tenants.allow(name, quota_of(quota))
            print(f"tenant {name}: its quota is set")
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
    with _changing(config, data) as (tenants, layout):
        for kind, text in _rules(listener, network, identity):
            tenants.assign(name, kind, text)
            print(f"{kind} {text} is tenant {name}'s")
            if kind == "listener" and text not in load_settings(config, data).collector.listeners:
                tell(f"there is no listener {text!r} in the configuration yet: nothing comes by it")
        _reload(layout)


def tenant_release(
    name: options.TenantName,
    listener: options.RuleListeners = None,
    network: options.RuleNetworks = None,
    identity: options.RuleIdentities = None,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Take listeners, networks or certificates from a tenant. What was stored stays where it is."""
    with _changing(config, data) as (tenants, layout):
        for kind, text in _rules(listener, network, identity):
            tenants.release(name, kind, text)
            print(f"{kind} {text} is no more tenant {name}'s")
        _reload(layout)


def tenant_token(
    name: options.TenantName,
    label: options.TokenLabel,
    revoke: options.Revoke = False,
    config: options.Config = None,
    data: options.Data = None,
) -> None:
    """Make a token that senders put into STRUCTURED-DATA, and print it once; or revoke one."""
    with _changing(config, data) as (tenants, layout):
        if revoke:
            tenants.revoke_token(name, label)
            print(f"token {label!r} of tenant {name} is revoked")
        else:
            secret = tenants.add_token(name, label)
            tell("this is the only time that the token is shown; have senders put into STRUCTURED-DATA:")
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
    columns = ("tenant", "title", "messages of", "kept", "today", "quota", "")
    console().print(table(columns, rows) if rows else "no tenants: 'sysledger tenant add NAME'")


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
    return tenant.name, tenant.title, "\n".join(rules), kept, today, quota, state


def _rules(
    listeners: Sequence[str] | None, networks: Sequence[str] | None, identities: Sequence[str] | None
) -> "list[tuple[Any, str]]":
    given = {"listener": listeners, "network": networks, "identity": identities}
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
