"""How names and fingerprints of peers are written in the configuration (RFC 5425 sections 4.2.2 and 5.2)."""

import ipaddress
import re
from typing import Annotated, Final

from pydantic import AfterValidator

_LABEL: Final = re.compile(r"[a-z0-9_*](?:[a-z0-9_*-]{0,61}[a-z0-9_*])?")
_NAME_HINT: Final = (
    "write a name such as 'fw1.example.com' or 'fw-*.example.com', or an address such as '192.0.2.7'"
)
_FINGERPRINT: Final = re.compile("sha-1(?::[0-9A-F]{2}){20}|sha-256(?::[0-9A-F]{2}){32}")
_SOME_FINGERPRINT: Final = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[: -]?){19,31}[0-9A-Fa-f]{2}\Z")
_LABELS: Final = {20: "sha-1", 32: "sha-256"}  # by octets of the hash


def configured_name(text: str) -> str:
    """Check a name from the configuration, and give it as it is compared.

    Args:
        text: ``fw1.example.com``; ``bücher.example`` (becomes ``xn--bcher-kva.example``, section 5.2);
            ``fw-*.example.com``, where ``*`` stands for any characters of one label; or an address.

    Raises:
        ValueError: when it is none of these; the message says what to write.
    """
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    try:
        ascii_form = text.removesuffix(".").encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise ValueError(f"{text!r} cannot be a DNS name ({error}): {_NAME_HINT}") from error
    if not all(map(_LABEL.fullmatch, ascii_form.split("."))):
        raise ValueError(f"{text!r} is neither a DNS name nor an address: {_NAME_HINT}")
    return ascii_form


def configured_fingerprint(text: str) -> str:
    """Check a fingerprint from the configuration: it must have the form of section 4.2.2.

    Raises:
        ValueError: when it has not; the message says what to write.
    """
    if _FINGERPRINT.fullmatch(text):
        return text
    raise ValueError(f"{text!r} is no fingerprint of RFC 5425 section 4.2.2: {_fingerprint_hint(text)}")


def _fingerprint_hint(text: str) -> str:
    found = _SOME_FINGERPRINT.search(text.strip())
    octets = bytes.fromhex(re.sub("[^0-9A-Fa-f]", "", found[0])) if found else b""
    if label := _LABELS.get(len(octets)):
        return f"write '{label}:{octets.hex(':').upper()}'"
    return (
        "write sha-1 or sha-256, and each octet of the hash in upper case after a colon, "
        "as `sysledger tls fingerprint FILE` prints it"
    )


PeerName = Annotated[str, AfterValidator(configured_name)]
Fingerprint = Annotated[str, AfterValidator(configured_fingerprint)]
