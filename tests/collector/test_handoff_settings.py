"""What can be set of the hand-off: storage elsewhere needs a key for each endpoint."""

from typing import Any

import pytest
from pydantic import ValidationError

from collector.handoff_settings import RemoteStorageSettings
from collector.settings import CollectorSettings
from collector.storage_endpoint import EndpointError, StorageEndpoint, endpoints_of

KEY = "k" * 40
ONE, TWO = "tcp://log1:5516", "tcp://[::1]:5516"


def test_endpoints_in_order_each_with_its_key() -> None:
    """The first one named is used first."""
    settings = RemoteStorageSettings(endpoints=(ONE, TWO), keys={TWO: KEY, ONE: KEY})
    assert endpoints_of(settings.endpoints, settings.keys) == [
        StorageEndpoint(ONE, KEY),
        StorageEndpoint(TWO, KEY),
    ]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"endpoints": [ONE]}, "keys has none for tcp://log1:5516: run `sysledger handoff key`"),
        ({"keys": {ONE: KEY}}, "keys names tcp://log1:5516, which endpoints does not"),
        ({"endpoints": ["log1:5516"]}, "write tcp://HOST:PORT"),
        ({"endpoints": ["tcp://log1:0"]}, "write tcp://HOST:PORT"),
        ({"endpoints": ["ipc:///tmp/x"]}, "write tcp://HOST:PORT"),
        ({"endpoints": [ONE], "keys": {ONE: "short"}}, "it has 40 characters"),
    ],
)
def test_mistakes_are_told(settings: dict[str, Any], reason: str) -> None:
    """Every mistake says what to write instead."""
    with pytest.raises(ValidationError, match=reason.replace("`", ".")):
        CollectorSettings.model_validate({"storage": settings})


def test_nothing_goes_over_the_network_without_a_key() -> None:
    """The hand-off itself refuses an endpoint on the network that has no key."""
    assert endpoints_of(["ipc:///run/storage"], {}) == [StorageEndpoint("ipc:///run/storage")]
    with pytest.raises(EndpointError, match="run `sysledger handoff key` there"):
        endpoints_of([ONE], {})
