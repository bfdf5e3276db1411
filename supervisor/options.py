"""The options that commands share: names, help texts and choices of the command line."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Argument, Option


class RoleName(StrEnum):
    """The roles that can be run alone."""

    COLLECTOR = "collector"
    STORAGE = "storage"
    INDEXER = "indexer"
    WEB = "web"
    RELAY = "relay"
    WATCH = "watch"


class StateOutput(StrEnum):
    """How state is shown."""

    TABLE = "table"
    JSON = "json"


class RecordOutput(StrEnum):
    """How records are shown."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    RAW = "raw"


class ExportName(StrEnum):
    """What an export is made of."""

    CSV = "csv"
    JSON = "json"
    RAW = "raw"
    PARQUET = "parquet"


class FormatName(StrEnum):
    """How messages are read."""

    AUTO = "auto"
    RFC5424 = "rfc5424"
    RFC3164 = "rfc3164"


class TimeName(StrEnum):
    """Which of a record's times a range is about."""

    RECEIVED = "received"
    DEVICE = "device"


class FramingName(StrEnum):
    """How `cat` parts messages."""

    LF = "lf"
    OCTET = "octet"


Config = Annotated[
    Path | None,
    # readable: we say ourselves what to do about a file that is not.
    Option(
        "--config",
        metavar="FILE",
        readable=False,
        help="Configuration; conf.d/*.toml beside it is read, too.",
    ),
]
Data = Annotated[
    Path | None, Option("--data", metavar="DIR", readable=False, help="Data folder [default: var].")
]
Tenant = Annotated[str, Option("--tenant", help="Tenant.")]
Stream = Annotated[str, Option("--stream", help="Stream of the tenant.")]
Query = Annotated[
    list[str] | None,
    Argument(metavar="QUERY", help="As: host:fw-* severity<=err. One that begins with - comes after --."),
]
From = Annotated[
    str, Option("--from", metavar="TIME", help="Not before: 2026-11-20, 2026-11-20T14:30+01:00, -2h.")
]
To = Annotated[
    str, Option("--to", metavar="TIME", help="Before: as --from, or now. A date includes that day.")
]
Time = Annotated[TimeName, Option("--time", help="Which time --from and --to mean.")]
Limit = Annotated[int, Option("--limit", min=0, help="How many are shown, the newest ones; 0 shows all.")]
As = Annotated[
    str,
    Option(
        "--as", metavar="ACCOUNT", help="Find what this account of the pages may see [default: everything]."
    ),
]
Count = Annotated[bool, Option("--count", help="Print the number of matches, and nothing else.")]
ExportFormat = Annotated[ExportName, Option("--format", help="Format of the messages.")]
ExportFile = Annotated[
    Path | None,
    Option("--file", metavar="FILE", help="Where to [default: a name of stream and time]; - for stdout."),
]
Plain = Annotated[bool, Option("--plain", help="The messages alone, without zip, manifest and checksums.")]
WithProofs = Annotated[
    bool, Option("--proofs", help="With proofs that the messages are in the tenant's ledger.")
]
Incomplete = Annotated[
    bool, Option("--incomplete", help="Also when some of the archive cannot be read; the manifest says so.")
]
Records = Annotated[RecordOutput, Option("--output", help="How messages are shown.")]
State = Annotated[StateOutput, Option("--output", help="How it is shown.")]
Watch = Annotated[bool, Option("--watch", help="Show it anew each second, with rates, until Ctrl-C.")]
Day = Annotated[
    str, Option("--date", metavar="DATE", help="UTC day of receipt: 2026-11-20, today, yesterday.")
]
BookDay = Annotated[
    str | None, Option("--date", metavar="DATE", help="Only this UTC day of receipt: 2026-11-20, today.")
]
BySource = Annotated[bool, Option("--sources", help="A line for each source (peer), not for each listener.")]
Framing = Annotated[FramingName, Option("--framing", help="LF after each message, or octet counting before.")]
Lines = Annotated[Path, Argument(metavar="FILE", help="One message a line; - is stdin.")]
Message = Annotated[str, Argument(metavar="MESSAGE", help="The message; - reads it from stdin.")]
Format = Annotated[
    FormatName | None, Option("--format", help="How messages are read [default: as the source's are].")
]
Base64 = Annotated[bool, Option("--base64", help="Each line is a message in base64.")]
ReceivedAt = Annotated[
    str, Option("--received-at", metavar="TIME", help="When it was received [default: now].")
]
Timezone = Annotated[
    str | None,
    Option("--timezone", metavar="TZ", help="Zone of messages that name none [default: the source's]."),
]
Peer = Annotated[
    str, Option("--peer", metavar="ADDRESS", help="Sender's address, which may tell the source.")
]
Listener = Annotated[
    str | None,
    Option("--listener", metavar="NAME", help="Listener of the configuration that messages come by."),
]
OfTenant = Annotated[str | None, Option("--tenant", help="Only this tenant's [default: every].")]
OfStream = Annotated[str | None, Option("--stream", help="Only this stream [default: every].")]
OfDay = Annotated[
    str | None, Option("--date", metavar="DATE", help="Only this UTC day of the archive: 2026-11-20, today.")
]
Quick = Annotated[bool, Option("--quick", help="Frames, footers and the index only: no message is read.")]
Repair = Annotated[bool, Option("--repair", help="Make damaged indexes anew. All else needs a backup.")]
HoweverMany = Annotated[bool, Option("--however-many", help="Expire any number of days at once.")]
DryRun = Annotated[bool, Option("--dry-run", help="Say what would be expired, and expire nothing.")]
PrintDefault = Annotated[bool, Option("--print-default", help="Print the commented default file instead.")]
Role = Annotated[RoleName | None, Option("--role", help="Run this role alone, in the foreground.")]
# What the supervisor gives to the roles that it starts.
Number = Annotated[int, Option("--number", hidden=True)]
Lifeline = Annotated[int, Option("--lifeline", hidden=True)]
# Of `sysledger user` and `sysledger token`.
Account = Annotated[str, Argument(metavar="NAME", help="The account.")]
TokenName = Annotated[str, Argument(metavar="TOKEN", help="What the token is called.")]
AccountRole = Annotated[
    str, Option("--role", metavar="ROLE", help="auditor, reviewer, operator or administrator.")
]
TokenRole = Annotated[
    str | None, Option("--role", metavar="ROLE", help="A lesser role than the account's [default: the same].")
]
PasswordStdin = Annotated[
    bool, Option("--password-stdin", help="Read the password from stdin; without, a link is printed.")
]
LimitTenants = Annotated[
    list[str] | None, Option("--tenant", metavar="TENANT", help="Only this tenant; may be given again.")
]
LimitStreams = Annotated[
    list[str] | None,
    Option("--stream", metavar="TENANT/STREAM", help="Only this stream; may be given again."),
]
LimitHosts = Annotated[
    list[str] | None,
    Option("--host", metavar="PATTERN", help="Only HOSTNAMEs such as 'pay-*'; again for more."),
]
LimitNetworks = Annotated[
    list[str] | None, Option("--network", metavar="NETWORK", help="Only peers in it; may be given again.")
]
LimitMasked = Annotated[
    list[str] | None, Option("--mask", metavar="FIELD", help="Hide this column or field; again for more.")
]
LimitFrom = Annotated[str | None, Option("--from", metavar="TIME", help="Nothing received before.")]
LimitTo = Annotated[str | None, Option("--to", metavar="TIME", help="Nothing received from then on.")]
LimitUntil = Annotated[str | None, Option("--until", metavar="TIME", help="When the access ends.")]
# Of `sysledger tls`.
AuthorityFolder = Annotated[
    Path | None,
    Option("--authority", metavar="DIR", help="The authority's folder [default: DATA/tls/authority]."),
]
AuthorityName = Annotated[str, Option("--name", help="What the authority is called.")]
Names = Annotated[
    list[str], Argument(metavar="NAME...", help="DNS names and addresses; the first names the files, too.")
]
RequestNames = Annotated[
    list[str] | None, Option("--name", help="DNS name or address, in place of those in the request.")
]
Request = Annotated[Path, Argument(metavar="REQUEST", help="The device's certificate request: PEM or DER.")]
Out = Annotated[Path, Option("--out", metavar="DIR", help="Folder for key and certificate.")]
Days = Annotated[int, Option("--days", min=1, max=36_500, help="Days that the certificate is valid for.")]
Force = Annotated[bool, Option("--force", help="Replace files that are there.")]
Shown = Annotated[
    str, Argument(metavar="FILE|HOST:PORT", help="A certificate, or a TLS server that shows one.")
]
# Of `sysledger sources`.
HostOrPeer = Annotated[
    str | None,
    Argument(
        metavar="HOST-OR-PEER", help="Only these: a host name or an address; * and ? stand for anything."
    ),
]
Silent = Annotated[bool, Option("--silent", help="Only sources that have fallen silent.")]
OnlyFindings = Annotated[
    bool, Option("--findings", help="What is out of the ordinary, and what was until lately.")
]
Update = Annotated[
    bool, Option("--update", help="Read first what was stored since the watch last wrote its inventory.")
]
Rebuild = Annotated[
    bool,
    Option("--rebuild", help="Make the inventory anew from all that is stored, with the service stopped."),
]
# Of `sysledger tenant`.
TenantName = Annotated[str, Argument(metavar="NAME", help="The tenant's name, which is its folder's, too.")]
Title = Annotated[str, Option("--title", help="What people call it [default: its name].")]
NewTitle = Annotated[str, Argument(metavar="TITLE", help="What people are to call it.")]
TenantDays = Annotated[
    str | None,
    Option(
        "--days", metavar="DAYS", help="Days before today that are kept; ever; default: as the conf says."
    ),
]
Quota = Annotated[
    str | None,
    Option(
        "--quota",
        metavar="SIZE",
        help="Octets a day that are agreed upon: 500MiB, 5G; none. What is above is stored, and told of.",
    ),
]
Room = Annotated[
    str | None,
    Option(
        "--room",
        metavar="SIZE",
        help="Octets on the disk that it may take: 500GiB; none. Above it its oldest days expire.",
    ),
]
RuleListeners = Annotated[
    list[str] | None, Option("--listener", metavar="NAME", help="Messages that come by this listener.")
]
RuleNetworks = Annotated[
    list[str] | None, Option("--network", metavar="NETWORK", help="Messages of these peers: 10.1.0.0/16.")
]
RuleIdentities = Annotated[
    list[str] | None,
    Option(
        "--identity",
        metavar="NAME|FINGERPRINT",
        help="Messages of senders who prove this certificate: sha-256:AB:..., fw-*.example.com.",
    ),
]
RegistryFile = Annotated[
    Path, Argument(metavar="FILE", help="What `sysledger tenant export` prints; - is stdin.")
]
TokenLabel = Annotated[str, Argument(metavar="LABEL", help="What the token is called here.")]
Revoke = Annotated[bool, Option("--revoke", help="Have the token count no more.")]
# Of `sysledger findings` and `sysledger reviews`.
OpenOnly = Annotated[bool, Option("--open", help="Only those that somebody still sees to.")]
OverdueOnly = Annotated[bool, Option("--overdue", help="Only those that are open past their day.")]
MissedOnly = Annotated[bool, Option("--missed", help="Only those that nobody signed off in time.")]
ReviewerOnly = Annotated[
    str | None, Option("--reviewer", metavar="ACCOUNT", help="Only those that wait for this account.")
]
RecordFrom = Annotated[
    str, Option("--from", metavar="TIME", help="Periods that end after this [default: the last 31 days].")
]
RecordTo = Annotated[
    str, Option("--to", metavar="TIME", help="And not after this. A date includes that day.")
]
FindingNumbers = Annotated[
    list[int] | None, Argument(metavar="NUMBER...", help="Only these findings [default: every].")
]
# Of `sysledger ledger`.
Against = Annotated[
    list[Path] | None,
    Option("--against", metavar="FILE", help="A checkpoint that was kept; may be given again."),
]
Proofs = Annotated[
    Path,
    Argument(metavar="ZIP|FOLDER|FILE.json", help="An export with proofs, or the proof of one message."),
]
LedgerKey = Annotated[
    str | None,
    Option("--key", metavar="KEY", help="The ledger's key, as `ledger key` prints it, or a file with it."),
]
# Of `sysledger rules`.
RuleFiles = Annotated[
    list[Path] | None, Argument(metavar="FILE...", help="Rule files [default: those of the configuration].")
]
Samples = Annotated[
    Path | None,
    Argument(metavar="FILE", help="One message a line; - is stdin [default: messages of the archive]."),
]
RuleFile = Annotated[
    Path | None, Option("--rules", metavar="FILE", help="Try these rules alone, on all messages.")
]
App = Annotated[
    str | None, Option("--app", metavar="PATTERN", help="Only messages of these programs: sshd, postfix/*.")
]
Bare = Annotated[
    bool, Option("--bare", help="The lines are texts without a header; --app says of which program.")
]
Searched = Annotated[
    str, Option("--query", metavar="QUERY", help="Which messages of the archive, as search takes it.")
]
Newest = Annotated[
    int, Option("--limit", min=0, help="How many messages of the archive, the newest; 0 takes all.")
]
Examples = Annotated[
    int, Option("--examples", min=0, help="How many kinds of messages that match nothing are shown.")
]
