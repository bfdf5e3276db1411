"""Canaries are looked for where their listener's messages of this machine come to, tenants included."""

from datetime import UTC, datetime
from pathlib import Path

from collector.settings import CollectorSettings, ListenerSettings
from commands.roles import tenants_of_canaries, watched_listeners
from storage.layout import Layout
from tenants.file import edit
from tenants.registry import Registry

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SETTINGS = CollectorSettings(
    listeners={
        "any": ListenerSettings(transport="udp", port=5514),
        "one": ListenerSettings(transport="tcp", port=5514, address="192.0.2.1", tenant="own"),
        "branch": ListenerSettings(transport="tcp", port=5515, address="192.0.2.9"),
        "self": ListenerSettings(transport="udp", port=5516, address="127.0.0.1"),
    }
)


def test_rules_say_where_canaries_come_to(tmp_path: Path) -> None:
    """By the address that they are sent to, and by the listener; the appliance's own stay where they are."""
    layout = Layout(tmp_path)
    usual = {"any": "default", "one": "own", "branch": "default", "self": "default"}
    assert tenants_of_canaries(SETTINGS, layout) == usual

    def change(registry: Registry) -> tuple[Registry, None]:
        registry = registry.add("here", "", NOW).assign("here", "network", "127.0.0.0/8")
        return registry.add("lis", "", NOW).assign("lis", "listener", "branch"), None

    edit(layout.tenants, change)
    found = {"any": "here", "one": "own", "branch": "lis", "self": "default"}
    assert tenants_of_canaries(SETTINGS, layout) == found
    assert {name: one.tenant for name, one in watched_listeners(SETTINGS, layout).items()} == found
