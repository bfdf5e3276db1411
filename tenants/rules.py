"""What a rule that gives messages to a tenant may say: a listener, a network, or a TLS identity."""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_interface, ip_network
from typing import Final, Literal, get_args

from tenants.names import TRAIL, TenantError

Kind = Literal["listener", "network", "identity"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Network = IPv4Network | IPv6Network

_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_LISTENER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_FINGERPRINT: Final = re.compile("sha-256(?::[0-9A-F]{2}){32}")
_LONGEST_IDENTITY: Final = 400
_OWN_LISTENERS: Final = frozenset({"self", TRAIL})  # what the appliance says of itself is no tenant's


def takes_rules(listener: str, tenant: str) -> bool:
    """Say whether rules can give a listener's messages to tenants: not what the appliance says of itself.

    Args:
        listener: its name.
        tenant: that its settings name.
    """
    return listener not in _OWN_LISTENERS and tenant != TRAIL


def is_fingerprint(identity: str) -> bool:
    """Say whether a TLS identity is a certificate's fingerprint, and not a name."""
    return _FINGERPRINT.fullmatch(identity) is not None


def network_of(text: str) -> Network:
    """Read a network: an address with its prefix length, or an address alone.

    An IPv4 network that is mapped into IPv6 (RFC 4291 section 2.5.5.2) is the IPv4 network.

    Raises:
        TenantError: when it is none; the message says what to write.
    """
    try:
        network = ip_network(text)
    except ValueError as error:
        try:
            meant = f"write {ip_interface(text).network} for the network that it is in"
        except ValueError:
            meant = "write one such as 192.0.2.0/24, 2001:db8::/32 or 192.0.2.7"
        raise TenantError(f"{text!r} is not a network: {meant}") from error
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        address = network.network_address.ipv4_mapped
        return IPv4Network(f"{address}/{network.prefixlen - _MAPPED.prefixlen}")
    return network


def address_of(peer: str) -> IPv4Address | IPv6Address | None:
    """Read a peer's address; None for a peer that has none, as a Unix socket's."""
    try:
        address = ip_address(peer)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def checked(kind: Kind, text: str) -> str:
    """Give what a rule says, as it is kept and compared.

    Raises:
        TenantError: when it cannot be meant; the message says what to write.
    """
    told = text.strip()
    match kind:
        case "network":
            return str(network_of(told))
        case "listener":
            return _listener(told)
        case "identity":
            return _identity(told)


def _listener(name: str) -> str:
    if _LISTENER.fullmatch(name) is None:
        raise TenantError(f"{name!r} cannot be a listener: write its name, as in [collector.listeners.NAME]")
    if name in _OWN_LISTENERS:
        raise TenantError(
            f"listener {name} takes the appliance's own messages, which are no tenant's: name another"
        )
    return name


def _identity(text: str) -> str:
    if text.lower().startswith("sha-"):
        told = f"sha-256:{text.partition(':')[2].upper()}"
        if not text.lower().startswith("sha-256:") or not is_fingerprint(told):
            raise TenantError(
                f"{text!r} is no SHA-256 fingerprint: write sha-256: and its 32 octets, "
                "as `sysledger tls fingerprint FILE` prints it"
            )
        return told
    if not text or len(text) > _LONGEST_IDENTITY or not text.isprintable():
        raise TenantError(
            f"{text[:60]!r} cannot be the name of a certificate: write one such as fw1.example.com, "
            "fw-*.example.com or CN=fw1,O=Example, or its fingerprint"
        )
    if not text.strip("*.,= "):
        raise TenantError(f"{text!r} would take every certificate there is: write more of the name than '*'")
    return text
