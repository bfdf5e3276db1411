"""`sysledger status`: what the running appliance says of itself, and what its files hold."""

import json
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from commands.arguments import open_layout
from commands.index import flat
from commands.settings import Settings, load_settings
from storage.layout import Layout
from supervisor import options
from supervisor.options import StateOutput

if TYPE_CHECKING:
    from supervisor.pace import Pace


def status(
    config: options.Config = None,
    data: options.Data = None,
    output: options.State = StateOutput.TABLE,
    watch: options.Watch = False,
) -> None:
    """Show the state and its reasons, which roles run, what comes in, what is stored, what was lost."""
    settings = load_settings(config, data)
    layout = open_layout(settings)
    if watch:
        if output == StateOutput.JSON:
            raise typer.BadParameter("--watch is for people: leave it out, or --output json")
        from supervisor.live import watch as watch_live
        from supervisor.terminal import live_console

        watch_live(partial(seen, settings, layout), live_console())
        return
    document = _inventory(settings, layout)
    if output == StateOutput.JSON:
        print(json.dumps(document, default=str))
        return
    from supervisor.overview import as_tables
    from supervisor.terminal import console

    screen = console()
    for part in as_tables(document, _pace(settings, layout) if document["live"] else None):
        screen.print(part)


def seen(settings: Settings, layout: Layout) -> dict[str, Any]:
    """Give the state by the status listener, or from the roles' files when that does not answer."""
    from supervisor.asking import ask, listener_url
    from supervisor.overview import overview
    from supervisor.status import read_roles

    url = listener_url(layout.run, settings.supervisor.status)
    live = None if url is None else ask(url)
    return overview(layout.data, read_roles(layout.run), live=live)


def _inventory(settings: Settings, layout: Layout) -> dict[str, Any]:
    """Give the state with what is stored, which is counted from the files."""
    from storage.catalogue import Catalogue
    from storage.indexer import status as index_states
    from storage.inventory import free_octets, holdings
    from supervisor.overview import with_streams

    return with_streams(
        seen(settings, layout),
        [flat(asdict(one)) for one in holdings(layout, Catalogue(layout))],
        pending=sum(one.pending for one in index_states(layout)),
        free=free_octets(layout),
    )


def _pace(settings: Settings, layout: Layout) -> "Pace":
    """Look twice, a report of the roles apart."""
    from time import sleep

    from supervisor.pace import LOOK_SECONDS, Pace

    pace = Pace()
    pace.see(seen(settings, layout))
    sleep(LOOK_SECONDS)
    pace.see(seen(settings, layout))
    return pace
