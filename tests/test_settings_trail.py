"""Which settings differ, as the trail is told: names, and a checksum of the values."""

from dataclasses import replace
from pathlib import Path

import pytest
import zmq

from commands.settings import Settings, load_settings
from commands.settings_trail import SettingsTrail, changed, checksum
from storage.layout import TRAIL, TRAIL_ELSEWHERE, StreamName
from storage.settings import RetentionSettings


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Give the default settings."""
    return load_settings(None, tmp_path_factory.mktemp("data"))


def keeping(settings: Settings, days: int) -> Settings:
    """Give the settings with another retention."""
    storage = settings.storage.model_copy(update={"retention": RetentionSettings(days=days)})
    return replace(settings, storage=storage)


def test_what_differs_is_named_as_in_the_file(settings: Settings) -> None:
    """A setting is named by its tables, and its value is not told; the same settings differ in nothing."""
    assert list(changed(settings, settings)) == []
    assert list(changed(settings, keeping(settings, 9))) == ["storage.retention.days"]
    listeners = {**settings.collector.listeners}
    del listeners["gelf-udp"]
    without = replace(settings, collector=settings.collector.model_copy(update={"listeners": listeners}))
    assert list(changed(settings, without)) == ["collector.listeners.gelf-udp"]


def test_where_storage_is_elsewhere_the_trail_has_a_stream_of_its_own(tmp_path: Path) -> None:
    """A collector's machine does not write to the trail of the one with the archive."""
    key = zmq.curve_keypair()[0].decode()
    assert load_settings(None, tmp_path).collector.listeners["trail"].stream == TRAIL.stream
    config = tmp_path / "sysledger.toml"
    endpoint = "tcp://log1.example.com:5516"
    config.write_text(f"[collector.storage]\nendpoints = ['{endpoint}']\nkeys = {{ '{endpoint}' = '{key}' }}")
    listener = load_settings(config, tmp_path).collector.listeners["trail"]
    assert StreamName(listener.tenant, listener.stream) == TRAIL_ELSEWHERE


def test_the_checksum_is_of_all_values(settings: Settings) -> None:
    """The same settings have the same checksum, others another."""
    assert checksum(settings) == checksum(keeping(keeping(settings, 9), settings.storage.retention.days))
    assert checksum(settings) != checksum(keeping(settings, 9))


def test_a_trail_that_cannot_be_told_stops_nothing(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """The appliance starts all the same, and its log says that the trail lacks it."""
    (settings.data / "access").write_text("no folder can be made here")
    SettingsTrail(settings, None).started()
    assert "the trail is not told of the configuration" in caplog.text
