"""Cisco Firepower Management Center: the word behind the process is the centre's name."""

from collections.abc import Callable
from typing import Any

import pytest

Parse = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("rest", "hostname", "app_name", "message"),
    [
        (b"mojo_server.pl: fmc1: admin@10.0.255.31, Task Queue, x", "fmc1", "mojo_server.pl",
         "admin@10.0.255.31, Task Queue, x"),
        (b"sfdccsm: [word] fmc1.example: csm@Default User IP, Login, Success", "fmc1.example", "sfdccsm",
         "csm@Default User IP, Login, Success"),
        (b"postfix: fmc1: from=admin@example.org, x", None, "postfix", "fmc1: from=admin@example.org, x"),
        (b"su: fmc1: admin at home, x", None, "su", "fmc1: admin at home, x"),
    ],
)  # fmt: skip
def test_a_user_at_an_address_makes_the_word_before_it_the_host(
    parse: Parse, rest: bytes, hostname: str | None, app_name: str, message: str
) -> None:
    """TAG, HOSTNAME, and who did what: only where a user at an address follows is the second word a host."""
    row = parse(b"<14>Aug 14 2019 13:58:54 " + rest)
    assert (row["hostname"], row["app_name"], row["message"]) == (hostname, app_name, message)
    assert row["timestamp"] == "2019-08-14 13:58:54.000000"
