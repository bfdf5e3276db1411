"""The promises about who may do what."""

from datetime import UTC, datetime

import pytest

from access.visitor import NOBODY, PERMISSIONS, ROLES, Limits, Permission, Visitor

_SOME_DAY = datetime(2026, 3, 1, tzinfo=UTC)


def allowed(limits: Limits) -> set[Permission]:
    """Give what an administrator of these limits may do."""
    visitor = Visitor("ada", "administrator", limits)
    return {permission for permission in PERMISSIONS["administrator"] if visitor.may(permission)}


@pytest.mark.parametrize(
    ("limits", "missing"),
    [
        (Limits(), set()),
        (Limits(until=_SOME_DAY), set()),
        (Limits(tenants=("shop",)), {"trail", "operate", "administer"}),
        (Limits(streams=("shop/syslog",)), {"trail", "operate", "administer"}),
        (Limits(hosts=("pay-*",)), {"trail", "operate", "administer"}),
        (Limits(networks=("10.0.0.0/8",)), {"trail", "operate", "administer"}),
        (Limits(start=_SOME_DAY), {"operate", "administer"}),
        (Limits(end=_SOME_DAY), {"operate", "administer"}),
        (Limits(masked=("user",)), {"trail", "administer"}),
        (Limits(masked=("user",), end=_SOME_DAY), {"operate", "administer", "trail"}),
    ],
)
def test_limits_take_permissions_away(limits: Limits, missing: set[Permission]) -> None:
    """Who is limited neither changes limits nor reads what tells of everybody, whatever the role."""
    assert PERMISSIONS["administrator"] - allowed(limits) == missing


def test_a_role_permits_no_more_than_it_says() -> None:
    """Nobody may do anything, and a role nothing that is not in its list."""
    for role in ROLES:
        for permission in PERMISSIONS["administrator"]:
            assert Visitor("x", role).may(permission) == (permission in PERMISSIONS[role])
            assert not NOBODY.may(permission)
