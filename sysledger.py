"""The command line of Sysledger: the table of its commands, and the process around them.

What a command does stands in the package commands/. Every command imports what it needs when it runs, so that
`sysledger --help` answers at once.
"""

import os
from collections.abc import Callable, Mapping
from typing import Final

import typer

from commands import (
    configuration,
    exporting,
    index,
    ledger,
    proof,
    reading,
    retention,
    reviews,
    rules,
    run,
    searching,
    sources,
    status,
    tenants,
    tls,
    users,
)
from commands.words import fail, open_standard_files, release

UMASK: Final = 0o027  # what is received is nobody else's to read

app = typer.Typer(
    help="Sysledger: a syslog collector. Every message kept as it came, searchable for years.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command()
def version() -> None:
    """Print the version."""
    print(release())


COMMANDS: Final = (
    run.run, configuration.check_config, configuration.reload,
    reading.parse, reading.explain,
    searching.search, searching.tail, searching.cat, exporting.export,
    status.status, sources.sources, proof.verify, proof.balance, retention.retention,
)  # fmt: skip
GROUPS: Final[Mapping[str, tuple[str, Mapping[str, Callable[..., None]]]]] = {
    "index": (
        "The search index: made from the archive, at will.",
        {"status": index.index_status, "rebuild": index.index_rebuild},
    ),
    "ledger": (
        "The ledgers: what was stored, signed, and proven to whoever asks.",
        {
            "show": ledger.ledger_show,
            "checkpoint": ledger.ledger_checkpoint,
            "key": ledger.ledger_key,
            "verify": ledger.ledger_verify,
            "check": ledger.ledger_check,
        },
    ),
    "tls": (
        "Keys, certificates and fingerprints, for this collector and for its senders.",
        {
            "show": tls.tls_show,
            "fingerprint": tls.tls_fingerprint,
            "init-ca": tls.tls_init_ca,
            "issue": tls.tls_issue,
            "sign": tls.tls_sign,
        },
    ),
    "handoff": ("Collectors and storage on different machines.", {"key": tls.handoff_key}),
    "user": (
        "Accounts: who may sign in to the pages, as what, and what they see.",
        {
            "add": users.user_add,
            "passwd": users.user_passwd,
            "role": users.user_role,
            "limit": users.user_limit,
            "disable": users.user_disable,
            "enable": users.user_enable,
            "factor-off": users.user_factor_off,
            "list": users.user_list,
        },
    ),
    "token": (
        "API tokens: what programs send instead of signing in.",
        {"add": users.token_add, "revoke": users.token_revoke, "list": users.token_list},
    ),
    "tenant": (
        "Tenants: whose messages are whose, how long they are kept, and who may be read.",
        {
            "add": tenants.tenant_add,
            "rename": tenants.tenant_rename,
            "suspend": tenants.tenant_suspend,
            "resume": tenants.tenant_resume,
            "set": tenants.tenant_set,
            "assign": tenants.tenant_assign,
            "release": tenants.tenant_release,
            "token": tenants.tenant_token,
            "list": tenants.tenant_list,
            "export": tenants.tenant_export,
            "import": tenants.tenant_import,
        },
    ),
    "findings": (
        "Findings: results that somebody put their name to.",
        {"list": reviews.findings_list, "verify": reviews.findings_verify},
    ),
    "reviews": (
        "Reviews: results of saved searches that somebody signs off.",
        {"list": reviews.reviews_list, "record": reviews.reviews_record},
    ),
    "rules": (
        "Rule files: their faults, and what they match.",
        {"check": rules.rules_check, "test": rules.rules_test},
    ),
}

for command in COMMANDS:
    app.command()(command)
for group, (about, several) in GROUPS.items():
    grouped = typer.Typer(help=about, no_args_is_help=True)
    app.add_typer(grouped, name=group)
    for name, command in several.items():
        grouped.command(name)(command)


def main() -> None:
    """Run the command line. Errors end with what to do next, and with an exit code by sysexits."""
    open_standard_files()
    os.umask(UMASK)
    from supervisor.garbage import collect_seldom
    from supervisor.limits import allow_many_files
    from supervisor.thrift import choose_pool

    choose_pool()
    collect_seldom()
    allow_many_files()
    try:
        app()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told and ends the command
        from supervisor.roles import explain as explained

        told, code = explained(error)
        fail(told, code)


if __name__ == "__main__":
    main()
