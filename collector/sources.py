"""Which source a message is of, and so how it is read: by its peer's address, or by the host name it claims.

Exactly one source applies to a message, and what it leaves unset is as its listener has it. A source that
the host name tells comes before one that the peer's network tells, since a relay's address is that of many
devices; the narrowest network comes before wider ones; the conf's order decides between host patterns.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from collector.local_time import timezone_of
from collector.peers import plain_address
from collector.settings import ListenerSettings
from collector.source_settings import SourceSettings
from parsers.source import Source
from tenants.rules import Network, network_of

REMEMBERED: Final = 4096  # peers and host names whose source is known without looking again

_SPECIAL: Final = frozenset("*?[")
_NEVER: Final = "(?!)"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A source that applies, and why.

    ``number`` is its place in ``Sources.readings``. ``name`` is the conf's, None for the listener's own
    settings; ``by`` tells what it matched, such as "network 192.0.2.0/24".
    """

    number: int
    reading: Source
    name: str | None = None
    by: str = ""


class Sources:
    """The sources of one listener.

    Args:
        listener: the listener's name; None leaves out the sources that are for certain listeners only.
        settings: what holds for messages of no other source, and for whatever a source leaves unset.
        sources: all sources of the conf, by name, in its order.
    """

    def __init__(
        self, listener: str | None, settings: ListenerSettings, sources: Mapping[str, SourceSettings]
    ) -> None:
        mine = {name: one for name, one in sources.items() if _is_for(one, listener)}
        self.readings = (_reading(settings, None), *(_reading(settings, one) for one in mine.values()))
        self.own = Chosen(0, self.readings[0])
        choices = [
            (one, partial(Chosen, number, self.readings[number], name))
            for number, (name, one) in enumerate(mine.items(), 1)
        ]
        self._networks = _by_size(
            (network_of(text), chosen(f"network {text}")) for one, chosen in choices for text in one.networks
        )
        self._hosts = [chosen(f"host name {text}") for one, chosen in choices for text in one.hosts]
        hosts = [text for one in mine.values() for text in one.hosts]
        self._names, self._host_pattern = _names(hosts), _alternatives(hosts)
        self.configured = bool(mine)
        self.by_host = bool(self._hosts)
        self.of_peer = lru_cache(REMEMBERED)(self._of_peer)
        self.of_host = lru_cache(REMEMBERED)(self._of_host)

    def of(self, peer: str, hostname: str | None) -> Chosen:
        """Give the source of a message from ``peer``, an address, that claims ``hostname``."""
        return self.of_host(hostname) or self.of_peer(peer)

    def _of_peer(self, peer: str) -> Chosen:
        try:
            address = peer_address(peer)
        except ValueError:  # a Unix socket's peer has none
            return self.own
        number, bits = int(address), address.max_prefixlen
        return next(
            (
                chosen
                for (version, length), by_number in self._networks.items()
                if version == address.version and (chosen := by_number.get(number >> (bits - length)))
            ),
            self.own,
        )

    def _of_host(self, hostname: str | None) -> Chosen | None:
        if not hostname:
            return None
        place = self._names.get(hostname.casefold(), len(self._hosts))
        match = self._host_pattern.fullmatch(hostname)
        if match is not None and match.lastgroup is not None:
            place = min(place, int(match.lastgroup.removeprefix("n")))
        return self._hosts[place] if place < len(self._hosts) else None


def peer_address(peer: str) -> IPv4Address | IPv6Address:
    """Read the address of a peer; one that is mapped into IPv6 is the IPv4 address.

    Raises:
        ValueError: when it is none; the message says what to write.
    """
    try:
        address = ip_address(plain_address(peer))
    except ValueError as error:
        raise ValueError(f"{peer!r} is not an address: write one such as 192.0.2.7 or 2001:db8::1") from error
    return getattr(address, "ipv4_mapped", None) or address


def _is_for(source: SourceSettings, listener: str | None) -> bool:
    return source.listeners is None or listener in source.listeners


def _reading(listener: ListenerSettings, source: SourceSettings | None) -> Source:
    """Put a source's settings over its listener's. A transport of GELF carries nothing else."""
    gelf = listener.transport.startswith("gelf")
    return Source(
        format="gelf" if gelf else (source and source.format) or listener.format,
        timezone=timezone_of((source and source.timezone) or listener.timezone),
        charset=(source and source.charset) or listener.charset,
        date_order=(source and source.date_order) or listener.date_order,
    )


def _by_size(networks: Iterable[tuple[Network, Chosen]]) -> dict[tuple[int, int], dict[int, Chosen]]:
    """Give what is chosen by version and prefix length, longest first, and there by the prefix as a number.

    So what a peer costs is bounded by the lengths that there are, and not by the networks.
    """
    found: dict[tuple[int, int], dict[int, Chosen]] = {}
    for network, chosen in sorted(networks, key=lambda pair: -pair[0].prefixlen):
        prefix = int(network.network_address) >> (network.max_prefixlen - network.prefixlen)
        found.setdefault((network.version, network.prefixlen), {}).setdefault(prefix, chosen)
    return found


def _is_pattern(host: str) -> bool:
    return not _SPECIAL.isdisjoint(host)


def _names(hosts: Sequence[str]) -> dict[str, int]:
    """Give the place of each host name that is no pattern, since looking a name up costs less."""
    names: dict[str, int] = {}
    for place, host in enumerate(hosts):
        if not _is_pattern(host):
            names.setdefault(host.casefold(), place)
    return names


def _alternatives(hosts: Sequence[str]) -> re.Pattern[str]:
    """One pattern of all shell patterns, each a group whose name is its place; the first wins."""
    groups = [f"(?P<n{place}>{translate(host)})" for place, host in enumerate(hosts) if _is_pattern(host)]
    return re.compile("|".join(groups or [_NEVER]), re.IGNORECASE)
