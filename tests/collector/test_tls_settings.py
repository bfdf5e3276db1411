"""How names and fingerprints of peers are written in the configuration."""

import re

import pytest

from collector.settings import ListenerSettings
from collector.tls_settings import configured_fingerprint, configured_name

# RFC 5425 section 4.2.2's own example.
EXAMPLE = "sha-1:E1:2D:53:2B:7C:6B:8A:29:A2:76:C8:64:36:0B:08:4B:7A:F1:9E:9D"
LONG = "sha-256:" + ":".join(["AB"] * 32)


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("fw1.example.com", "fw1.example.com"),
        ("FW1.Example.COM.", "fw1.example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("*.bücher.example", "*.xn--bcher-kva.example"),
        ("fw-*.example.com", "fw-*.example.com"),
        ("_syslog.example", "_syslog.example"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0::7", "2001:db8::7"),
    ],
)
def test_names_are_taken_as_they_are_compared(written: str, compared: str) -> None:
    """RFC 5425 section 5.2: IDN becomes ACE; case, a last dot and forms of an address do not matter."""
    assert configured_name(written) == compared
    assert configured_name(compared) == compared


@pytest.mark.parametrize(
    "written", ["", ".", "a..b", "a b", "-a.example", "a/b", "a" * 64, "192.0.2.0/24", "ü" * 70]
)
def test_what_is_no_name_is_told(written: str) -> None:
    """What can match nothing is a mistake, and the error says what to write."""
    with pytest.raises(ValueError, match=r"write a name such as 'fw1\.example\.com'"):
        configured_name(written)


@pytest.mark.parametrize("written", [EXAMPLE, LONG])
def test_fingerprints_of_the_standard_form(written: str) -> None:
    """RFC 5425 section 4.2.2: the hash's label, then octets in upper case, each after a colon."""
    assert configured_fingerprint(written) == written


@pytest.mark.parametrize(
    "written",
    [
        EXAMPLE.replace("sha-1", "SHA-1"),
        EXAMPLE.lower(),
        EXAMPLE.removeprefix("sha-1:"),
        EXAMPLE.removeprefix("sha-1").replace(":", ""),
        EXAMPLE.replace("sha-1:", "sha1 Fingerprint="),
        EXAMPLE.replace("sha-1", "sha-256"),
        EXAMPLE.replace(":", "-"),
        f" {EXAMPLE} ",
    ],
)
def test_other_forms_are_told_in_the_right_one(written: str) -> None:
    """Another form of the same octets is a mistake, and the error holds what to write."""
    with pytest.raises(ValueError, match=re.escape(f"write '{EXAMPLE}'")):
        configured_fingerprint(written)


@pytest.mark.parametrize(
    "written", ["", "sha-1", EXAMPLE[:-3], f"{EXAMPLE}:00:11", "md5:" + "00:" * 15 + "00", LONG[:-1]]
)
def test_what_is_no_fingerprint_is_told(written: str) -> None:
    """What has the wrong length is a mistake, and the error says what prints the right form."""
    with pytest.raises(ValueError, match="sysledger tls fingerprint"):
        configured_fingerprint(written)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"client_certificate": "required"}, "needs client_ca or client_fingerprints"),
        ({"client_fingerprints": [EXAMPLE]}, "do nothing while client_certificate is 'none'"),
        ({"client_ca": "ca.pem"}, "do nothing while client_certificate is 'none'"),
        (
            {
                "client_certificate": "required",
                "client_fingerprints": [EXAMPLE],
                "client_names": ["a.example"],
            },
            "client_names needs client_ca",
        ),
        ({"client_certificate": "optional", "client_fingerprints": [EXAMPLE.lower()]}, f"write '{EXAMPLE}'"),
        (
            {"client_certificate": "optional", "client_ca": "ca.pem", "client_names": ["a b"]},
            "write a name such",
        ),
    ],
)
def test_policies_that_make_no_sense(settings: dict[str, object], told: str) -> None:
    """Settings that would accept nobody, or be ignored, are mistakes with a next step."""
    with pytest.raises(ValueError, match=re.escape(told)):
        ListenerSettings.model_validate({"transport": "tls", "port": 6514, **settings})
