"""What can be set of the relay: the collectors that messages go on to."""

import re
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_NAME: Final = r"^[a-z0-9][a-z0-9_.-]{0,62}$"  # names a file, too
_DestinationName = Annotated[str, Field(pattern=_NAME)]
_HOST: Final = re.compile(r"[^\s\[\]:/@]+")
_FOR_TLS: Final = ("ca", "server_name", "fingerprint", "certificate", "key")
_SHA256_LENGTH: Final = len("sha-256:") + 32 * 3 - 1


def _fingerprint(text: str) -> str:
    digits = text.removeprefix("sha-256:").split(":")
    if len(text) != _SHA256_LENGTH or any(len(pair) != 2 or not _is_hex(pair) for pair in digits):  # noqa: PLR2004 - two digits an octet
        raise ValueError(
            f"{text!r} is no fingerprint: write sha-256: and 32 pairs of hexadecimal digits, parted by "
            "colons, as 'sysledger tls fingerprint' prints it"
        )
    return "sha-256:" + ":".join(digits).upper()


def _host(text: str) -> str:
    name = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    with suppress(ValueError):
        ip_address(name)  # which may end in %zone
        return name
    try:
        name.encode("idna")
    except UnicodeError as error:
        raise ValueError(f"{text!r} cannot be a host ({error}): write a name, or an address") from error
    if not _HOST.fullmatch(name):
        raise ValueError(f"{text!r} is no host: write a name, or an address; port is a setting of its own")
    return name


def _is_hex(pair: str) -> bool:
    return all(digit in "0123456789abcdefABCDEF" for digit in pair)


class DestinationSettings(BaseModel):
    """One destination: another collector, and the stream that goes on to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, description="Whether messages go on to this destination.")
    protocol: Literal["relp", "relp-tls", "tls", "tcp"] = Field(
        default="relp",
        description=(
            "How messages go. relp and relp-tls are sent again until the other side acknowledges each. tls "
            "(RFC 5425) and tcp (RFC 6587) have no acknowledgement: what the other machine's kernel has "
            "taken counts as delivered, and is lost if that machine then fails."
        ),
    )
    host: Annotated[str, AfterValidator(_host)] = Field(
        min_length=1, max_length=255, description="Name or address of the other collector."
    )
    port: int = Field(ge=1, le=65_535, description="Its port: 2514 is usual for RELP, 6514 for TLS.")
    tenant: str = Field(default="default", pattern=_NAME, description="Tenant of the stream.")
    stream: str = Field(default="syslog", pattern=_NAME, description="Stream whose messages go on.")
    start: Literal["now", "first"] = Field(
        default="now",
        description=(
            "Where a new destination begins: now is the first message after its first start, first is the "
            "oldest that is kept. From then on its cursor, in the folder relay of the data folder, counts."
        ),
    )
    framing: Literal["octet-counted", "lf"] = Field(
        default="octet-counted",
        description=(
            "tls and tcp: how messages are parted. A message that holds LF itself arrives whole only when "
            "octet-counted."
        ),
    )
    window: int = Field(
        default=128,
        ge=1,
        le=65_536,
        json_schema_extra={"unit": "messages"},
        description="relp: messages that may be without acknowledgement; librelp's servers take 128.",
    )
    answer_seconds: float = Field(
        default=30.0,
        ge=0.1,
        le=3_600.0,
        json_schema_extra={"unit": "seconds"},
        description="Silence of the other side, while it owes an answer, after which it is connected anew.",
    )
    retry_seconds: float = Field(
        default=30.0,
        ge=0.1,
        le=3_600.0,
        json_schema_extra={"unit": "seconds"},
        description="Longest pause between two attempts to connect; the first are closer together.",
    )
    ca: Path | None = Field(
        default=None,
        description="TLS: file with the authorities, PEM, that vouch for the other side; else the system's.",
    )
    server_name: Annotated[str, AfterValidator(_host)] | None = Field(
        default=None, description="TLS: name that its certificate must have, where that is not host."
    )
    fingerprint: Annotated[str, AfterValidator(_fingerprint)] | None = Field(
        default=None,
        description=(
            "TLS: fingerprint of its certificate (sha-256:AB:CD…), for a certificate that no authority "
            "vouches for. Nothing else of the certificate is looked at then."
        ),
    )
    certificate: Path | None = Field(
        default=None, description="TLS: file with our certificate chain, PEM, if the other side asks for one."
    )
    key: Path | None = Field(default=None, description="TLS: file with the private key of certificate, PEM.")

    @property
    def is_encrypted(self) -> bool:
        """Whether messages go over TLS."""
        return self.protocol in {"tls", "relp-tls"}

    @model_validator(mode="after")
    def _in_the_clear(self) -> Self:
        found = [name for name in _FOR_TLS if getattr(self, name) is not None]
        if found and not self.is_encrypted:
            raise ValueError(
                f"{', '.join(found)} would do nothing, since {self.protocol} does not encrypt: "
                "set protocol to 'tls' or 'relp-tls', or remove what is for TLS"
            )
        if self.ca is not None and self.fingerprint is not None:
            raise ValueError("ca does nothing beside fingerprint: set one of them")
        return self

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together: set both, or neither")
        return self


class RelaySettings(BaseModel):
    """Forwarding to other collectors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    destinations: dict[_DestinationName, DestinationSettings] = Field(
        default_factory=dict,
        description="The destinations, each under a name of its own, which names its cursor, too.",
    )

    @property
    def enabled(self) -> dict[str, DestinationSettings]:
        """The destinations that messages go to."""
        return {name: each for name, each in self.destinations.items() if each.enabled}
