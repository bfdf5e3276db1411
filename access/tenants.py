"""Every change of the tenants that somebody can make, by command, page or API: checked, told, then written.

The trail is told before the file is written, so that nothing changes that it does not know. The collector
goes by what is new when it reloads, which is its caller's to ask for.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from access.trail import record
from tenants.file import edit
from tenants.registry import Registry
from tenants.rules import Kind


class Tenants:
    """The registry of a data folder, for those who change it.

    Args:
        path: of its file.
        now: gives the time.

    Every method raises TenantError, with what to do, for what cannot be; RegistryError when the file cannot
    be read; TrailError when the trail cannot be told; and OSError when the file cannot be written. Nothing
    has changed then.
    """

    def __init__(self, path: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = path
        self._now = now

    def add(self, name: str, title: str = "") -> None:
        """Add a tenant; its title is its name when there is none."""
        self._change(
            "tenant.add", name, lambda registry: registry.add(name, title, self._time()), title=title
        )

    def rename(self, name: str, title: str) -> None:
        """Give a tenant another title. Its name stays, which is its folder's."""
        self._change("tenant.rename", name, lambda registry: registry.change(name, title=title), title=title)

    def suspend(self, name: str, *, suspended: bool = True) -> None:
        """Let nobody read what is stored of a tenant, or let them again."""
        action = "tenant.suspend" if suspended else "tenant.resume"
        self._change(action, name, lambda registry: registry.change(name, suspended=suspended))

    def keep(self, name: str, days: int | None) -> None:
        """Set the days that a tenant's messages are kept; 0 for ever, None as storage.retention says."""
        self._change("tenant.days", name, lambda registry: registry.change(name, days=days), days=days)

    def allow(self, name: str, quota: int | None) -> None:
        """Set the octets a day that are agreed upon; None for any number."""
        self._change("tenant.quota", name, lambda registry: registry.change(name, quota=quota), quota=quota)

    def assign(self, name: str, kind: Kind, text: str) -> None:
        """Give a tenant the messages of a listener, a network or a TLS identity."""
        self._change(
            "tenant.assign", name, lambda registry: registry.assign(name, kind, text), kind=kind, rule=text
        )

    def release(self, name: str, kind: Kind, text: str) -> None:
        """Take a rule from a tenant."""
        self._change(
            "tenant.release", name, lambda registry: registry.release(name, kind, text), kind=kind, rule=text
        )

    def add_token(self, name: str, label: str) -> str:
        """Make a token for messages of a tenant, and give it: nobody will ever see it again."""

        def change(registry: Registry) -> tuple[Registry, str]:
            after, secret = registry.add_token(name, label, self._time())
            record("tenant.token", name, label=label)
            return after, secret

        return edit(self._path, change)

    def revoke_token(self, name: str, label: str) -> None:
        """Have a token count no more."""
        self._change(
            "tenant.token-revoke", name, lambda registry: registry.revoke_token(name, label), label=label
        )

    def _change(
        self, action: str, name: str, change: Callable[[Registry], Registry], **details: object
    ) -> None:
        def told(registry: Registry) -> tuple[Registry, None]:
            after = change(registry)
            record(action, name, "done", **details)
            return after, None

        edit(self._path, told)

    def _time(self) -> datetime:
        return self._now().replace(microsecond=0)
