"""Time-based one-time passwords as a second factor (RFC 6238), and codes for who has lost the device."""

import base64
import secrets
from typing import Final
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

STEP_SECONDS: Final = 30
DIGITS: Final = 6
SECRET_OCTETS: Final = 20  # RFC 4226 section 4, R6
REACH: Final = 1  # steps on each side that a clock may be off
RECOVERY_CODES: Final = 8
_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"  # none that look alike


def new_secret() -> str:
    """Give a new shared secret in Base 32, as the devices take it."""
    return base64.b32encode(secrets.token_bytes(SECRET_OCTETS)).decode()


def address(secret: str, name: str, issuer: str) -> str:
    """Give the address that a device reads from a QR code."""
    asked = urlencode({"secret": secret, "issuer": issuer, "digits": DIGITS, "period": STEP_SECONDS})
    return f"otpauth://totp/{quote(issuer)}:{quote(name)}?{asked}"


def step_of(secret: str, code: str, now: float, last: int = -1) -> int | None:
    """Give the time step whose code this is; None for a wrong one.

    Args:
        secret: as ``new_secret`` gave it.
        code: as typed; blanks do not count.
        now: seconds since the epoch.
        last: the step of the last code that was taken: none is taken twice (RFC 6238 section 5.2).
    """
    typed = "".join(code.split())
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    # SHA-1 is what every device knows, and what the RFC's HMAC needs is unharmed by its collisions.
    maker = HOTP(base64.b32decode(secret), DIGITS, SHA1(), enforce_key_length=False)  # noqa: S303
    current = int(now) // STEP_SECONDS
    for step in range(current - REACH, current + REACH + 1):
        if step > last and secrets.compare_digest(maker.generate(max(0, step)), typed.encode()):
            return step
    return None


def recovery_codes() -> list[str]:
    """Give new codes, each good for one sign-in."""
    return ["-".join(_word() for _ in range(3)) for _ in range(RECOVERY_CODES)]


def _word() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(5))
