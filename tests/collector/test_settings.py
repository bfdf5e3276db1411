"""The collector's settings: defaults that work, bounds, and sentences that say what to do."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, ValidationError

from collector.settings import CollectorSettings, ListenerSettings


def test_default_listeners() -> None:
    """Without any configuration: UDP, TCP on 5514, TLS, DTLS on 6514, RELP on 2514, our log on loopback."""
    listeners = {name: one for name, one in CollectorSettings().listeners.items() if one.enabled}
    places = {name: (one.transport, one.address, one.port, one.stream) for name, one in listeners.items()}
    assert places == {
        "udp": ("udp", "::", 5514, "syslog"),
        "tcp": ("tcp", "::", 5514, "syslog"),
        "tls": ("tls", "::", 6514, "syslog"),
        "dtls": ("dtls", "::", 6514, "syslog"),
        "relp": ("relp", "::", 2514, "syslog"),
        "self": ("udp", "127.0.0.1", 5515, "sysledger"),
    }


def test_listeners_that_are_closed_by_default() -> None:
    """GELF has its usual port in the settings, and is opened by enabled = true alone."""
    closed = [(one.transport, one.port) for one in CollectorSettings().listeners.values() if not one.enabled]
    assert closed == [("gelf-udp", 12_201), ("gelf-tcp", 12_201)]


@pytest.mark.parametrize("model", [CollectorSettings, ListenerSettings])
def test_every_setting_is_described(model: type[BaseModel]) -> None:
    """Every field has a description, and every number a bound."""
    for name, field in model.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
        if field.annotation in {int, float}:
            assert len(field.metadata) == 2, name


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"transport": "sctp"}, "udp"),
        ({"port": 65_536}, "65535"),
        ({"stream": "../etc"}, "pattern"),
        ({"timezone": "Middle/Earth"}, "Europe/Vienna"),
        ({"timezone": "../../etc/passwd"}, "Europe/Vienna"),
        ({"certificate": "a.pem"}, "set both, or neither"),
        ({"client_certificate": "required"}, "needs client_ca"),
        ({"colour": "red"}, "colour"),
        ({"path": "/run/log"}, "for transport 'unix' only"),
        ({"transport": "unix"}, "a unix listener needs path"),
        ({"transport": "unix", "path": "/run/log", "mode": "rw"}, "pattern"),
        ({"proxy_networks": ["10.0.0.1/8"]}, "write 10.0.0.0/8"),
        ({"proxy_networks": ["10.0.0.0/8"]}, "does nothing while proxy_protocol is 'off'"),
        ({"proxy_protocol": "required"}, "for TCP, TLS and RELP only"),
    ],
)
def test_wrong_settings_are_told(wrong: dict[str, Any], told: str) -> None:
    """What cannot be is refused, with a word about what can."""
    with pytest.raises(ValidationError, match=told):
        ListenerSettings.model_validate({"transport": "udp", "port": 5514, **wrong})


def listening(**listeners: dict[str, Any]) -> CollectorSettings:
    """Settings with these listeners only."""
    return CollectorSettings.model_validate({"listeners": listeners})


def test_two_listeners_at_one_place_are_refused() -> None:
    """Several processes share their ports, so the kernel would deal messages out to both listeners."""
    tcp = {"transport": "tcp", "port": 5514}
    with pytest.raises(ValidationError, match="a and b both listen on TCP port 5514"):
        listening(a=tcp, b={**tcp, "transport": "tls"})
    listening(a=tcp, b={**tcp, "transport": "udp"})
    listening(a=tcp, b={**tcp, "address": "127.0.0.1"})
    listening(a=tcp, b={**tcp, "enabled": False})
    listening(a={**tcp, "port": 0}, b={**tcp, "port": 0})


def test_port_is_asked_for() -> None:
    """Only a Unix listener has no port."""
    with pytest.raises(ValidationError, match="port is missing"):
        ListenerSettings(transport="tcp")
    local = {"transport": "unix", "path": "/run/log"}
    with pytest.raises(ValidationError, match="a and b both listen on path /run/log"):
        listening(a=local, b=local)
    assert listening(a=local, b={**local, "path": "/run/other"}).listeners["a"].mode == "0666"


def test_source_timezone() -> None:
    """The zone of a source is its own setting."""
    settings = ListenerSettings(transport="udp", port=5514, timezone="America/New_York")
    assert settings.source_timezone() == ZoneInfo("America/New_York")
