"""The command line of Sysledger, and the only file that knows every package.

Every command imports what it needs when it runs, so that `sysledger --help` answers at once.
"""

import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import typer

from storage.layout import DEFAULT_STREAM, DEFAULT_TENANT, Layout, StreamName
from supervisor import options
from supervisor.banner import OWN_LISTENER
from supervisor.options import FormatName, FramingName, RecordOutput, RoleName, StateOutput, TimeName

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from pydantic import BaseModel

    from collector.settings import CollectorSettings
    from storage.search import Scope
    from storage.settings import StorageSettings
    from supervisor.roles import Main
    from supervisor.settings import SupervisorSettings
    from web.settings import WebSettings

UMASK: Final = 0o027  # what is received is nobody else's to read
NANOSECONDS_REACH: Final = 2**63  # on both sides of 1970, in the 64 bits that received_at has

app = typer.Typer(
    help="Sysledger: a syslog collector. Every message kept as it came, searchable for years.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
index_app = typer.Typer(help="The search index: made from the archive, at will.", no_args_is_help=True)
app.add_typer(index_app, name="index")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, each section by the model of the package that owns it."""

    data: Path
    supervisor: "SupervisorSettings"
    collector: "CollectorSettings"
    storage: "StorageSettings"
    web: "WebSettings"


def settings_model() -> "type[BaseModel]":
    """Put every package's settings together into the schema of the configuration."""
    from pydantic import ConfigDict, Field, create_model

    from collector.settings import CollectorSettings
    from storage.settings import StorageSettings
    from supervisor.settings import SupervisorSettings
    from web.settings import WebSettings

    described = "Folder that everything is kept in. A relative path starts where sysledger is run."
    sections: dict[str, Any] = {
        "data": (Path, Field(default=Path("var"), description=described)),
        "supervisor": (SupervisorSettings, Field(default_factory=SupervisorSettings)),
        "collector": (CollectorSettings, Field(default_factory=CollectorSettings)),
        "storage": (StorageSettings, Field(default_factory=StorageSettings)),
        "web": (WebSettings, Field(default_factory=WebSettings)),
    }
    model: type[BaseModel] = create_model(
        "Settings", __config__=ConfigDict(extra="forbid", frozen=True), **sections
    )
    return model


def load_settings(config: Path | None, data: Path | None) -> Settings:
    """Read and check the configuration.

    Raises:
        ConfigError: with every problem.
    """
    from supervisor.config import load

    loaded = load(settings_model(), config, {} if data is None else {"data": str(data)})
    return Settings(**{name: getattr(loaded, name) for name in type(loaded).model_fields})


@app.command()
def run(
    config: options.Config = None,
    data: options.Data = None,
    role: options.Role = None,
    number: options.Number = 0,
    lifeline: options.Lifeline = -1,
) -> None:
    """Start everything, or one role of it, in the foreground. Ctrl-C stops it with everything on disk."""
    from supervisor import appliance

    settings = load_settings(config, data)
    layout = Layout(settings.data)
    try:
        str(layout.data.absolute()).encode()  # a path stands in reports and in ZeroMQ's addresses
        layout.data.mkdir(parents=True, exist_ok=True)
    except UnicodeEncodeError:
        _fail(f"the path {str(layout.data)!a} is not UTF-8: name another with --data", os.EX_CANTCREAT)
    except OSError as error:
        _fail(f"the data folder cannot be made: {error}; name another with --data", os.EX_CANTCREAT)
    name = "supervisor" if role is None else appliance.process_name(role, number)
    with appliance.own_process(name, settings.supervisor.log_level, _own_listener(settings)):
        if role is None:
            roles = appliance.roles(settings.data, config, settings.collector.processes)
            sys.exit(appliance.supervise(layout.run, roles, settings.supervisor, _version()))
        from supervisor.lifeline import Lifeline
        from supervisor.roles import serve

        main_of_role = _main_of(role, settings, layout)
        serve(name, main_of_role, layout.run, Lifeline(lifeline) if lifeline >= 0 else None)


def _own_listener(settings: Settings) -> tuple[str, int] | None:
    """Where our own log lines go, if the listener for them is there and its port known beforehand."""
    listener = settings.collector.listeners.get(OWN_LISTENER)
    if (
        not settings.supervisor.log_to_listener
        or listener is None
        or not listener.enabled
        or not listener.port
    ):
        return None
    return listener.address, listener.port


def _main_of(role: RoleName, settings: Settings, layout: Layout) -> "Main":
    """Give the coroutine that is the role, with everything it needs but its life cycle."""
    if role == RoleName.WEB:
        from web.run import run as serve_pages

        return partial(serve_pages, settings.web, layout=layout)
    if role == RoleName.INDEXER:
        from storage.indexer import run as index

        return partial(index, settings.storage, layout=layout)
    from supervisor.endpoint import storage_endpoint

    endpoint = storage_endpoint(layout.run)
    if role == RoleName.STORAGE:
        from storage.worker import run as store

        return partial(store, settings.storage, layout=layout, endpoint=endpoint)
    from collector.run import run as collect

    return partial(collect, settings.collector, endpoint=endpoint, tls_folder=layout.tls)


@app.command()
def check_config(
    config: options.Config = None, data: options.Data = None, print_default: options.PrintDefault = False
) -> None:
    """Check the configuration and tell every mistake at once."""
    if print_default:
        from supervisor.reference import reference

        print(reference(settings_model()), end="")
        return
    load_settings(config, data)
    print(f"{config or 'the default configuration'}: no mistakes")


@app.command()
def parse(
    file: options.Lines = Path("-"),
    form: options.Format = FormatName.AUTO,
    base64: options.Base64 = False,
    received_at: options.ReceivedAt = "now",
    timezone: options.Timezone = "local",
) -> None:
    """Read messages, one a line, and print each as one JSON object a line."""
    from parsers.render import parse_lines

    _end_with_the_pipe()
    received, zone = _received(received_at), _zone(timezone)
    with sys.stdin.buffer if str(file) == "-" else file.open("rb") as lines:
        records = parse_lines(lines, base64=base64, format=form, received_at=received, timezone=zone)
        try:
            for record in records:
                print(json.dumps(record, ensure_ascii=False))
        except ValueError as error:
            _fail(str(error), os.EX_DATAERR)


@app.command()
def explain(
    message: options.Message,
    form: options.Format = FormatName.AUTO,
    received_at: options.ReceivedAt = "now",
    timezone: options.Timezone = "local",
) -> None:
    """Show what each octet of a message was read as, and where it departs from its standard."""
    from parsers.explain import as_text
    from parsers.explain import explain as explained

    octets = sys.stdin.buffer.read().removesuffix(b"\n") if message == "-" else os.fsencode(message)
    found = explained(octets, received_at=_received(received_at), timezone=_zone(timezone), format=form)
    print(as_text(found), end="")


@app.command()
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
) -> None:
    """Find messages, newest first, with the service running or not."""
    from storage.search import Request, Scope, Searcher

    _end_with_the_pipe()
    layout, name = _open_stream(config, data, tenant, stream)
    asked = Request(
        query=" ".join(query or ()),
        name=name,
        start=_moment(start, "--from"),
        end=_moment(end, "--to", end=True),
        time=which.value,
        limit=limit or None,
    )
    if asked.start and asked.end and asked.start >= asked.end:
        raise typer.BadParameter("--from is not before --to: change one of them, or leave it out")
    searcher, scope = Searcher(layout), Scope()
    if count:
        counted = searcher.count(asked)
        print(counted.count)
        scope = counted.scope
    elif limit:
        page = searcher.page(asked)
        _print_records(iter([page.records]), output)
        scope = page.scope
        rest = ", and there are more: see --limit and --count" if page.next else ""
        _tell(f"{_number(page.records.num_rows, 'message')}{rest}; {_covered(scope)}")
    else:
        _print_records(searcher.stream(asked, scope), output)
        _tell(_covered(scope))
    for damage in scope.damaged:
        _tell(f"NOT in the result: {damage.path} is damaged at octet {damage.offset}: {damage.reason}")
    if scope.damaged:
        _fail("the result is not complete: restore these files from a backup", os.EX_DATAERR)


