"""What the operator's pages are told: the same as the commands print, from the same files."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from collector.authority import make_authority
from collector.certificate import fingerprints
from collector.settings import CollectorSettings, ListenerSettings
from commands.pages import appliance_of
from commands.settings import Settings, load_settings
from storage.layout import Layout, StreamName
from tests.web.archives import stored
from watch.findings import Findings
from watch.inventory import Inventory
from watch.state import write_state


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The default settings over a data folder."""
    return load_settings(None, tmp_path / "data")


def test_an_appliance_that_is_stopped(settings: Settings) -> None:
    """Nothing runs and nothing was written: that is told, at once, and nothing fails."""
    layout = Layout(settings.data)
    layout.run.mkdir(parents=True)
    appliance = appliance_of(settings, layout)
    seen = appliance.look()
    assert seen is not None
    assert seen.running == "stopped"
    assert seen.document["live"] is False
    assert appliance.inventory() is None
    statement = appliance.statement(None)
    assert statement is not None
    assert statement["compared"] is False
    assert appliance.listeners["tls"]["port"] == 6514


def test_the_inventory_has_its_age(settings: Settings) -> None:
    """It is what the watch wrote, and when."""
    layout = Layout(settings.data)
    before = time.time() - 5
    write_state(layout.watch, Inventory(begun=1.0), Findings())
    told = appliance_of(settings, layout).inventory()
    assert told is not None
    assert told["sources"] == []
    assert before < told["written_at"] < time.time() + 5


def test_the_statement_is_of_a_day(settings: Settings) -> None:
    """What is stored of a day is in that day's statement, by source, and in no other's."""
    layout = Layout(settings.data)
    stored(layout, StreamName(), [b"<13>1 - fw app - - - hello"])
    appliance = appliance_of(settings, layout)
    there = appliance.statement(datetime(2026, 11, 20, tzinfo=UTC).date())
    other = appliance.statement(datetime(2026, 11, 19, tzinfo=UTC).date())
    assert there is not None
    assert other is not None
    assert (there["total"]["archived"], other["total"]["archived"]) == (1, 0)


def test_certificates_are_read_from_their_files(settings: Settings, tmp_path: Path) -> None:
    """What it shows, and each that it checks senders by; what cannot be read is told, with the reason."""
    now = datetime.now(UTC)
    files = [make_authority(tmp_path / name, name, now, force=False).certificate for name in ("one", "two")]
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(b"".join(file.read_bytes() for file in files))
    broken = tmp_path / "broken.pem"
    broken.write_bytes(b"no certificate")
    checked = ListenerSettings(transport="tls", port=1, client_certificate="required", client_ca=bundle)
    listeners = {
        "checked": checked,
        "dtls": ListenerSettings(transport="dtls", port=2, certificate=files[0], key=tmp_path / "key.pem"),
        "broken": checked.model_copy(update={"client_ca": broken, "port": 4}),
        "off": checked.model_copy(update={"enabled": False, "client_ca": tmp_path / "nowhere.pem"}),
        "plain": ListenerSettings(transport="tcp", port=3),
    }
    changed = replace(settings, collector=CollectorSettings(listeners=listeners))
    found = appliance_of(changed, Layout(changed.data)).certificates()
    by_file = {(Path(one.file).name, one.subject): one for one in found}
    assert {one.use for one in found} == {"own", "senders"}
    assert by_file["certificate.pem", ""].listeners == ("checked", "broken")
    assert "no certificate can be read" in by_file["certificate.pem", ""].trouble
    assert by_file["broken.pem", ""].trouble
    assert len([one for one in found if Path(one.file) == bundle]) == 2
    own = next(one for one in found if Path(one.file) == files[0])
    assert own.fingerprint == fingerprints(files[0])[0]
    assert own.ends is not None
    assert own.ends > now + timedelta(days=3000)
    assert not any("nowhere" in one.file for one in found)
