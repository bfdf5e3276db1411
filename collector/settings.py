"""What can be set of the collector: its listeners, its batches, and how much it may hold."""

import os
from datetime import tzinfo
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from collector.handoff_settings import HandoffSettings
from collector.local_time import LOCAL, timezone_of
from collector.rule_settings import RuleSettings, default_rules, each_has_messages
from collector.source_settings import (
    CharsetName,
    FormatName,
    SourceSettings,
    TimezoneName,
    one_source_a_place,
)
from collector.tls_settings import Fingerprint, PeerName
from parsers.source import DateOrder
from tenants.rules import network_of

Transport = Literal["udp", "tcp", "tls", "dtls", "relp", "relp-tls", "gelf-udp", "gelf-tcp", "unix"]
OVER_UDP: Final = frozenset({"udp", "dtls", "gelf-udp"})
TRAIL: Final = "trail"  # the tenant, and the listener, of who did what: collector/trail_listener.py
LONGEST_PATH: Final = 107  # octets of a Unix socket's path, before its NUL (unix(7))
OVER_TLS: Final = frozenset({"tls", "dtls", "relp-tls"})

_NAME: Final = r"^[a-z0-9][a-z0-9_.-]{0,62}$"  # names a folder of the archive, too
_ListenerName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$")]


def _network(text: str) -> str:
    network_of(text)
    return text


_Network = Annotated[str, AfterValidator(_network)]


