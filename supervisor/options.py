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
Count = Annotated[bool, Option("--count", help="Print the number of matches, and nothing else.")]
Records = Annotated[RecordOutput, Option("--output", help="How messages are shown.")]
State = Annotated[StateOutput, Option("--output", help="How it is shown.")]
Day = Annotated[
    str, Option("--date", metavar="DATE", help="UTC day of receipt: 2026-11-20, today, yesterday.")
]
Framing = Annotated[FramingName, Option("--framing", help="LF after each message, or octet counting before.")]
Lines = Annotated[Path, Argument(metavar="FILE", help="One message a line; - is stdin.")]
Message = Annotated[str, Argument(metavar="MESSAGE", help="The message; - reads it from stdin.")]
Format = Annotated[FormatName, Option("--format", help="How messages are read.")]
Base64 = Annotated[bool, Option("--base64", help="Each line is a message in base64.")]
ReceivedAt = Annotated[
    str, Option("--received-at", metavar="TIME", help="When it was received [default: now].")
]
Timezone = Annotated[str, Option("--timezone", metavar="TZ", help="Zone of messages that name none.")]
DryRun = Annotated[bool, Option("--dry-run", help="Say what would be expired, and expire nothing.")]
PrintDefault = Annotated[bool, Option("--print-default", help="Print the commented default file instead.")]
Role = Annotated[RoleName | None, Option("--role", help="Run this role alone, in the foreground.")]
# What the supervisor gives to the roles that it starts.
Number = Annotated[int, Option("--number", hidden=True)]
Lifeline = Annotated[int, Option("--lifeline", hidden=True)]
