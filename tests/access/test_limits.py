"""The promises about limits as they are typed and kept."""

import json
from datetime import UTC, datetime

import pytest

from access.limits import LimitsError, made, narrowed, told, written
from access.visitor import Limits


def test_limits_are_kept() -> None:
    """What is written of limits gives them back; nothing given limits nothing."""
    given = made(
        {
            "tenants": "shop, bank", "streams": ["shop/syslog"], "hosts": ["pay-*", "pay-*"],
            "networks": ["10.1.2.3/8", "2001:db8::/32"], "start": "2026-03-01",
            "end": "2026-04-01T00:00+02:00",
            "masked": "user src",
        }
    )  # fmt: skip
    assert given.tenants == ("shop", "bank")
    assert given.hosts == ("pay-*",)
    assert given.networks == ("10.0.0.0/8", "2001:db8::/32")
    assert given.start == datetime(2026, 3, 1, tzinfo=UTC)
    assert made(json.loads(json.dumps(written(given)))) == given
    assert made({}) == made({"tenants": "", "until": ""}) == Limits()
    assert written(Limits()) == {}
    assert told(Limits()) == []
    assert told(given)[:2] == ["tenants shop, bank", "streams shop/syslog"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tenants": ["../etc"]}, "use 1 to 63"),
        ({"streams": ["syslog"]}, "write tenant/stream"),
        ({"networks": ["10.0.0.0/40"]}, "networks: "),
        ({"start": "tomorrow"}, "'tomorrow' is no time"),
        ({"start": "2026-04-01", "end": "2026-03-01"}, "is not before"),
        ({"tennants": ["shop"]}, "no such limit"),
        ({"hosts": [f"h{n}" for n in range(201)]}, "use at most 200"),
    ],
)
def test_limits_that_cannot_be_meant(given: dict[str, object], said: str) -> None:
    """A limit that is misspelt limits nothing by mistake: it is refused, and the words say what to write."""
    with pytest.raises(LimitsError, match=said):
        made(given)


def test_both_limits_hold() -> None:
    """Who is held by two limits sees what both let through."""
    march, april, may = (datetime(2026, month, 1, tzinfo=UTC) for month in (3, 4, 5))
    outer = Limits(tenants=("a", "b"), hosts=("x*",), start=march, end=may)
    inner = Limits(tenants=("b", "c"), streams=("b/syslog",), start=april, until=may, masked=("user",))
    assert narrowed(outer, inner) == Limits(
        tenants=("b",),
        streams=("b/syslog",),
        hosts=("x*",),
        start=april,
        end=may,
        until=may,
        masked=("user",),
    )
    with pytest.raises(LimitsError, match="limited by the account already"):
        narrowed(outer, Limits(networks=("10.0.0.0/8",)))
