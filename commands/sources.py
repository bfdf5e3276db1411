"""`sysledger sources`: who sends."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from commands.arguments import open_layout
from commands.roles import silent_of, watched_listeners
from commands.settings import Settings, load_settings
from commands.words import end_with_the_pipe, number_of, tell
from storage.layout import Layout
from supervisor import options
from supervisor.options import StateOutput

if TYPE_CHECKING:
    from watch.watch import Watch


def sources(
    which: options.HostOrPeer = None,
    config: options.Config = None,
    data: options.Data = None,
    silent: options.Silent = False,
    findings: options.OnlyFindings = False,
    update: options.Update = False,
    rebuild: options.Rebuild = False,
    output: options.State = StateOutput.TABLE,
) -> None:
    """Show who sends: since when, how, how much, by what clock; and what is out of the ordinary."""
    from watch import shown

    watch = _watch(config, data, update=update, rebuild=rebuild)
    told = shown.document(watch.inventory, watch.findings, watch.situation(datetime.now(UTC).timestamp()))
    told = shown.chosen(told, which, silent=silent)
    end_with_the_pipe()
    if output == StateOutput.JSON:
        print(json.dumps(told))
        return
    from supervisor.terminal import console, table

    screen = console()
    if findings:
        rows = shown.finding_rows([*told["findings"], *told["ended"]])
        screen.print(table(shown.FINDING_COLUMNS, rows) if rows else "no findings")
        return
    screen.print(table(shown.COLUMNS, shown.rows(told["sources"])))
    lasting = number_of(len(told["findings"]), "finding")
    screen.print(f"{number_of(len(told['sources']), 'source')}, {lasting}: see --findings, and --output json")


def watch_of(settings: Settings, layout: Layout) -> "Watch":
    """Give the watch of these settings, which has read nothing yet."""
    from storage.catalogue import Catalogue
    from watch.watch import Watch

    listeners, silent = watched_listeners(settings.collector, layout), silent_of(settings.collector)
    return Watch(settings.watch, Catalogue(layout), layout.watch, layout.run, listeners, silent)


def _watch(config: Path | None, data: Path | None, *, update: bool, rebuild: bool) -> "Watch":
    """Give the inventory as the watch wrote it, or brought up to date, or made anew and written."""
    from contextlib import nullcontext

    from supervisor.lock import Lock
    from supervisor.status import lock_path

    settings = load_settings(config, data)
    layout = open_layout(settings)
    watch = watch_of(settings, layout)
    # While it is made anew no watch may write another.
    with Lock(lock_path(layout.run, "watch"), "role watch") if rebuild else nullcontext():
        if rebuild:
            watch.look_back = None
        elif not watch.begin():
            update = True  # the watch has not written any yet: what it would find is told
        while (update or rebuild) and watch.look()[1]:
            tell(f"{watch.report()['watched_messages']:,} messages read, {watch.report()['behind']:,} to go")
        if rebuild:
            watch.keep()
        elif update:
            watch.judge()
    return watch
