"""Networks as conf files, pages and commands have them."""

import pytest

from tenants.names import TenantError
from tenants.rules import network_of


def test_a_mapped_network_is_the_ipv4_network() -> None:
    """Peers are written as plain IPv4 (RFC 4291 section 2.5.5.2), and so are their networks."""
    assert network_of("::ffff:192.0.2.0/120") == network_of("192.0.2.0/24")
    assert str(network_of("192.0.2.7")) == "192.0.2.7/32"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("192.0.2.7/24", "write 192.0.2.0/24 for the network that it is in"),
        ("office", "such as 192.0.2.0/24"),
        ("192.0.2.0/33", "such as 192.0.2.0/24"),
        ("", "such as 192.0.2.0/24"),
    ],
)
def test_what_is_no_network_says_what_to_write(text: str, meant: str) -> None:
    """The one that was meant, where that can be told."""
    with pytest.raises(TenantError, match="is not a network") as told:
        network_of(text)
    assert meant in str(told.value)
