"""Whose Host field names this machine."""

import pytest

from loopback import is_local


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8514",
        "127.0.0.1:9000",
        "127.8.0.1",
        "[::1]:8514",
        "box.localhost",
        "localhost.",
    ],
)
def test_this_machine_is_local(host: str) -> None:
    """Names and addresses of the loopback interface are this machine's, whatever the port."""
    assert is_local(host)


@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "192.0.2.1:8514", "localhost.evil.example", "127.0.0.1.evil.example", "[::2]",
     "0.0.0.0", "127.1", "2130706433", "::1"],
)  # fmt: skip
def test_any_other_name_is_not(host: str) -> None:
    """Another name is not answered, even though it may resolve to 127.0.0.1 (DNS rebinding)."""
    assert not is_local(host)