class ListenerSettings(BaseModel):
    """One listener: an address that messages are sent to, and the stream that they are kept in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, description="Whether this listener is opened.")
    transport: Transport = Field(
        description=(
            "How messages come: udp (RFC 5426), tcp (RFC 6587, both framings, found frame by frame), "
            "tls (RFC 5425; the other framing is understood as well), dtls (RFC 6012; messages without "
            "framing are understood as well), relp (RELP, which acknowledges what is on disk), relp-tls "
            "(that inside TLS from the first octet), gelf-udp (GELF, with chunks and compression), gelf-tcp "
            "(GELF, ended by NUL or LF) or unix (a datagram socket, as programs of this machine log to)."
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
        default=0,
        ge=0,
        le=65_535,
        description=(
            "Port to listen on; 0 takes any free one. The standards' ports are 514 (UDP) and 6514 (TLS); "
            "usual ones are 2514 (RELP) and 12201 (GELF). Ports below 1024 need the capability "
            "CAP_NET_BIND_SERVICE."
        ),
    )
    path: Path | None = Field(
        default=None,
        description=(
            "Unix: path of the socket, such as '/run/sysledger/log'. It is made at the start and removed at "
            "the end. Nothing may stand there but the socket of a program that has ended."
        ),
    )
    mode: str = Field(
        default="0666",
        pattern="^0?[0-7]{3}$",
        description="Unix: permissions of the socket, as chmod(1) takes them. Who may write to it, may log.",
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
    format: FormatName = Field(
        default="auto",
        description=(
            "How messages are read. auto decides for each, and knows devices' dialects; rfc5424 takes all "
            "for that, and rfc3164 goes by that standard's rules alone. What fits nothing is kept unparsed."
        ),
    )
    timezone: TimezoneName = Field(
        default=LOCAL,
        description=(
            "Time zone of originators that send times without one (RFC 3164): 'local' for this machine's, "
            "or a name such as 'Europe/Vienna' or 'UTC'."
        ),
    )
    charset: CharsetName = Field(
        default="utf-8",
        description=(
            "Character set of texts that are not UTF-8, such as 'iso-8859-1', 'windows-1252', 'shift_jis' or "
            "'gb18030'. 'utf-8' shows such octets as U+FFFD, with the flag utf8_invalid."
        ),
    )
    date_order: DateOrder | None = Field(
        default=None,
        description=(
            "What comes first in a date such as 05/06/2026. Without it such a date is read only where one "
            "number is more than 12."
        ),
    )
    maximum_octets: int = Field(
        default=65_536,
        ge=2_048,
        le=16_777_216,
        json_schema_extra={"unit": "octets"},
        description=(
            "Longest message that is kept whole. What is longer is cut at its end and flagged 'truncated'. "
            "A UDP datagram never holds more than 65535, and RELP takes 131072 in any case, which its "
            "specification promises to every sender."
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
        default=16_384,
        ge=1,
        le=1_000_000,
        json_schema_extra={"unit": "connections"},
        description=(
            "TCP, TLS and DTLS: connections open at a time in a process. More are refused, counted. One that "
            "is idle takes some 3 KB of memory, inside TLS some 30 KB, and each takes an open file "
            "(LimitNOFILE= of systemd)."
        ),
    )
    source_rate: float = Field(
        default=0.0,
        ge=0.0,
        le=1e9,
        json_schema_extra={"unit": "messages a second"},
        description=(
            "Messages a second that each sender, told by its address, may send here; 0 for any number. See "
            "rate of the sources, which comes before it."
        ),
    )
    sender_networks: tuple[_Network, ...] = Field(
        default=(),
        description=(
            "Who may send, as networks or addresses: '192.0.2.7', '10.0.0.0/8'. Connections of others are "
            "refused, their datagrams are thrown away, and both are counted. Without any, everybody may."
        ),
    )
    certificate: Path | None = Field(
        default=None,
        description=(
            "TLS and DTLS: file with the certificate chain, PEM. Without it the appliance makes a key and a "
            "self-signed certificate in the folder tls of the data folder. These files are read again when "
            "they change."
        ),
    )
    key: Path | None = Field(
        default=None, description="TLS and DTLS: file with the certificate's private key, PEM."
    )
    client_certificate: Literal["none", "optional", "required"] = Field(
        default="none",
        description=(
            "TLS and DTLS: whether a sender must prove who it is. none asks for no certificate, optional "
            "checks one that is sent, required refuses senders without one. client_ca and "
            "client_fingerprints say which are accepted."
        ),
    )
    proxy_protocol: Literal["off", "required"] = Field(
        default="off",
        description=(
            "TCP, TLS and RELP: required when a load balancer (HAProxy, nginx) stands before this listener "
            "and says by a header of the PROXY protocol, version 1 or 2, whose connection it passes on; that "
            "address is then kept as the peer. Connections without the header are refused."
        ),
    )
    proxy_networks: tuple[_Network, ...] = Field(
        default=(),
        description=(
            "The load balancers, as networks or addresses: '192.0.2.7', '10.0.0.0/8'. They alone send the "
            "header of proxy_protocol, and must; everybody else is taken as a sender of messages. Without "
            "any, everybody must send it, and could name any address."
        ),
    )
    client_ca: Path | None = Field(
        default=None,
        description=(
            "TLS and DTLS: file with the certificates, PEM, that senders' certificates are checked against: "
            "authorities, or the senders' own certificates one by one."
        ),
    )
    client_names: tuple[PeerName, ...] = Field(
        default=(),
        description=(
            "TLS and DTLS: names of which a sender's certificate must have one, as dNSName or iPAddress, "
            "when client_ca accepts it: 'fw1.example.com', '192.0.2.7', or 'fw-*.example.com', where '*' "
            "stands for any characters but a dot. Without any, every certificate that client_ca accepts "
            "will do."
        ),
    )
    client_wildcards: bool = Field(
        default=False,
        description=(
            "TLS and DTLS: whether '*.example.com' in a sender's certificate stands for every name that is "
            "one label longer than example.com."
        ),
    )
    client_common_name: bool = Field(
        default=False,
        description=(
            "TLS and DTLS: whether the common name counts for client_names in certificates that have no "
            "dNSName, as those of old devices do."
        ),
    )
    client_fingerprints: tuple[Fingerprint, ...] = Field(
        default=(),
        description=(
            "TLS and DTLS: fingerprints of senders' certificates that are accepted whoever signed them, and "
            "whenever they end: 'sha-256:AB:…' or 'sha-1:AB:…', as `sysledger tls fingerprint` prints "
            "them."
        ),
    )
    idle_seconds: float | None = Field(
        default=None,
        ge=1.0,
        le=31_536_000.0,
        json_schema_extra={"unit": "seconds"},
        description=(
            "TLS and DTLS: silence after which a connection is closed, with close_notify first. Without it "
            "connections stay open; DTLS sessions, of whose end nobody may ever tell, are forgotten after a "
            "day."
        ),
    )
    legacy_cipher: bool = Field(
        default=False,
        description=(
            "TLS and DTLS: also allow TLS_RSA_WITH_AES_128_CBC_SHA, the weak suite that RFC 5425 made "
            "mandatory and RFC 9662 keeps for old devices only."
        ),
    )

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if self.transport == "unix" and self.path is None:
            raise ValueError("a unix listener needs path: name the socket, such as '/run/sysledger/log'")
        if self.path is not None and len(os.fsencode(self.path)) > LONGEST_PATH:
            raise ValueError(f"path has more than {LONGEST_PATH} octets, the most of a socket's: shorten it")
        if self.path is not None and "\0" in str(self.path):
            raise ValueError("path holds a NUL, which no file's name does: remove it")
        if self.transport != "unix" and self.path is not None:
            raise ValueError("path is for transport 'unix' only: remove it, or set transport to 'unix'")
        if self.transport != "unix" and "port" not in self.model_fields_set:
            raise ValueError("port is missing: set the port to listen on")
        return self

    @model_validator(mode="after")
    def _has_senders(self) -> Self:
        if self.transport == "unix" and self.sender_networks:
            raise ValueError("sender_networks is for networks: remove it; mode says who may log")
        return self

    @model_validator(mode="after")
    def _has_balancers(self) -> Self:
        if self.proxy_protocol == "required" and (self.transport in OVER_UDP or self.transport == "unix"):
            raise ValueError("proxy_protocol is for TCP, TLS and RELP only: remove it")
        if self.proxy_networks and self.proxy_protocol == "off":
            raise ValueError(
                "proxy_networks does nothing while proxy_protocol is 'off': "
                "set that to 'required', or remove proxy_networks"
            )
        return self

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together: set both, or neither")
        if self.client_certificate != "none" and self.client_ca is None and not self.client_fingerprints:
            raise ValueError(
                "client_certificate needs client_ca or client_fingerprints: name a PEM file with the "
                "authorities of your senders, or list the fingerprints of their certificates"
            )
        accepted = self.client_ca or self.client_names or self.client_fingerprints
        if self.client_certificate == "none" and accepted:
            raise ValueError(
                "client_ca, client_names and client_fingerprints do nothing while client_certificate is "
                "'none': set it to 'required' or 'optional', or remove them"
            )
        if self.client_names and self.client_ca is None:
            raise ValueError(
                "client_names needs client_ca, because names count only in certificates that an authority "
                "signed: name a PEM file with the authorities of your senders"
            )
        return self

    def source_timezone(self) -> tzinfo:
        """The zone of times that come without one."""
        return timezone_of(self.timezone)


def _default_listeners() -> dict[str, ListenerSettings]:
    return {
        "udp": ListenerSettings(transport="udp", port=5514),
        "tcp": ListenerSettings(transport="tcp", port=5514),
        "tls": ListenerSettings(transport="tls", port=6514),
        "dtls": ListenerSettings(transport="dtls", port=6514),
        "relp": ListenerSettings(transport="relp", port=2514),
        "gelf-udp": ListenerSettings(transport="gelf-udp", port=12_201, enabled=False),
        "gelf-tcp": ListenerSettings(transport="gelf-tcp", port=12_201, enabled=False),
        "self": ListenerSettings(transport="udp", address="127.0.0.1", port=5515, stream="sysledger"),
    }


def _one_listener_a_port(listeners: dict[str, ListenerSettings]) -> dict[str, ListenerSettings]:
    """Refuse two listeners at one place: several collector processes would spread messages over both."""
    taken: dict[str, str] = {}
    for name, listener in listeners.items():
        if not listener.enabled or not (listener.port or listener.path):
            continue
        if (other := taken.setdefault(_place(listener), name)) != name:
            raise ValueError(
                f"{other} and {name} both listen on {_place(listener)}: "
                "give one of them another place, or set enabled = false for it"
            )
    return listeners


def _leaves_the_trail(listeners: dict[str, ListenerSettings]) -> dict[str, ListenerSettings]:
    """Refuse what would write to the trail of who did what, or be taken for its listener."""
    if TRAIL in listeners:
        raise ValueError(f"{TRAIL} is the name of the appliance's own listener: give yours another name")
    for name, listener in listeners.items():
        if listener.tenant == TRAIL:
            raise ValueError(
                f"{name}: only the appliance itself writes to tenant {TRAIL!r}: choose another tenant"
            )
    return listeners


def _place(listener: ListenerSettings) -> str:
    if listener.path is not None:
        return f"path {listener.path}"
    protocol = "UDP" if listener.transport in OVER_UDP else "TCP"
    return f"{protocol} port {listener.port} (address {listener.address})"


class CollectorSettings(HandoffSettings):
    """Receiving: batches, memory, and the listeners."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    processes: int = Field(
        default=1,
        ge=1,
        le=64,
        json_schema_extra={"unit": "processes"},
        description=(
            "Collector processes. They share every listener; the kernel spreads senders over them, by "
            "address and port. Each looks for gaps in senders' numbers by itself."
        ),
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
        default=100_663_296,
        ge=16_777_216,
        le=68_719_476_736,
        json_schema_extra={"unit": "octets"},
        description=(
            "Octets of batches that a collector process holds until storage has them on disk. Past it, TCP "
            "and TLS senders wait, and what the kernel cannot hold of UDP is lost and counted. All TCP and "
            "TLS connections together hold a quarter of it in messages whose end has not come: past that, a "
            "message that is longer than its share is cut and flagged 'truncated'. The process itself takes "
            "150 MB more, and a third of this for what is on its way. Frames of RELP that have not "
            "ended are bounded for each connection, by maximum_octets."
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
            "Longest time that a stopping collector waits for storage to acknowledge. What is not "
            "acknowledged by then goes to the disk queue, and the next start sends it; it is lost, counted "
            "and logged, only when that cannot be written either."
        ),
    )
    listeners: Annotated[
        dict[_ListenerName, ListenerSettings],
        AfterValidator(_one_listener_a_port),
        AfterValidator(_leaves_the_trail),
    ] = Field(
        default_factory=_default_listeners,
        description=(
            "The listeners, each under a name of its own, which is kept with every message. "
            "A default listener is closed with enabled = false."
        ),
    )
    sources: Annotated[dict[_ListenerName, SourceSettings], AfterValidator(one_source_a_place)] = Field(
        default_factory=dict,
        description=(
            "Sources: senders whose messages are read otherwise than their listener's, each under a name of "
            "its own. One applies to a message: one by host name before one by network, of several networks "
            "the narrowest, of several host patterns the one that stands first. What it leaves unset is as "
            "the listener has it. `sysledger explain --peer ADDRESS` shows which one applies."
        ),
    )
    shipped_rules: bool = Field(
        default=True,
        description="Whether the rule files that come with Sysledger are used.",
    )
    rules: Annotated[dict[_ListenerName, RuleSettings], AfterValidator(each_has_messages)] = Field(
        default_factory=default_rules,
        description=(
            "Rule files: what they read out of messages can be searched as fields. The default ones come "
            "with Sysledger; yours need a table with file, and apps or streams. `sysledger rules test` tries "
            "them."
        ),
    )

    @model_validator(mode="after")
    def _listeners_of_sources(self) -> Self:
        for name, source in self.sources.items():
            for listener in source.listeners or ():
                if listener not in self.listeners:
                    raise ValueError(
                        f"sources.{name}.listeners: there is no listener {listener!r}; "
                        f"use one of {', '.join(self.listeners)}"
                    )
        return self
