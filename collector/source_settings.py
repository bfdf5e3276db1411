"""What can be set of sources: whose messages are read otherwise than their listener's, and how."""

from string import ascii_letters, digits
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from collector.local_time import LOCAL
from parsers.source import DateOrder
from tenants.rules import network_of

FormatName = Literal["auto", "rfc5424", "rfc3164"]

_ASCII: Final = (ascii_letters + digits + " :<>[]").encode()  # what every header is made of
_UPPER_HALF: Final = bytes(range(128, 256)) + "é".encode()


def timezone_name(name: str) -> str:
    """Check the name of a time zone, and give it.

    Raises:
        ValueError: when there is no such zone; the message says what to write.
    """
    if name != LOCAL:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError) as error:  # a missing zone is a KeyError
            raise ValueError(
                f"time zone {name!r} is not known on this machine: "
                "use 'local', 'UTC', or a name such as 'Europe/Vienna' (package tzdata has them)"
            ) from error
    return name


def _charset_name(name: str) -> str:
    try:
        ascii_kept = _ASCII.decode(name) == _ASCII.decode("ascii")
        upper_half = _UPPER_HALF.decode(name, "replace")  # whatever comes must give some text
    except (LookupError, ValueError) as error:
        raise ValueError(
            f"character set {name!r} is not known: use a name such as "
            "'utf-8', 'iso-8859-1', 'windows-1252', 'shift_jis' or 'gb18030'"
        ) from error
    if not ascii_kept:
        raise ValueError(
            f"character set {name!r} does not hold ASCII, which headers are written in: "
            "use the one that the device's texts are in, such as 'iso-8859-1' or 'shift_jis'"
        )
    if not upper_half.strip("\N{REPLACEMENT CHARACTER}"):
        raise ValueError(
            f"character set {name!r} is one of seven bits, whose texts are always read as UTF-8, since they "
            "are that, too: remove charset; the octets are kept as they came"
        )
    return name


def _network(text: str) -> str:
    network_of(text)
    return text


TimezoneName = Annotated[str, AfterValidator(timezone_name)]
CharsetName = Annotated[str, Field(max_length=64), AfterValidator(_charset_name)]
_NetworkText = Annotated[str, AfterValidator(_network)]
_HostPattern = Annotated[str, Field(min_length=1, max_length=255)]


class SourceSettings(BaseModel):
    """How the messages of some senders are read.

    Senders are told by their addresses (networks) or by the names that they give themselves (hosts). Exactly
    one source applies to a message: a source by host name before one by network; of several networks the
    narrowest; of several host patterns the one whose source stands first. What a source leaves unset is as
    the listener has it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    networks: tuple[_NetworkText, ...] = Field(
        default=(),
        description=(
            "Networks of the senders' addresses, such as '192.0.2.0/24', '2001:db8::/32' or '192.0.2.7'. "
            "Of several that hold an address the narrowest counts."
        ),
    )
    hosts: tuple[_HostPattern, ...] = Field(
        default=(),
        description=(
            "Host names, as messages claim them in HOSTNAME, whatever their case; '*' is any text, '?' any "
            "character, '[ab]' either: 'fw-*', 'core1'. For devices behind a relay, whose address hides them."
        ),
    )
    listeners: tuple[str, ...] | None = Field(
        default=None, description="Names of the listeners that this is for; all of them, when it is not set."
    )
    format: FormatName | None = Field(
        default=None, description="How the messages are read; see the listeners' setting of that name."
    )
    timezone: TimezoneName | None = Field(
        default=None, description="Time zone of times that come without one: 'local', 'UTC', 'Europe/Vienna'."
    )
    charset: CharsetName | None = Field(
        default=None,
        description=(
            "Character set of texts that are not UTF-8, such as 'iso-8859-1', 'windows-1252', 'shift_jis' or "
            "'gb18030'. 'utf-8' shows such octets as U+FFFD, with the flag utf8_invalid."
        ),
    )
    date_order: DateOrder | None = Field(
        default=None, description="What comes first in a date such as 05/06/2026: the day or the month."
    )

    rate: float | None = Field(
        default=None,
        ge=0.0,
        le=1e9,
        json_schema_extra={"unit": "messages a second"},
        description=(
            "Messages a second that each sender in the networks may send; 0 for any number. A connection is "
            "read no faster, so that its sender waits. Datagrams above it are dropped, counted and told. "
            "Each collector process counts for itself. Without it the listener's source_rate holds."
        ),
    )
    burst: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000_000,
        json_schema_extra={"unit": "messages"},
        description="Messages that a sender may send at once after a rest. Without it twice the rate.",
    )

    @model_validator(mode="after")
    def _within_rate(self) -> Self:
        if self.rate is not None and not self.networks:
            raise ValueError(
                "rate goes by the senders' addresses, before messages are read: set networks, or remove it"
            )
        if self.burst is not None and not self.rate:
            raise ValueError("burst does nothing without rate: set that, or remove burst")
        return self

    silent_seconds: float | None = Field(
        default=None,
        ge=0.0,
        le=31_536_000.0,
        json_schema_extra={"unit": "seconds"},
        description=(
            "Silence after which each of these senders is told of as silent; 0 never. Without it the watch "
            "learns what is usual for each (see the section watch)."
        ),
    )

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.networks and not self.hosts:
            raise ValueError(
                "it says of no sender that it applies to: set networks (addresses) or hosts (host names)"
            )
        return self


def one_source_a_place(sources: dict[str, SourceSettings]) -> dict[str, SourceSettings]:
    """Refuse what two sources claim alike: one of them would never apply.

    Raises:
        ValueError: for a network or a host pattern of two sources that have a listener in common.
    """
    taken: dict[object, list[str]] = {}
    for name, source in sources.items():
        claims = [*map(network_of, source.networks), *map(str.casefold, source.hosts)]
        for claim, text in zip(claims, (*source.networks, *source.hosts), strict=True):
            for other in taken.setdefault(claim, []):
                if other != name and _meet(sources[other], source):
                    raise ValueError(
                        f"sources {other} and {name} both claim {text}: leave it to one of them, "
                        "or give them different listeners"
                    )
            taken[claim].append(name)
    return sources


def _meet(one: SourceSettings, other: SourceSettings) -> bool:
    return (
        one.listeners is None or other.listeners is None or not set(one.listeners).isdisjoint(other.listeners)
    )
