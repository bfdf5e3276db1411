"""Rules for console logins and systemd-logind: the fields of messages as they are really written, with invented addresses."""

import pytest

from tests.conf.lines import assert_fields

CASES = [
    (
        "ROOT LOGIN ON tty1",
        {"tty": "tty1", "outcome": "success", "tag": "login"},
    ),
    (
        "FAILED LOGIN 1 FROM tty1 FOR root, Authentication failure",
        {
            "failures": "1",
            "tty": "tty1",
            "user": "root",
            "reason": "Authentication failure",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "LOGIN ON tty1 BY ada",
        {"tty": "tty1", "user": "ada", "outcome": "success", "tag": "login"},
    ),
    (
        "login on ttyv0 as root",
        {"tty": "ttyv0", "user": "root", "outcome": "success", "tag": "login"},
    ),
    (
        "ROOT LOGIN (root) ON ttyv0",
        {"user": "root", "tty": "ttyv0", "outcome": "success", "tag": "login"},
    ),
    (
        "New session 42 of user ada.",
        {"session": "42", "user": "ada", "tag": "session_opened"},
    ),
    (
        "Removed session 42.",
        {"session": "42", "tag": "session_closed"},
    ),
]


@pytest.mark.parametrize(("message", "expected"), CASES)
def test_fields(message: str, expected: dict[str, str]) -> None:
    """A message of console logins and systemd-logind has these fields, and no others."""
    assert_fields("login", message, expected)
