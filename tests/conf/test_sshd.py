"""Rules for OpenSSH's server: the fields of messages as they are really written, with invented addresses."""

import pytest

from tests.conf.lines import assert_fields, fields

CASES = [
    (
        "Accepted publickey for ada from 192.0.2.7 port 50514 ssh2: ED25519 SHA256:Zk1dJ0s3r5oO0iYk2m1sQm5e0j3uJm1f7p6s4c9xYzA",
        {
            "auth_method": "publickey",
            "user": "ada",
            "src": "192.0.2.7",
            "src_port": "50514",
            "key_type": "ED25519",
            "key_fingerprint": "SHA256:Zk1dJ0s3r5oO0iYk2m1sQm5e0j3uJm1f7p6s4c9xYzA",
            "outcome": "success",
            "tag": "login",
        },
    ),
    (
        "Accepted password for root from 2001:db8::7 port 50784 ssh2",
        {
            "auth_method": "password",
            "user": "root",
            "src": "2001:db8::7",
            "src_port": "50784",
            "outcome": "success",
            "tag": "login",
        },
    ),
    (
        "Failed password for root from 203.0.113.5 port 22 ssh2",
        {
            "auth_method": "password",
            "user": "root",
            "src": "203.0.113.5",
            "src_port": "22",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "Failed password for invalid user ad min from 203.0.113.5 port 60682 ssh2",
        {
            "auth_method": "password",
            "user": "ad min",
            "src": "203.0.113.5",
            "src_port": "60682",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "Failed none for invalid user  from 203.0.113.5 port 60682 ssh2",
        {
            "auth_method": "none",
            "src": "203.0.113.5",
            "src_port": "60682",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "message repeated 5 times: [ Failed password for root from 203.0.113.5 port 42393 ssh2]",
        {
            "repeated": "5",
            "auth_method": "password",
            "user": "root",
            "src": "203.0.113.5",
            "src_port": "42393",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "Invalid user oracle from 203.0.113.5 port 26768",
        {
            "user": "oracle",
            "src": "203.0.113.5",
            "src_port": "26768",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "Invalid user oracle from 203.0.113.5",
        {"user": "oracle", "src": "203.0.113.5", "outcome": "failure", "tag": "login_failed"},
    ),
    (
        "Invalid user  from 203.0.113.5 port 26768",
        {"src": "203.0.113.5", "src_port": "26768", "outcome": "failure", "tag": "login_failed"},
    ),
    (
        "Connection closed by invalid user test 203.0.113.5 port 26768 [preauth]",
        {"src": "203.0.113.5", "src_port": "26768", "user": "test", "tag": "disconnect"},
    ),
    (
        "Connection closed by authenticating user root 203.0.113.5 port 11502 [preauth]",
        {"src": "203.0.113.5", "src_port": "11502", "user": "root", "tag": "disconnect"},
    ),
    (
        "Connection closed by 203.0.113.5 port 50806 [preauth]",
        {"src": "203.0.113.5", "src_port": "50806", "tag": "disconnect"},
    ),
    (
        "Received disconnect from 203.0.113.5: 11: Bye Bye [preauth]",
        {"src": "203.0.113.5", "code": "11", "reason": "Bye Bye", "tag": "disconnect"},
    ),
    (
        "Received disconnect from 203.0.113.5 port 26768:11: disconnected by user",
        {
            "src": "203.0.113.5",
            "src_port": "26768",
            "code": "11",
            "reason": "disconnected by user",
            "tag": "disconnect",
        },
    ),
    (
        "error: Received disconnect from 203.0.113.5: 14: No more user authentication methods available. [preauth]",
        {
            "src": "203.0.113.5",
            "code": "14",
            "reason": "No more user authentication methods available.",
            "tag": "disconnect",
        },
    ),
    (
        "Disconnected from user ada 192.0.2.7 port 14898",
        {"src": "192.0.2.7", "src_port": "14898", "user": "ada", "tag": "disconnect"},
    ),
    (
        "Disconnecting authenticating user root 203.0.113.5 port 14898: Too many authentication failures [preauth]",
        {"src": "203.0.113.5", "src_port": "14898", "user": "root", "tag": "disconnect"},
    ),
    (
        "error: maximum authentication attempts exceeded for root from 203.0.113.5 port 14898 ssh2 [preauth]",
        {
            "user": "root",
            "src": "203.0.113.5",
            "src_port": "14898",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "User root from 203.0.113.5 not allowed because not listed in AllowUsers",
        {
            "user": "root",
            "src": "203.0.113.5",
            "reason": "not listed in AllowUsers",
            "outcome": "failure",
            "tag": "login_failed",
        },
    ),
    (
        "reverse mapping checking getaddrinfo for host.example.net [203.0.113.5] failed - POSSIBLE BREAK-IN ATTEMPT!",
        {"src_host": "host.example.net", "src": "203.0.113.5", "tag": "stranger"},
    ),
    (
        "Did not receive identification string from 203.0.113.5 port 4711",
        {"src": "203.0.113.5", "src_port": "4711", "tag": "stranger"},
    ),
    (
        "Unable to negotiate with 203.0.113.5 port 4711: no matching key exchange method found. Their offer: diffie-hellman-group1-sha1 [preauth]",
        {
            "src": "203.0.113.5",
            "src_port": "4711",
            "reason": "no matching key exchange method found. Their offer: diffie-hellman-group1-sha1",
            "tag": "stranger",
        },
    ),
    (
        "drop connection #16 from [203.0.113.5]:26768 on [192.0.2.1]:22 past MaxStartups",
        {
            "connection": "16",
            "src": "203.0.113.5",
            "src_port": "26768",
            "dst": "192.0.2.1",
            "dst_port": "22",
            "reason": "past MaxStartups",
            "tag": "stranger throttled",
        },
    ),
    (
        'Connection from 203.0.113.5 port 50514 on 192.0.2.1 port 22 rdomain ""',
        {"src": "203.0.113.5", "src_port": "50514", "dst": "192.0.2.1", "dst_port": "22", "tag": "connect"},
    ),
    (
        "Starting session: shell on pts/0 for ada from 192.0.2.7 port 50514 id 0",
        {
            "tty": "pts/0",
            "user": "ada",
            "src": "192.0.2.7",
            "src_port": "50514",
            "session": "0",
            "tag": "session",
        },
    ),
    (
        "subsystem request for sftp by user ada",
        {"subsystem": "sftp", "user": "ada", "tag": "session"},
    ),
    (
        "Server listening on :: port 22.",
        {"dst": "::", "dst_port": "22", "tag": "service"},
    ),
]


@pytest.mark.parametrize(("message", "expected"), CASES)
def test_fields(message: str, expected: dict[str, str]) -> None:
    """A message of OpenSSH's server has these fields, and no others."""
    assert_fields("sshd", message, expected)


@pytest.mark.parametrize(
    "message",
    [
        "Invalid user x from 198.51.100.9 port 1 from 203.0.113.5 port 22",
        "Failed password for invalid user x from 198.51.100.9 port 1 ssh2 from 203.0.113.5 port 22 ssh2",
        "Connection closed by invalid user x 198.51.100.9 port 1 203.0.113.5 port 22 [preauth]",
        "Disconnecting invalid user x 198.51.100.9 port 1: y 203.0.113.5 port 22: no [preauth]",
    ],
)
def test_a_made_up_name_makes_up_no_address(message: str) -> None:
    """A user name with an address in it gives no wrong src: the message matches no rule that has one."""
    assert fields("sshd", message).get("src") in {None, "203.0.113.5"}
