"""Which source applies: host name before network, the narrowest network, the conf's order; else none."""

from datetime import UTC
from ipaddress import ip_address, ip_network
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.settings import ListenerSettings
from collector.source_settings import SourceSettings
from collector.sources import Sources
from parsers.source import Source

LISTENER = ListenerSettings(transport="udp", port=5514, timezone="UTC", charset="windows-1252")


def sources(listener: str | None = "udp", **named: dict[str, Any]) -> Sources:
    """The sources of a listener."""
    models = {name: SourceSettings.model_validate(one) for name, one in named.items()}
    return Sources(listener, LISTENER, models)


def test_without_sources_everything_is_as_the_listener_has_it() -> None:
    """No source, no look at peers or host names."""
    found = sources()
    assert not found.configured
    assert found.of("192.0.2.7", "fw-1") == found.own
    assert found.own.reading == Source("auto", ZoneInfo("UTC"), "windows-1252")


def test_the_narrowest_network_counts() -> None:
    """Of several networks that hold an address the longest prefix wins, wherever it stands."""
    found = sources(
        wide={"networks": ["192.0.0.0/16", "2001:db8::/32"]},
        narrow={"networks": ["192.0.2.0/24"]},
        one={"networks": ["192.0.2.7"]},
    )
    names = {peer: found.of_peer(peer).name for peer in ("192.0.2.7", "192.0.2.8", "192.0.9.9", "10.0.0.1")}
    assert names == {"192.0.2.7": "one", "192.0.2.8": "narrow", "192.0.9.9": "wide", "10.0.0.1": None}
    assert found.of_peer("2001:db8::1").by == "network 2001:db8::/32"
    assert found.of_peer("::ffff:192.0.2.8").name == "narrow"
    assert found.of_peer("::FFFF:C000:208").name == "narrow"
    assert found.of_peer("fe80::1%eth0").name is None
    assert found.of_peer("").name is None


def test_a_host_name_comes_before_a_network() -> None:
    """Devices behind a relay are told by the name that they claim, not by the relay's address."""
    found = sources(net={"networks": ["192.0.2.0/24"]}, fw={"hosts": ["fw-*", "core[12]"]})
    assert found.of("192.0.2.7", "FW-vienna").name == "fw"
    assert found.of("192.0.2.7", "core2").by == "host name core[12]"
    assert found.of("192.0.2.7", "core3").name == "net"
    assert found.of("192.0.2.7", None).name == "net"
    assert found.of("10.0.0.1", "myfw-1").name is None


def test_of_host_patterns_the_first_counts() -> None:
    """Between patterns the conf's order decides, for there is no narrower one."""
    found = sources(any={"hosts": ["*-vienna"]}, fw={"hosts": ["fw-*"]})
    assert found.of("", "fw-vienna").name == "any"
    assert found.of("", "fw-graz").name == "fw"
    assert sources(a={"hosts": ["fw-*"]}, b={"hosts": ["fw-1"]}).of("", "FW-1").name == "a"
    assert sources(b={"hosts": ["fw-1", "x"]}, a={"hosts": ["fw-*"]}).of("", "FW-1").by == "host name fw-1"


@given(
    st.lists(st.tuples(st.sampled_from(["10.0.0.0", "10.1.1.4", "2001:db8::"]), st.integers(1, 32))),
    st.sampled_from(["10.1.1.4", "10.1.1.5", "10.255.0.1", "11.0.0.1", "2001:db8::1", "2001::1"]),
)
def test_networks_are_found_as_if_all_were_asked(places: list[tuple[str, int]], peer: str) -> None:
    """What is looked up by prefix is what a look at every network would give."""
    networks = dict.fromkeys(ip_network(place, strict=False) for place in places)
    named = {f"s{number}": {"networks": [str(one)]} for number, one in enumerate(networks)}
    holding = [one for one in networks if ip_address(peer) in one]
    narrowest = max(holding, key=lambda one: one.prefixlen, default=None)
    assert sources("udp", **named).of_peer(peer).by == ("" if narrowest is None else f"network {narrowest}")


def test_what_a_source_leaves_unset_is_the_listeners() -> None:
    """Each setting by itself falls back to the listener's."""
    found = sources(
        zone={"hosts": ["z"], "timezone": "Europe/Vienna"},
        rest={"hosts": ["r"], "charset": "shift_jis", "format": "rfc3164", "date_order": "day_first"},
    )
    assert found.of("", "z").reading == Source("auto", ZoneInfo("Europe/Vienna"), "windows-1252")
    assert found.of("", "r").reading == Source("rfc3164", ZoneInfo("UTC"), "shift_jis", "day_first")


def test_a_source_may_be_for_certain_listeners() -> None:
    """Elsewhere it does not apply; without any listener named only those for all do."""
    only_tcp = {"hosts": ["a"], "listeners": ["tcp"]}
    assert sources("tcp", a=only_tcp).of("", "a").name == "a"
    assert not sources("udp", a=only_tcp).configured
    assert not sources(None, a=only_tcp).configured


@pytest.mark.parametrize("hostname", ["a" * 60_000, "a-" * 30_000, "\n", "x\n"])
def test_any_host_name_is_compared_whole_and_quickly(hostname: str) -> None:
    """Host names are hostile octets: no trailing LF slips by, and none takes longer for its pattern."""
    found = sources(a={"hosts": ["*a*-*a*-*b"]}, x={"hosts": ["x"]})
    assert found.of("", hostname).name is None


def test_gelf_transports_carry_gelf() -> None:
    """What comes over GELF's own transports is GELF, whatever format is set."""
    gelf = LISTENER.model_copy(update={"transport": "gelf-udp"})
    assert Sources("g", gelf, {}).own.reading.format == "gelf"


def test_the_local_zone_can_be_set_for_a_source(monkeypatch: pytest.MonkeyPatch) -> None:
    """'local' is this machine's zone, also where the listener has another."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert sources(a={"hosts": ["a"], "timezone": "local"}).of("", "a").reading.timezone == ZoneInfo(
        "Asia/Tokyo"
    )
    assert sources().own.reading.timezone.utcoffset(None) == UTC.utcoffset(None)
