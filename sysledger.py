"""The command line of Sysledger, and the only file that knows every package.

Every command imports what it needs when it runs, so that `sysledger --help` answers at once.
"""

import json
import os
import signal
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

import typer

from storage.layout import DEFAULT_STREAM, DEFAULT_TENANT, Layout, StreamName
from supervisor import options
from supervisor.banner import OWN_LISTENER
from supervisor.options import FormatName, FramingName, RecordOutput, RoleName, StateOutput, TimeName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa
    from pydantic import BaseModel

    from collector.applied import Applied
    from collector.settings import CollectorSettings
    from parsers.rules.choice import Choice
    from relay.settings import RelaySettings
    from storage.search import Scope
    from storage.settings import StorageSettings
    from supervisor.activation import Sockets
    from supervisor.roles import Main
    from supervisor.settings import SupervisorSettings
    from web.settings import WebSettings

Given = TypeVar("Given")
Checked = TypeVar("Checked")
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
tls_app = typer.Typer(
    help="Keys, certificates and fingerprints, for this collector and for its senders.", no_args_is_help=True
)
app.add_typer(tls_app, name="tls")
rules_app = typer.Typer(help="Rule files: their faults, and what they match.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, each section by the model of the package that owns it."""

    data: Path
    supervisor: "SupervisorSettings"
    collector: "CollectorSettings"
    storage: "StorageSettings"
    web: "WebSettings"
    relay: "RelaySettings"


def settings_model() -> "type[BaseModel]":
    """Put every package's settings together into the schema of the configuration."""
    from pydantic import ConfigDict, Field, create_model

    from collector.settings import CollectorSettings
    from relay.settings import RelaySettings
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
        "relay": (RelaySettings, Field(default_factory=RelaySettings)),
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
        from supervisor.activation import take_sockets

        sockets = take_sockets(os.environ, os.getpid())
        if role is None:
            from collector.given import opened_for_all

            roles = appliance.roles(
                settings.data, config, settings.collector.processes, relay=bool(settings.relay.enabled)
            )
            opening = opened_for_all(settings.collector, sockets)
            sys.exit(appliance.supervise(layout.run, roles, settings.supervisor, _version(), opening))
        from supervisor.lifeline import Lifeline
        from supervisor.roles import serve

        main_of_role = _main_of(role, settings, layout, number, sockets, _folder(config))
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


def _main_of(
    role: RoleName, settings: Settings, layout: Layout, number: int, sockets: "Sockets", folder: Path
) -> "Main":
    """Give the coroutine that is the role, with everything it needs but its life cycle."""
    if role == RoleName.WEB:
        from collector.applied import SourcesByListener
        from web.run import run as serve_pages

        return partial(
            serve_pages, settings.web, layout=layout, source_of=SourcesByListener(settings.collector)
        )
    if role == RoleName.RELAY:
        from relay.run import run as forward

        return partial(forward, settings.relay, layout=layout)
    if role == RoleName.INDEXER:
        from storage.indexer import run as index

        return partial(index, settings.storage, layout=layout)
    from supervisor.endpoint import storage_endpoint

    endpoint = storage_endpoint(layout.run)
    if role == RoleName.STORAGE:
        from storage.worker import run as store

        return partial(store, settings.storage, layout=layout, endpoint=endpoint)
    from collector.run import run as collect

    return partial(
        collect,
        settings.collector,
        endpoint=endpoint,
        tls_folder=layout.tls,
        given=sockets,
        first=number <= 1,
        folder=folder,
    )


def _folder(config: Path | None) -> Path:
    """Where relative paths of rule files start."""
    return Path() if config is None else config.absolute().parent


@app.command()
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

    every = load_settings(config, data)
    settings = every.collector
    if unusable := [*check_files(settings), *check_files_of_relay(every.relay)]:
        _fail("\n".join(unusable), os.EX_CONFIG)
    # The collector goes on without a faulty rule, so that one keeps nobody from starting it.
    for problem in load_rules(settings, _folder(config))[1]:
        _tell(f"left out: {problem}")
    print(f"{config or 'the default configuration'}: no mistakes")


@app.command()
def parse(
    file: options.Lines = Path("-"),
    form: options.Format = None,
    base64: options.Base64 = False,
    received_at: options.ReceivedAt = "now",
    timezone: options.Timezone = None,
    config: options.Config = None,
    listener: options.Listener = None,
    peer: options.Peer = "",
) -> None:
    """Read messages, one a line, and print each as one JSON object a line.

    With --config, --listener or --peer each object says in "source" which settings applied.
    """
    from collector.reader import Reader
    from parsers.lines import parse_lines

    _end_with_the_pipe()
    received, applied = _received(received_at), _applied(config, listener, peer, form, timezone)
    reader = Reader("parse", "file", applied.sources)
    asked = config is not None or listener is not None or peer
    with sys.stdin.buffer if str(file) == "-" else file.open("rb") as lines:
        records = parse_lines(
            lines,
            base64=base64,
            received_at=received,
            read=lambda frames, arrivals: reader.read(frames, arrivals, {}),
            peer=peer,
        )
        try:
            for record in records:
                if asked:
                    record["source"] = applied.document(applied.sources.of(peer, record["hostname"]))
                print(json.dumps(record, ensure_ascii=False))
        except ValueError as error:
            _fail(str(error), os.EX_DATAERR)


@app.command()
def explain(
    message: options.Message,
    form: options.Format = None,
    received_at: options.ReceivedAt = "now",
    timezone: options.Timezone = None,
    config: options.Config = None,
    listener: options.Listener = None,
    peer: options.Peer = "",
) -> None:
    """Show what each octet of a message was read as, by which settings, and what departs from a standard."""
    from parsers.explain import as_text
    from parsers.explain import explain as explained

    octets = sys.stdin.buffer.read().removesuffix(b"\n") if message == "-" else os.fsencode(message)
    received, applied = _received(received_at), _applied(config, listener, peer, form, timezone)
    chosen = applied.sources.of_peer(peer)
    found = explained(octets, received_at=received, source=chosen.reading)
    by_host = applied.sources.of_host(found.record["hostname"])
    if by_host is not None:
        chosen = by_host
        found = explained(octets, received_at=received, source=chosen.reading)
    print(f"settings: {applied.sentence(chosen)}")
    print(as_text(found), end="")
    for line in _fields_told(octets, received, peer, applied, config):
        print(line)


def _fields_told(
    octets: bytes, received: int, peer: str, applied: "Applied", config: Path | None
) -> "Iterator[str]":
    """Tell a message's fields and the rule that gives them, safe for a terminal."""
    from collector.reader import Reader
    from parsers.pipeline import Arrival
    from parsers.rules.trial import fields_told
    from web.visible import plain

    reader = Reader("explain", "file", applied.sources)
    records = reader.read([octets], [Arrival(received, peer, 1)], {})
    return map(plain, fields_told(records, _choice(config, applied.settings.stream)))


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


@tls_app.command("show")
def tls_show(config: options.Config = None, data: options.Data = None) -> None:
    """Show the fingerprints of the certificates that senders see, by listener."""
    from collector.certificate import fingerprints
    from collector.credentials import shown_certificates

    settings = load_settings(config, data)
    for file, listeners in shown_certificates(settings.collector, Layout(settings.data).tls).items():
        print(f"{file}, shown by {', '.join(listeners)}:")
        if not file.exists():
            print("  is not there yet; the appliance's own is made at its first start")
            continue
        for mark in fingerprints(file):
            print(f"  {mark}")


@tls_app.command("fingerprint")
def tls_fingerprint(shown: options.Shown) -> None:
    """Print the fingerprints of a certificate, as client_fingerprints takes them and devices show them."""
    from collector.authority import shown_at

    for mark in shown_at(shown):
        print(mark)


@tls_app.command("init-ca")
def tls_init_ca(
    authority: options.AuthorityFolder = None,
    name: options.AuthorityName = "Sysledger authority",
    config: options.Config = None,
    data: options.Data = None,
    force: options.Force = False,
) -> None:
    """Make a small authority, which certifies collectors and devices by issue and sign."""
    from collector.authority import make_authority

    files = make_authority(_authority_folder(authority, config, data), name, datetime.now(UTC), force=force)
    print(f"{files.certificate}: give this to every sender, and to listeners as client_ca")
    print(f"{files.key}: keep this secret: whoever has it can be any sender")


@tls_app.command("issue")
def tls_issue(
    names: options.Names,
    authority: options.AuthorityFolder = None,
    out: options.Out = Path(),
    days: options.Days = 730,
    config: options.Config = None,
    data: options.Data = None,
    force: options.Force = False,
) -> None:
    """Make key and certificate for a collector or a device; both for either end of a connection."""
    from collector.authority import issue, read_authority

    by = read_authority(_authority_folder(authority, config, data))
    files = issue(by, names, out, now=datetime.now(UTC), days=days, force=force)
    print(f"{files.certificate}: set it as certificate of a listener, or in the device")
    print(f"{files.key}: its key, for the user that the listener runs as, or the device alone")


@tls_app.command("sign")
def tls_sign(
    request: options.Request,
    name: options.RequestNames = None,
    authority: options.AuthorityFolder = None,
    days: options.Days = 730,
    config: options.Config = None,
    data: options.Data = None,
    force: options.Force = False,
) -> None:
    """Certify a device that made its own key, by the request that it gave."""
    from collector.authority import read_authority, sign

    by = read_authority(_authority_folder(authority, config, data))
    file, names = sign(by, request, name or (), now=datetime.now(UTC), days=days, force=force)
    print(f"{file}: certifies {', '.join(names)}; bring it to the device, with the authority's ca.pem")


@rules_app.command("check")
def rules_check(files: options.RuleFiles = None, config: options.Config = None) -> None:
    """Tell every fault of rule files, with line and column. The rest of a faulty file is used even so."""
    from collector.rules import load_file, load_rules

    if files:
        several = [load_file(file) for file in files]
        problems, count = [problem for _, found in several for problem in found], len(files)
        rules = sum(len(base.rules) for base, _ in several)
    else:
        loaded, problems = load_rules(load_settings(config, None).collector, _folder(config))
        count, rules = len(loaded), sum(len(one.base.rules) for one in loaded)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{_number(count, 'file')} with {_number(rules, 'rule')}, {_number(len(problems), 'fault')}")
    if problems:
        sys.exit(os.EX_DATAERR)


@rules_app.command("test")
def rules_test(
    file: options.Samples = None,
    rules: options.RuleFile = None,
    app_name: options.App = None,
    bare: options.Bare = False,
    config: options.Config = None,
    data: options.Data = None,
    start: options.From = "",
    end: options.To = "",
    query: options.Searched = "",
    tenant: options.Tenant = DEFAULT_TENANT,
    stream: options.Stream = DEFAULT_STREAM,
    limit: options.Newest = 10_000,
    examples: options.Examples = 10,
    output: options.State = StateOutput.TABLE,
) -> None:
    """Try rules on sample messages or on the archive: how many match which rule, and what falls through."""
    from parsers.rules.trial import Trial, of_app
    from web.visible import plain

    choice = _choice(config, stream) if rules is None else _choice_of_file(rules)
    trial = Trial(choice)
    if file is None:
        batches = _archived(config, data, start, end, query, tenant, stream, limit)
    else:
        batches = _samples(file, config, app_name if bare else None, bare=bare)
    for records in batches:
        trial.add(records if app_name is None else of_app(records, app_name))
    if output == StateOutput.JSON:
        print(json.dumps(trial.document(examples)))
        return
    from supervisor.terminal import console, table

    screen = console()
    if trial.matched:
        screen.print(table(("rule", "tags", "messages", "of all"), trial.rows()))
    for line in trial.sentences(examples):
        screen.print(plain(line))


def _choice(config: Path | None, stream: str) -> "Choice":
    """Give the configured rules of a stream, and tell what is wrong with them."""
    from collector.rules import choice_for, load_rules

    loaded, problems = load_rules(load_settings(config, None).collector, _folder(config))
    for problem in problems:
        _tell(problem)
    return choice_for(loaded, stream)


def _choice_of_file(file: Path) -> "Choice":
    from collector.rules import load_file
    from parsers.rules.choice import Choice, Chosen

    base, problems = load_file(file)
    for problem in problems:
        _tell(problem)
    return Choice([Chosen(file.stem, base)])


def _samples(
    file: Path, config: Path | None, app_name: str | None, *, bare: bool
) -> "Iterator[pa.RecordBatch]":
    """Give the messages of a file, as the collector would read them."""
    from collector.reader import Reader
    from parsers.pipeline import Arrival
    from parsers.rules.trial import bare_records, sample_records

    reader = Reader("test", "file", _applied(config, None, "", None, None).sources)
    now = _received("now")
    with sys.stdin.buffer if str(file) == "-" else file.open("rb") as lines:
        if bare:
            yield from bare_records(lines, app_name)
            return
        yield from sample_records(
            lines, lambda frames: reader.read(frames, [Arrival(now, "", len(frames))], {})
        )


def _archived(
    config: Path | None,
    data: Path | None,
    start: str,
    end: str,
    query: str,
    tenant: str,
    stream: str,
    limit: int,
) -> "Iterator[pa.RecordBatch]":
    """Give messages of the archive, newest first."""
    from storage.search import Request, Searcher

    layout, name = _open_stream(config, data, tenant, stream)
    begun, ended = _moment(start, "--from"), _moment(end, "--to", end=True)
    asked = Request(query=query, name=name, start=begun, end=ended, limit=limit or None)
    for records in Searcher(layout).stream(asked):
        yield from records.combine_chunks().to_batches()


def _authority_folder(folder: Path | None, config: Path | None, data: Path | None) -> Path:
    return folder or Layout(load_settings(config, data).data).tls / "authority"


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


def _applied(
    config: Path | None, listener: str | None, peer: str, form: FormatName | None, timezone: str | None
) -> "Applied":
    """Give the settings that messages are read by, with what the command line says of them."""
    from collector.applied import applied
    from collector.source_settings import timezone_name
    from collector.sources import peer_address

    given = {}
    if form is not None:
        given["format"] = form.value
    if timezone is not None:
        given["timezone"] = _checked(timezone_name, timezone, "--timezone")
    if peer:
        _checked(peer_address, peer, "--peer")
    settings = load_settings(config, None).collector
    return _checked(partial(applied, settings, given=given), listener, "--listener")


def _checked(check: "Callable[[Given], Checked]", value: Given, option: str) -> Checked:
    """Give what ``check`` makes of an option's value, or tell what was wrong with it."""
    try:
        return check(value)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


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
        _fail(told, code)


if __name__ == "__main__":
    main()
