"""Every change of the tenants that somebody can make, by command, page or API: checked, told, then written.

The trail is told before the file is written, so that nothing changes that it does not know. The collector
goes by what is new when it reloads, which is its caller's to ask for.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from access.trail import record
from tenants.file import edit
from tenants.registry import Registry
from tenants.rules import Kind

How = Literal["assign", "release"]

_CHANGES: Final = {
    "title": "tenant.rename",
    "days": "tenant.days",
    "quota": "tenant.quota",
    "room": "tenant.room",
}


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

    def change(self, name: str, **values: object) -> None:
        """Change all that is given of a tenant, or nothing where one of it cannot be.

        Args:
            name: the tenant's.
            values: ``title``, whose name stays, which is its folder's; ``suspended``, for nobody to read what
                is stored of it; ``days`` that it is kept, 0 for ever, None as storage.retention says;
                ``quota``, the octets a day that are agreed upon, and ``room``, the octets on the disk, None
                for any number.
        """

        def told(registry: Registry) -> tuple[Registry, None]:
            after = registry.change(name, **values)
            for field, value in values.items():
                if field == "suspended":
                    record("tenant.suspend" if value else "tenant.resume", name)
                else:
                    unset = "default" if field == "days" else "none"
                    record(_CHANGES[field], name, "done", **{field: unset if value is None else value})
            return after, None

        edit(self._path, told)

    def suspend(self, name: str, *, suspended: bool = True) -> None:
        """Let nobody read what is stored of a tenant, or let them again."""
        self.change(name, suspended=suspended)

    def assign(self, name: str, kind: Kind, text: str) -> None:
        """Give a tenant the messages of a listener, a network or a TLS identity."""
        self.change_rules("assign", name, [(kind, text)])

    def release(self, name: str, kind: Kind, text: str) -> None:
        """Take a rule from a tenant."""
        self.change_rules("release", name, [(kind, text)])

    def change_rules(self, how: How, name: str, rules: Sequence[tuple[Kind, str]]) -> None:
        """Give a tenant all of these, or take them from it; or nothing where one of them cannot be."""

        def told(registry: Registry) -> tuple[Registry, None]:
            for kind, text in rules:
                change = registry.assign if how == "assign" else registry.release
                registry = change(name, kind, text)
            for kind, text in rules:
                record(f"tenant.{how}", name, kind=kind, rule=text)
            return registry, None

        edit(self._path, told)

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

    def replace(self, registry: Registry) -> bool:
        """Have another machine's registry in place of this one's; say whether that is any change."""

        def told(before: Registry) -> tuple[Registry, bool]:
            if registry != before:
                record("tenant.import", "all", tenants=len(registry.tenants), before=len(before.tenants))
            return registry, registry != before

        return edit(self._path, told)

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
