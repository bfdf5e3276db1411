"""The listener of the trail: the appliance's own, whatever is configured."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from collector.settings import CollectorSettings
from collector.trail_listener import NAME, sources_for, with_trail

PATH = Path("/run/sysledger/trail.sock")


def test_it_stands_beside_the_configured_ones() -> None:
    """Its socket is its user's alone, and what comes there belongs to the trail."""
    settings = CollectorSettings.model_validate({"sources": {"all": {"hosts": ["*"], "format": "rfc3164"}}})
    trailed = with_trail(settings, PATH, "trail", "access")
    assert trailed.listeners.keys() - settings.listeners.keys() == {NAME}
    listener = trailed.listeners[NAME]
    assert (listener.transport, listener.path, listener.mode) == ("unix", PATH, "0600")
    assert (listener.tenant, listener.stream) == ("trail", "access")
    assert with_trail(trailed, PATH, "trail", "access") == trailed


def test_no_source_applies_to_it() -> None:
    """A source for every host reads others otherwise; what the trail is told stays as it was written."""
    settings = CollectorSettings.model_validate({"sources": {"all": {"hosts": ["*"], "format": "rfc3164"}}})
    assert list(sources_for(settings, "udp")) == ["all"]
    assert sources_for(settings, NAME) == {}


@pytest.mark.parametrize("name", ["mine", "udp"])
def test_no_other_listener_writes_to_the_trail(name: str) -> None:
    """A configuration that gives the trail's tenant to a listener is refused, with what to do."""
    listener = {"transport": "udp", "port": 5599, "tenant": "trail"}
    with pytest.raises(ValidationError, match=f"{name}: only the appliance itself writes to tenant 'trail'"):
        CollectorSettings.model_validate({"listeners": {name: listener}})


def test_no_other_listener_has_its_name() -> None:
    """What the appliance does for its own listener it does for nobody else's."""
    listener = {"transport": "udp", "port": 5599}
    with pytest.raises(ValidationError, match="appliance's own listener: give yours another name"):
        CollectorSettings.model_validate({"listeners": {"trail": listener}})
