"""relay/settings.py."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from relay.settings import DestinationSettings

PRINT = "sha-256:" + ":".join(["AB"] * 32)


def test_a_fingerprint_is_taken_in_either_case() -> None:
    """It is kept in RFC 5425's form: label, upper case, colons."""
    found = DestinationSettings(
        host="h", port=6514, protocol="tls", fingerprint=PRINT[:20] + PRINT[20:].lower()
    )
    assert found.fingerprint == PRINT


@pytest.mark.parametrize(
    "text", ["", "sha-256:", PRINT[:-3], PRINT.replace(":", "-"), "sha-1:" + PRINT[8:], PRINT[:-1] + "X"]
)
def test_what_is_no_fingerprint_is_refused(text: str) -> None:
    """With how to write one."""
    with pytest.raises(ValidationError, match="write sha-256: and 32 pairs"):
        DestinationSettings(host="h", port=6514, protocol="tls", fingerprint=text)


def test_certificate_and_key_belong_together() -> None:
    """One without the other is a mistake that is told before anything starts."""
    with pytest.raises(ValidationError, match="belong together"):
        DestinationSettings(host="h", port=6514, protocol="tls", certificate=Path("c.pem"))


@pytest.mark.parametrize("setting", ["ca", "certificate", "fingerprint", "server_name"])
def test_what_is_for_tls_needs_tls(setting: str) -> None:
    """Whoever names a certificate means to encrypt, and is told that the protocol does not."""
    values = {"host": "h", "port": 2514, setting: "there" if setting == "server_name" else PRINT}
    with pytest.raises(ValidationError, match="relp does not encrypt: set protocol to"):
        DestinationSettings.model_validate(values)


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("logs.example.com", "logs.example.com"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("bücher.example", "bücher.example"),
    ],
)
def test_hosts(text: str, host: str) -> None:
    """Names, and addresses of either kind, in brackets or without."""
    assert DestinationSettings(host=text, port=1).host == host


@pytest.mark.parametrize("text", ["", "a..b", "a" * 64, "h:514", "tcp://h", "two words", "[h", "\n"])
def test_what_is_no_host_is_refused(text: str) -> None:
    """Before anything starts, with what to write."""
    with pytest.raises(ValidationError, match=r"write a name, or an address|at least 1 character"):
        DestinationSettings(host=text, port=1)
