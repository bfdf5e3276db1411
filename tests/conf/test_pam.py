"""Rules for PAM's modules: the fields of messages as they are really written, with invented addresses."""

import pytest

from tests.conf.lines import assert_fields

CASES = [
    (
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.5  user=root",
        {
            "pam_module": "pam_unix",
            "service": "sshd",
            "pam_type": "auth",
            "uid": "0",
            "euid": "0",
            "tty": "ssh",
            "src": "203.0.113.5",
            "user": "root",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.5 ",
        {
            "pam_module": "pam_unix",
            "service": "sshd",
            "pam_type": "auth",
            "uid": "0",
            "euid": "0",
            "tty": "ssh",
            "src": "203.0.113.5",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost=host.example.net  user=root",
        {
            "uid": "0",
            "euid": "0",
            "tty": "NODEVssh",
            "src": "host.example.net",
            "user": "root",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "pam_unix(sudo:session): session opened for user root by ada(uid=1000)",
        {
            "pam_module": "pam_unix",
            "service": "sudo",
            "pam_type": "session",
            "user": "root",
            "by_uid": "1000",
            "by_user": "ada",
            "tag": "session_opened",
        },
    ),
    (
        "pam_unix(sshd:session): session opened for user ada(uid=1000) by (uid=0)",
        {
            "pam_module": "pam_unix",
            "service": "sshd",
            "pam_type": "session",
            "user": "ada",
            "uid": "1000",
            "by_uid": "0",
            "tag": "session_opened",
        },
    ),
    (
        "pam_unix(cron:session): session closed for user root",
        {
            "pam_module": "pam_unix",
            "service": "cron",
            "pam_type": "session",
            "user": "root",
            "tag": "session_closed",
        },
    ),
    (
        "pam_unix(sshd:auth): check pass; user unknown",
        {
            "pam_module": "pam_unix",
            "service": "sshd",
            "pam_type": "auth",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "PAM 5 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=203.0.113.5  user=root",
        {
            "failures": "5",
            "uid": "0",
            "euid": "0",
            "tty": "ssh",
            "src": "203.0.113.5",
            "user": "root",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        'pam_succeed_if(sshd:auth): requirement "uid >= 1000" not met by user "root"',
        {
            "pam_module": "pam_succeed_if",
            "service": "sshd",
            "pam_type": "auth",
            "requirement": "uid >= 1000",
            "user": "root",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "pam_sss(sshd:auth): received for user ada: 7 (Authentication failure)",
        {
            "pam_module": "pam_sss",
            "service": "sshd",
            "pam_type": "auth",
            "user": "ada",
            "code": "7",
            "reason": "Authentication failure",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "pam_unix(passwd:chauthtok): password changed for ada",
        {
            "pam_module": "pam_unix",
            "service": "passwd",
            "pam_type": "chauthtok",
            "user": "ada",
            "tag": "password_changed",
        },
    ),
    (
        "pam_systemd(sshd:session): Failed to create session: Access denied",
        {
            "pam_module": "pam_systemd",
            "service": "sshd",
            "pam_type": "session",
            "reason": "Access denied",
            "tag": "session_failed",
        },
    ),
]


@pytest.mark.parametrize(("message", "expected"), CASES)
def test_fields(message: str, expected: dict[str, str]) -> None:
    """A message of PAM's modules has these fields, and no others."""
    assert_fields("pam", message, expected)
