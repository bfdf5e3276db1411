"""How a peer's address is written."""

import pytest

from collector.peers import plain_address


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("::ffff:c000:201", "::ffff:c000:201"),
    ],
)
def test_plain_address(host: str, plain: str) -> None:
    """An IPv4 peer of a dual-stack socket is written as IPv4; all else stays."""
    assert plain_address(host) == plain
