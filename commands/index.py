"""`sysledger index`: the search index, made from the archive at will."""

import json
from dataclasses import asdict
from datetime import date
from functools import partial
from typing import Any

from commands.arguments import open_layout
from commands.settings import load_settings
from commands.words import tell
from supervisor import options
from supervisor.options import StateOutput


def index_status(
    config: options.Config = None, data: options.Data = None, output: options.State = StateOutput.TABLE
) -> None:
    """Show what is indexed. What is not indexed yet is searched all the same, only slower."""
    from storage.indexer import status as index_states

    rows = [flat(asdict(one)) for one in index_states(open_layout(load_settings(config, data)))]
    if output == StateOutput.JSON:
        print(json.dumps(rows))
        return
    from supervisor.terminal import console, table

    columns = ("segments", "indexed", "pending", "segment_octets", "index_octets")
    shown = [[f"{row['tenant']}/{row['stream']}", *(row[column] for column in columns)] for row in rows]
    console().print(table(("stream", *columns), shown))


def index_rebuild(config: options.Config = None, data: options.Data = None) -> None:
    """Make the index anew from the archive. Searches stay complete meanwhile."""
    from storage.indexer import rebuild

    layout = open_layout(load_settings(config, data))
    for name in layout.streams():
        stream = f"{name.tenant}/{name.stream}"
        messages = rebuild(layout, name, progress=partial(_tell_step, stream))
        print(f"{stream}: {messages:,} messages indexed")


def _tell_step(stream: str, day: date, done: int, count: int) -> None:
    tell(f"{stream} {day}: {done:,} of {count:,} segments")


def flat(row: dict[str, Any]) -> dict[str, Any]:
    """Put a stream's name into its row, in place of the object."""
    return {**row.pop("name"), **row}
