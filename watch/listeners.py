"""Which listeners a canary can go through, where it goes, and why not through the others. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, Final

from storage.layout import TRAIL

_EVERY: Final = frozenset({"::", "0.0.0.0", "*"})  # noqa: S104 - told apart here, not bound
_LOOPBACK: Final = "127.0.0.1"
_MAPPED: Final = "::ffff:"


@dataclass(frozen=True, slots=True)
class Listener:
    """What the configuration says of a listener, as far as it matters to a canary."""

    name: str
    transport: str
    tenant: str
    stream: str
    format: str = "auto"
    client_certificate: str = "none"
    sender_networks: tuple[str, ...] = ()
    proxy_protocol: str = "off"
    proxy_networks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a listener's canaries go: an address and a port, or a Unix socket's path as the address."""

    listener: Listener
    address: str
    port: int


def places(
    listeners: Mapping[str, Listener], reported: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Place], dict[str, str]]:
    """Give where canaries go, and by listener why there is none.

    Args:
        listeners: by name, of the configuration.
        reported: what collectors say of the listeners that are open, by name: ``address`` and ``port``.
    """
    found: list[Place] = []
    untried: dict[str, str] = {}
    for name, state in reported.items():
        if name == TRAIL.tenant:  # the listener of that name; a canary is nothing that a person did
            continue
        listener = listeners.get(name)
        if listener is None:
            untried[name] = "it is not in the configuration that the watch has read"
            continue
        place = Place(listener, target(str(state["address"])), int(state["port"] or 0))
        if reason := hindrance(listener, place.address):
            untried[name] = reason
        else:
            found.append(place)
    return found, untried


def target(address: str) -> str:
    """Give the address to send to, for the one that a listener is bound to."""
    return _LOOPBACK if address in _EVERY else address


def hindrance(listener: Listener, address: str) -> str:
    """Say why this machine cannot send to a listener at ``address``; empty when it can."""
    if listener.client_certificate == "required":
        return "client_certificate is required: the appliance has none that proves it to itself"
    if listener.sender_networks and not _inside(address, listener.sender_networks):
        return f"{address} is not in sender_networks: add it to have this listener tried"
    if listener.proxy_protocol == "required" and (
        not listener.proxy_networks or _inside(address, listener.proxy_networks)
    ):
        return "proxy_protocol is required: only a load balancer can send here"
    return ""


def own_peers(found: Sequence[Place]) -> set[str]:
    """Give the addresses under which this machine sends to itself: who sends to an address has it, too."""
    return {_LOOPBACK, "::1", "local", *(place.address for place in found if place.port)}


def _inside(address: str, networks: Sequence[str]) -> bool:
    try:
        one = ip_address(address)
    except ValueError:
        return False
    several = (ip_network(text.removeprefix(_MAPPED), strict=False) for text in networks)
    return any(one in network for network in several)
