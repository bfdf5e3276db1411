"""What can be set of the collector: its listeners, its batches, and how much it may hold."""

from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from collector.local_time import local_timezone

Transport = Literal["udp", "tcp", "tls"]

_LOCAL: Final = "local"
_NAME: Final = r"^[a-z0-9][a-z0-9_.-]{0,62}$"  # names a folder of the archive, too
_ListenerName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]


def _timezone_name(name: str) -> str:
    if name != _LOCAL:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError) as error:  # a missing zone is a KeyError
            raise ValueError(
                f"time zone {name!r} is not known on this machine: "
                "use 'local', 'UTC', or a name such as 'Europe/Vienna' (package tzdata has them)"
            ) from error
    return name


class ListenerSettings(BaseModel):
    """One listener: an address that messages are sent to, and the stream that they are kept in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, description="Whether this listener is opened.")
    transport: Transport = Field(
        description=(
            "How messages come: udp (RFC 5426), tcp (RFC 6587, both framings, found frame by frame) or "
            "tls (RFC 5425; the other framing is understood as well)."
        )
    )
    address: str = Field(
        default="::",
        min_length=1,
        max_length=255,
        description=(
            "Address to listen on. '::' is every address of this machine, IPv6 and IPv4; '0.0.0.0' is every "
            "IPv4 address; '127.0.0.1' is this machine only."
        ),
    )
    port: int = Field(
        ge=0,
        le=65_535,
        description=(
            "Port to listen on; 0 takes any free one. The standards' ports are 514 (UDP) and 6514 (TLS); "
            "ports below 1024 need the capability CAP_NET_BIND_SERVICE."
        ),
    )
    tenant: str = Field(
        default="default",
        pattern=_NAME,
        description="Tenant that the messages belong to. Its name is a folder.",
    )
    stream: str = Field(
        default="syslog",
        pattern=_NAME,
        description="Stream, within the tenant, that the messages go to. Its name is a folder.",
    )
    format: Literal["auto", "rfc5424", "rfc3164"] = Field(
        default="auto",
        description="How messages are read. auto decides for each; what fits nothing is kept unparsed.",
    )
    timezone: Annotated[str, AfterValidator(_timezone_name)] = Field(
        default=_LOCAL,
        description=(
            "Time zone of originators that send times without one (RFC 3164): 'local' for this machine's, "
            "or a name such as 'Europe/Vienna' or 'UTC'."
        ),
    )
    maximum_octets: int = Field(
        default=65_536,
        ge=2_048,
        le=16_777_216,
        json_schema_extra={"unit": "octets"},
        description=(
            "Longest message that is kept whole. What is longer is cut at its end and flagged 'truncated'. "
            "A UDP datagram never holds more than 65535."
        ),
    )
    receive_buffer: int = Field(
        default=16_777_216,
        ge=0,
        le=1_073_741_824,
        json_schema_extra={"unit": "octets"},
        description=(
            "UDP: size of the kernel's buffer to ask for; 0 leaves the system's default. What was granted is "
            "in the status; raise the sysctl net.core.rmem_max when it is less."
        ),
    )
    maximum_connections: int = Field(
        default=4_096,
        ge=1,
        le=1_000_000,
        json_schema_extra={"unit": "connections"},
        description="TCP and TLS: connections open at a time, in one process. More are refused and counted.",
    )
    certificate: Path | None = Field(
        default=None,
        description=(
            "TLS: file with the certificate chain, PEM. Without it the appliance makes a key and a "
            "self-signed certificate in the folder tls of the data folder."
        ),
    )
    key: Path | None = Field(default=None, description="TLS: file with the certificate's private key, PEM.")
    client_certificate: Literal["none", "optional", "required"] = Field(
        default="none",
        description=(
            "TLS: whether a sender must prove who it is. none asks for no certificate, optional checks one "
            "that is sent, required refuses senders without one. client_ca says which are accepted."
        ),
    )
    client_ca: Path | None = Field(
        default=None,
        description=(
            "TLS: file with the certificates, PEM, that senders' certificates are checked against: "
            "authorities, or the senders' own certificates one by one."
        ),
    )
    legacy_cipher: bool = Field(
        default=False,
        description=(
            "TLS: also allow TLS_RSA_WITH_AES_128_CBC_SHA, the weak suite that RFC 5425 made mandatory and "
            "RFC 9662 keeps for old devices only."
        ),
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together: set both, or neither")
        if self.client_certificate != "none" and self.client_ca is None:
            raise ValueError(
                "client_certificate needs client_ca: name a PEM file with the authorities of your senders"
            )
        return self

    def source_timezone(self) -> tzinfo:
        """The zone of times that come without one."""
        return local_timezone() if self.timezone == _LOCAL else ZoneInfo(self.timezone)


def _default_listeners() -> dict[str, ListenerSettings]:
    return {
        "udp": ListenerSettings(transport="udp", port=5514),
        "tcp": ListenerSettings(transport="tcp", port=5514),
        "tls": ListenerSettings(transport="tls", port=6514),
        "self": ListenerSettings(transport="udp", address="127.0.0.1", port=5515, stream="sysledger"),
    }


def _one_listener_a_port(listeners: dict[str, ListenerSettings]) -> dict[str, ListenerSettings]:
    """Refuse two listeners at one place: several collector processes would spread messages over both."""
    taken: dict[tuple[bool, str, int], str] = {}
    for name, listener in listeners.items():
        if not listener.enabled or not listener.port:
            continue
        place = (listener.transport == "udp", listener.address, listener.port)
        if (other := taken.setdefault(place, name)) != name:
            raise ValueError(
                f"{other} and {name} both listen on {'UDP' if place[0] else 'TCP'} port {listener.port} "
                f"(address {listener.address}): give one of them another port, or set enabled = false for it"
            )
    return listeners


class CollectorSettings(BaseModel):
    """Receiving: batches, memory, and the listeners."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    processes: int = Field(
        default=1,
        ge=1,
        le=64,
        json_schema_extra={"unit": "processes"},
        description="Collector processes. They share every listener; the kernel spreads senders over them.",
    )
    flush_milliseconds: int = Field(
        default=50,
        ge=1,
        le=1_000,
        json_schema_extra={"unit": "milliseconds"},
        description="Longest time that a received message waits for others to travel with it.",
    )
    flush_messages: int = Field(
        default=16_384,
        ge=1,
        le=131_072,
        json_schema_extra={"unit": "messages"},
        description="Messages after which a batch goes without waiting.",
    )
    flush_octets: int = Field(
        default=4_194_304,
        ge=65_536,
        le=67_108_864,
        json_schema_extra={"unit": "octets"},
        description="Octets of messages after which a batch goes without waiting.",
    )
    memory_octets: int = Field(
        default=134_217_728,
        ge=16_777_216,
        le=68_719_476_736,
        json_schema_extra={"unit": "octets"},
        description=(
            "Octets of batches that a collector process holds until storage has them on disk. Past it, TCP "
            "and TLS senders wait, and what the kernel cannot hold of UDP is lost and counted."
        ),
    )
    answer_seconds: float = Field(
        default=5.0,
        ge=0.1,
        le=600.0,
        json_schema_extra={"unit": "seconds"},
        description="Silence of storage after which everything not acknowledged is sent again.",
    )
    stop_seconds: float = Field(
        default=20.0,
        ge=0.1,
        le=600.0,
        json_schema_extra={"unit": "seconds"},
        description=(
            "Longest time that a stopping collector waits for storage to acknowledge. "
            "What is not acknowledged by then is lost, counted and logged."
        ),
    )
    listeners: Annotated[dict[_ListenerName, ListenerSettings], AfterValidator(_one_listener_a_port)] = Field(
        default_factory=_default_listeners,
        description=(
            "The listeners, each under a name of its own, which is kept with every message. "
            "A default listener is closed with enabled = false."
        ),
    )
