"""Who asks: a name, a role, and limits; and where whoever works for a request finds them.

Permissions, by role. What a role may do it may do within its account's limits only.

================ ======= ======== ======== =============
permission       auditor reviewer operator administrator
================ ======= ======== ======== =============
read             yes     yes      yes      yes
export           yes     yes      no       yes
review           no      yes      no       yes
operate          no      no       yes      yes
administer       no      no       no       yes
trail            yes     yes      no       yes
================ ======= ======== ======== =============
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, get_args

Permission = Literal["read", "export", "review", "operate", "administer", "trail"]
Role = Literal["auditor", "reviewer", "operator", "administrator"]
Means = Literal["session", "token", "console", "nobody"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = MappingProxyType(
    {
        "auditor": frozenset({"read", "export", "trail"}),
        "reviewer": frozenset({"read", "export", "review", "trail"}),
        "operator": frozenset({"read", "operate"}),
        "administrator": frozenset(get_args(Permission)),
    }
)
TRAIL_TENANT: Final = "trail"  # whose messages nobody sees but who may read the trail


@dataclass(frozen=True, slots=True)
class Limits:
    """What of everything stored somebody may see. Empty fields limit nothing.

    Attributes:
        tenants: names of tenants.
        streams: ``tenant/stream``.
        hosts: patterns of HOSTNAME, with ``*`` and ``?``, whatever the case.
        networks: networks of peers, as ``10.0.0.0/8``. A record is seen whose HOSTNAME or whose peer is among
            ``hosts`` and ``networks``.
        start: the first receive time, with its zone.
        end: the receive time before which records end, with its zone.
        until: when all of it ends, with its zone.
        masked: columns and fields whose values are not shown: ``message``, ``hostname``, ``user`` …
    """

    tenants: tuple[str, ...] = ()
    streams: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    until: datetime | None = None
    masked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks.

    Attributes:
        name: of the account; an API token's is ``ACCOUNT/TOKEN``, the command line's the system's user.
        role: what may be done.
        limits: on what.
        means: how it is known who asks. ``console`` is whoever may use the command line of this machine, or
            the pages of an appliance without sign-in.
        session: the session's public number, for the trail.
    """

    name: str
    role: Role
    limits: Limits = field(default_factory=Limits)
    means: Means = "session"
    session: str = ""

    @property
    def account(self) -> str:
        """The account that is behind it: an API token is its owner's."""
        return self.name.partition("/")[0] if self.means == "token" else self.name

    def may(self, permission: Permission) -> bool:
        """Say whether the role permits something, which some things take a sight of everything for."""
        if self.means == "nobody" or permission not in PERMISSIONS[self.role]:
            return False
        limits = self.limits
        if limits.tenants or limits.streams or limits.hosts or limits.networks:
            return permission not in {"trail", "operate", "administer"}
        if (limits.start or limits.end) and permission in {
            "operate",
            "administer",
        }:  # figures are of all days
            return False
        # People's questions may say what is masked; the pages of figures leave it out.
        return not (limits.masked and permission in {"trail", "administer"})

    @property
    def tenants(self) -> frozenset[str] | None:
        """The tenants that the limits name, by themselves or by streams; None when they name none."""
        limits = self.limits
        if limits.tenants:
            return frozenset(limits.tenants)
        return frozenset(name.partition("/")[0] for name in limits.streams) or None

    def sees(self, tenant: str, stream: str) -> bool:
        """Say whether a stream's records may be seen at all."""
        if not self.may("trail" if tenant == TRAIL_TENANT else "read"):
            return False
        limits = self.limits
        return (not limits.tenants or tenant in limits.tenants) and (
            not limits.streams or f"{tenant}/{stream}" in limits.streams
        )


CONSOLE: Final = Visitor("console", "administrator", means="console")
NOBODY: Final = Visitor("", "auditor", means="nobody")

_CURRENT: ContextVar[Visitor] = ContextVar("visitor", default=NOBODY)


def current() -> Visitor:
    """Give who asks what is worked on here; threads that anyio starts for a request know it, too."""
    return _CURRENT.get()


@contextmanager
def visiting(visitor: Visitor) -> Iterator[None]:
    """Work for ``visitor`` within the block."""
    token = _CURRENT.set(visitor)
    try:
        yield
    finally:
        _CURRENT.reset(token)