@app.command()
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

    _end_with_the_pipe()
    layout, name = _open_stream(config, data, tenant, stream)
    _print_records(Searcher(layout).follow(Request(query=" ".join(query or ()), name=name)), output)


@app.command()
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

    _end_with_the_pipe()
    layout, name = _open_stream(config, data, tenant, stream)
    for octets in day_octets(layout, name, _day(day), octet_counting=framing == FramingName.OCTET):
        sys.stdout.buffer.write(octets)


@index_app.command("status")
def index_status(
    config: options.Config = None, data: options.Data = None, output: options.State = StateOutput.TABLE
) -> None:
    """Show what is indexed. What is not indexed yet is searched all the same, only slower."""
    from storage.indexer import status as index_states

    rows = [_flat(asdict(one)) for one in index_states(_open_layout(load_settings(config, data)))]
    if output == StateOutput.JSON:
        print(json.dumps(rows))
        return
    from supervisor.terminal import console, table

    columns = ("segments", "indexed", "pending", "segment_octets", "index_octets")
    shown = [[f"{row['tenant']}/{row['stream']}", *(row[column] for column in columns)] for row in rows]
    console().print(table(("stream", *columns), shown))


@index_app.command("rebuild")
def index_rebuild(config: options.Config = None, data: options.Data = None) -> None:
    """Make the index anew from the archive. Searches stay complete meanwhile."""
    from storage.indexer import rebuild

    layout = _open_layout(load_settings(config, data))
    for name in layout.streams():
        stream = f"{name.tenant}/{name.stream}"
        messages = rebuild(layout, name, progress=partial(_tell_step, stream))
        print(f"{stream}: {messages:,} messages indexed")


