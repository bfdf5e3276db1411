"""The promises about one-time passwords."""

import base64
from urllib.parse import parse_qs, urlsplit

import pytest

from access.totp import address, new_secret, recovery_codes, step_of

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("now", "code"),
    [
        (59, "287082"), (1_111_111_109, "081804"), (1_111_111_111, "050471"), (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
    ],
)  # fmt: skip
def test_the_codes_of_rfc_6238(now: int, code: str) -> None:
    """The codes are those of the RFC's appendix B, by their last six digits."""
    assert step_of(SECRET, code, now) == now // 30
    assert step_of(SECRET, code, now + 90) is None
    assert step_of(SECRET, code, now, last=now // 30) is None


@pytest.mark.parametrize(
    "code", ["", "28708", "2870822", "28708a", "\u0662\u0668\u0667\u0660\u0668\u0662", "-87082"]
)
def test_what_is_no_code(code: str) -> None:
    """Anything but six ASCII digits is wrong, and no error."""
    assert step_of(SECRET, code, 59) is None


def test_the_address_for_devices() -> None:
    """A device reads the secret, the issuer and the account from the address."""
    found = urlsplit(address(SECRET, "ada@example.com", "Sysledger on box 1"))
    assert (found.scheme, found.netloc) == ("otpauth", "totp")
    assert found.path == "/Sysledger%20on%20box%201:ada%40example.com"
    assert parse_qs(found.query)["secret"] == [SECRET]


def test_secrets_are_new() -> None:
    """Two secrets are never the same, nor are two recovery codes."""
    assert len({new_secret() for _ in range(100)}) == 100
    assert len({code for _ in range(100) for code in recovery_codes()}) == 800
