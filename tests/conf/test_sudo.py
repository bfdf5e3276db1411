"""Rules for sudo and su: the fields of messages as they are really written, with invented addresses."""

import pytest

from tests.conf.lines import assert_fields

CASES = [
    (
        "     ada : TTY=pts/0 ; PWD=/home/ada ; USER=root ; COMMAND=/usr/bin/tail -f /var/log/syslog",
        {
            "user": "ada",
            "tty": "pts/0",
            "directory": "/home/ada",
            "target_user": "root",
            "command": "/usr/bin/tail -f /var/log/syslog",
            "outcome": "success",
            "tag": "command",
        },
    ),
    (
        "ada : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/bin/ls",
        {
            "user": "ada",
            "failures": "3",
            "tty": "pts/0",
            "directory": "/root",
            "target_user": "root",
            "command": "/bin/ls",
            "outcome": "failure",
            "tag": "command_refused",
        },
    ),
    (
        "     tsg : user NOT in sudoers ; TTY=pts/1 ; PWD=/home/tsg ; USER=root ; COMMAND=/bin/ls",
        {
            "user": "tsg",
            "reason": "user NOT in sudoers",
            "tty": "pts/1",
            "directory": "/home/tsg",
            "target_user": "root",
            "command": "/bin/ls",
            "outcome": "failure",
            "tag": "command_refused",
        },
    ),
    (
        " observer : PWD=/ ; USER=root ; COMMAND=/usr/lib/scripts/role.sh",
        {
            "user": "observer",
            "directory": "/",
            "target_user": "root",
            "command": "/usr/lib/scripts/role.sh",
            "outcome": "success",
            "tag": "command",
        },
    ),
    (
        "ada : TTY=pts/0 ; PWD=/home/ada ; USER=www ; GROUP=web ; COMMAND=/bin/id",
        {
            "user": "ada",
            "tty": "pts/0",
            "directory": "/home/ada",
            "target_user": "www",
            "target_group": "web",
            "command": "/bin/id",
            "outcome": "success",
            "tag": "command",
        },
    ),
    (
        "(to root) ada on pts/3",
        {"target_user": "root", "user": "ada", "tty": "pts/3", "outcome": "success", "tag": "login"},
    ),
    (
        "FAILED SU (to root) ada on pts/3",
        {"target_user": "root", "user": "ada", "tty": "pts/3", "outcome": "failure", "tag": "login_failed"},
    ),
    (
        "'su root' failed for ada on /dev/pts/8",
        {
            "target_user": "root",
            "user": "ada",
            "tty": "/dev/pts/8",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "BAD SU ada to root on /dev/ttyu0",
        {
            "user": "ada",
            "target_user": "root",
            "tty": "/dev/ttyu0",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
]


@pytest.mark.parametrize(("message", "expected"), CASES)
def test_fields(message: str, expected: dict[str, str]) -> None:
    """A message of sudo and su has these fields, and no others."""
    assert_fields("sudo", message, expected)