def _tell_step(stream: str, day: date, done: int, count: int) -> None:
    _tell(f"{stream} {day}: {done:,} of {count:,} segments")


@app.command()
def status(
    config: options.Config = None, data: options.Data = None, output: options.State = StateOutput.TABLE
) -> None:
    """Show which roles run, what is stored, and how much room there is."""
    from storage.catalogue import Catalogue
    from storage.indexer import status as index_states
    from storage.inventory import free_octets, holdings
    from supervisor.overview import as_tables, overview
    from supervisor.status import read_roles

    layout = _open_layout(load_settings(config, data))
    document = overview(
        layout.data,
        read_roles(layout.run),
        [_flat(asdict(one)) for one in holdings(layout, Catalogue(layout))],
        pending=sum(one.pending for one in index_states(layout)),
        free=free_octets(layout),
    )
    if output == StateOutput.JSON:
        print(json.dumps(document, default=str))
        return
    from supervisor.terminal import console

    screen = console()
    for part in as_tables(document):
        screen.print(part)


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """Put a stream's name into its row, in place of the object."""
    return {**row.pop("name"), **row}


@app.command()
def retention(
    config: options.Config = None, data: options.Data = None, dry_run: options.DryRun = False
) -> None:
    """Expire the days that are older than the configuration keeps them. Never today."""
    from storage.retention import expire
    from supervisor import appliance

    settings = load_settings(config, data)
    layout = _open_layout(settings)
    with appliance.own_process("retention", settings.supervisor.log_level, _own_listener(settings)):
        done = expire(layout, settings.storage, datetime.now(UTC).date(), dry_run=dry_run)
    for one in done:
        print(
            f"{'would expire' if dry_run else 'expired'} {one.day} of {one.name.tenant}/{one.name.stream}: "
            f"{one.messages:,} messages in {one.files:,} files of {one.octets:,} octets"
        )
    if not done:
        print("nothing to expire: no day is older than storage.retention keeps it")


@app.command()
def version() -> None:
    """Print the version."""
    print(_version())


def _version() -> str:
    from importlib.metadata import version as installed

    return installed("sysledger")


