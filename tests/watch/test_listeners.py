"""Where canaries go, and why they do not."""

from dataclasses import replace

import pytest

from watch.listeners import Listener, Place, hindrance, own_peers, places, target

UDP = Listener("udp", "udp", "default", "syslog")


@pytest.mark.parametrize("address", ["::", "0.0.0.0"])
def test_every_address_is_reached_by_loopback(address: str) -> None:
    """A listener on all addresses is tried at 127.0.0.1, one on a certain address there."""
    assert target(address) == "127.0.0.1"
    assert target("192.0.2.1") == "192.0.2.1"


@pytest.mark.parametrize(
    ("settings", "address", "reason"),
    [
        ({}, "127.0.0.1", ""),
        ({"client_certificate": "optional"}, "127.0.0.1", ""),
        ({"client_certificate": "required"}, "127.0.0.1", "client_certificate"),
        ({"sender_networks": ("192.0.2.0/24",)}, "127.0.0.1", "sender_networks"),
        ({"sender_networks": ("192.0.2.0/24",)}, "192.0.2.9", ""),
        ({"sender_networks": ("192.0.2.0/24", "127.0.0.0/8")}, "127.0.0.1", ""),
        ({"sender_networks": ("::/0",)}, "127.0.0.1", "sender_networks"),
        ({"proxy_protocol": "required"}, "127.0.0.1", "proxy_protocol"),
        ({"proxy_protocol": "required", "proxy_networks": ("10.0.0.0/8",)}, "127.0.0.1", ""),
        ({"proxy_protocol": "required", "proxy_networks": ("127.0.0.1",)}, "127.0.0.1", "proxy_protocol"),
    ],
)
def test_what_hinders_is_named(settings: dict[str, str], address: str, reason: str) -> None:
    """The reason names the setting that keeps this machine out; without one it is empty."""
    told = hindrance(replace(UDP, **settings), address)  # type: ignore[arg-type] # cases by name
    assert told.startswith(reason) if reason.startswith(("client", "proxy")) else reason in told
    assert bool(told) == bool(reason)


def test_places_are_those_that_collectors_report() -> None:
    """The port is the one that is bound, whatever the configuration says; a listener unknown here is told."""
    found, untried = places(
        {"udp": UDP}, {"udp": {"address": "::", "port": 4711}, "other": {"address": "::", "port": 1}}
    )
    assert found == [Place(UDP, "127.0.0.1", 4711)]
    assert list(untried) == ["other"]
    assert own_peers([Place(UDP, "192.0.2.1", 5514)]) == {"127.0.0.1", "::1", "local", "192.0.2.1"}
