"""`sysledger search`, `tail` and `cat`: messages out of the files."""

import os
import sys
from typing import TYPE_CHECKING

import typer

from commands.arguments import day_of, moment_of, open_stream
from commands.users import visitor_named
from commands.words import end_with_the_pipe, fail, missing_told, number_of, tell
from storage.layout import DEFAULT_STREAM, DEFAULT_TENANT
from supervisor import options
from supervisor.options import FramingName, RecordOutput, TimeName

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from storage.search import Scope


def search(
    query: options.Query = None,
    config: options.Config = None,
    data: options.Data = None,
    start: options.From = "",
    end: options.To = "",
    which: options.Time = TimeName.RECEIVED,
    tenant: options.Tenant = DEFAULT_TENANT,
    stream: options.Stream = DEFAULT_STREAM,
    limit: options.Limit = 100,
    count: options.Count = False,
    output: options.Records = RecordOutput.TABLE,
    account: options.As = "",
) -> None:
    """Find messages, newest first, with the service running or not."""
    from storage.search import Request, Scope, Searcher

    end_with_the_pipe()
    visitor = visitor_named(account, config, data) if account else None
    if visitor is not None and visitor.limits.masked and output == RecordOutput.RAW:
        raise typer.BadParameter(
            f"values are masked for {account}, and octets would show them: leave out raw"
        )
    layout, name = open_stream(config, data, tenant, stream)
    asked = Request(
        query=" ".join(query or ()),
        name=name,
        start=moment_of(start, "--from"),
        end=moment_of(end, "--to", end=True),
        time=which.value,
        limit=limit or None,
    )
    if asked.start and asked.end and asked.start >= asked.end:
        raise typer.BadParameter("--from is not before --to: change one of them, or leave it out")
    searcher, scope = Searcher(layout), Scope()
    if visitor is not None:
        from access.sight import Sights

        searcher = Sights(layout).searcher(visitor)
    if count:
        counted = searcher.count(asked)
        print(counted.count)
        scope = counted.scope
    elif limit:
        page = searcher.page(asked)
        print_records(iter([page.records]), output)
        scope = page.scope
        rest = ", and there are more: see --limit and --count" if page.next else ""
        tell(f"{number_of(page.records.num_rows, 'message')}{rest}; {covered(scope)}")
    else:
        print_records(searcher.stream(asked, scope), output)
        tell(covered(scope))
    for damage in scope.damaged:
        tell(f"NOT in the result: {damage.path} is damaged at octet {damage.offset}: {damage.reason}")
    if scope.missing:
        tell(missing_told(scope.missing))
    if scope.damaged:
        fail("the result is not complete: restore these files from a backup", os.EX_DATAERR)


def tail(
    query: options.Query = None,
    config: options.Config = None,
    data: options.Data = None,
    tenant: options.Tenant = DEFAULT_TENANT,
    stream: options.Stream = DEFAULT_STREAM,
    output: options.Records = RecordOutput.TABLE,
) -> None:
    """Show messages as they are received, until Ctrl-C."""
    from storage.search import Request, Searcher

    end_with_the_pipe()
    layout, name = open_stream(config, data, tenant, stream)
    print_records(Searcher(layout).follow(Request(query=" ".join(query or ()), name=name)), output)


def cat(
    day: options.Day,
    config: options.Config = None,
    data: options.Data = None,
    tenant: options.Tenant = DEFAULT_TENANT,
    stream: options.Stream = DEFAULT_STREAM,
    framing: options.Framing = FramingName.LF,
) -> None:
    """Write a day's messages to stdout in order of seq, octet for octet as they were received."""
    from storage.octets import day_octets

    end_with_the_pipe()
    layout, name = open_stream(config, data, tenant, stream)
    for octets in day_octets(layout, name, day_of(day), octet_counting=framing == FramingName.OCTET):
        sys.stdout.buffer.write(octets)


def print_records(tables: "Iterator[pa.Table]", output: RecordOutput) -> None:
    """Print records, in the form that was asked for."""
    if output == RecordOutput.TABLE:
        from supervisor.terminal import print_messages
        from web.visible import plain

        print_messages(tables, plain)
        return
    from storage.output import write

    for octets in write(tables, output.value):
        sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()


def covered(scope: "Scope") -> str:
    """Say what a search looked at."""
    return (
        f"looked at {number_of(scope.files, 'file')} with {number_of(scope.blocks, 'block')}, "
        f"{scope.skipped_by_index:,} ruled out by the index, {scope.scanned_unindexed:,} scanned without one"
    )