def _open_layout(settings: Settings) -> Layout:
    """Give the data folder, which has to be there, and to be ours to read."""
    layout = Layout(settings.data)
    if not layout.data.is_dir():
        what = f"there is no data folder {layout.data}"
        _fail(f"{what}: name it with --data, or start sysledger run", os.EX_NOINPUT)
    if not os.access(layout.data, os.R_OK | os.X_OK):
        _fail(f"you may not read the data folder {layout.data}: run this as its owner", os.EX_NOPERM)
    return layout


def _open_stream(
    config: Path | None, data: Path | None, tenant: str, stream: str
) -> tuple[Layout, StreamName]:
    try:
        name = StreamName(tenant, stream)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    layout = _open_layout(load_settings(config, data))
    there = layout.streams()
    if name not in there:
        known = ", ".join(f"{one.tenant}/{one.stream}" for one in there) or "nothing at all"
        _tell(f"nothing is stored under {tenant}/{stream} yet; there is {known}")
    return layout, name


def _moment(text: str, option: str, *, end: bool = False) -> datetime | None:
    from web.times import MomentError, moment

    try:
        return moment(text, datetime.now(UTC), end=end)
    except MomentError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def _received(text: str) -> int:
    """A time of receipt as typed, in nanoseconds since the epoch."""
    since = (_moment(text, "--received-at") or datetime.now(UTC)) - datetime(1970, 1, 1, tzinfo=UTC)
    nanoseconds = since // timedelta(microseconds=1) * 1000
    if abs(nanoseconds) >= NANOSECONDS_REACH:
        raise typer.BadParameter(
            f"{text!r}: write a time between 1678 and 2262, which nanoseconds reach",
            param_hint="--received-at",
        )
    return nanoseconds


def _day(text: str) -> date:
    from web.times import MomentError, moment

    try:
        found = moment(text, datetime.now(UTC))
    except MomentError:
        found = None
    if found is None or found.time() != time(0):
        raise typer.BadParameter(
            f"{text!r} is not a day: write 2026-11-20, today or yesterday", param_hint="--date"
        )
    return found.date()


def _zone(name: str) -> tzinfo:
    from collector.settings import ListenerSettings

    try:
        return ListenerSettings(transport="udp", port=0, timezone=name).source_timezone()
    except ValueError as error:
        raise typer.BadParameter(
            f"time zone {name!r} is not known: use local, UTC, or a name such as Europe/Vienna",
            param_hint="--timezone",
        ) from error


def _print_records(tables: "Iterator[pa.Table]", output: RecordOutput) -> None:
    if output == RecordOutput.TABLE:
        from supervisor.terminal import print_messages
        from web.visible import plain

        print_messages(tables, plain)
        return
    from storage.output import write

    for octets in write(tables, output.value):
        sys.stdout.buffer.write(octets)
        sys.stdout.buffer.flush()


def _covered(scope: "Scope") -> str:
    return (
        f"looked at {_number(scope.files, 'file')} with {_number(scope.blocks, 'block')}, "
        f"{scope.skipped_by_index:,} ruled out by the index, {scope.scanned_unindexed:,} scanned without one"
    )


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _open_standard_files() -> None:
    """Open /dev/null for what the caller closed: no socket of ours may get the number of stdout."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            file = Path(os.devnull).open(mode)  # noqa: SIM115 - stays open until the end
            os.set_inheritable(file.fileno(), True)
            setattr(sys, name, file)


def _end_with_the_pipe() -> None:
    """End quietly when the reader of stdout has enough (head), as programs do by default."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def _tell(text: str) -> None:
    print(f"sysledger: {text}", file=sys.stderr)


def _fail(text: str, code: int) -> NoReturn:
    """End the command with a sentence on stderr."""
    _tell(text)
    sys.exit(code)


def main() -> None:
    """Run the command line. Errors end with what to do next, and with an exit code by sysexits."""
    _open_standard_files()
    os.umask(UMASK)
    from supervisor.limits import allow_many_files

    allow_many_files()
    try:
        app()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told and ends the command
        from supervisor.roles import explain as explained

        told, code = explained(error)
        _fail(told, code)


if __name__ == "__main__":
    main()
