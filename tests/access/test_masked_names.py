"""A mask that is spelt wrong is refused, or told: none masks nothing and looks as though it did."""

from pathlib import Path

import pytest

from access.limits import LimitsError
from access.masked_names import told, typed, unseen
from access.sight import Sights
from access.visitor import Limits
from storage.layout import Layout, StreamName
from tests.web.archives import stored

GOOD = (
    "user", "message", "msg", "host", "any", "src*", "fields.severity", "tls", "geo.country", "@type", "日本",
)  # fmt: skip
BAD = (
    "severity",
    "received",
    "timestamp",
    "raw",
    "user=bob",
    '"user"',
    "(user)",
    "user|src",
    "--",
    "fields.",
)


@pytest.mark.parametrize("name", GOOD)
def test_what_can_be_masked(name: str) -> None:
    """Columns of text, and whatever payloads may call their fields."""
    assert typed({"masked": [name]}).masked == (name,)


@pytest.mark.parametrize("name", BAD)
def test_what_can_be_no_mask_is_refused(name: str) -> None:
    """Other columns, and what is no name at all, with what can be written instead."""
    with pytest.raises(LimitsError, match=r"^masked: .*(columns that can are|write the name of a column)"):
        typed({"masked": [name]})


def test_what_no_message_has_is_told(tmp_path: Path) -> None:
    """A field that was read out of no recent message, and is assigned in none, may be spelt wrongly."""
    layout = Layout(tmp_path)
    stored(layout, StreamName("acme"), [b'<38>1 - fw-1 sshd - - [a@1 who="x"] user=ann says pin: 1'])
    stored(layout, StreamName("rival"), [b"<38>1 - web app - - - card=1"], sealed=False)
    sights = Sights(layout)

    def told_of(*names: str, tenants: tuple[str, ...] = ("acme",)) -> tuple[str, ...]:
        return unseen(sights, Limits(masked=names, tenants=tenants))

    assert told_of("user", "us*", "pin", "message", "hostname", "USER", "who*", "*ho") == ()
    assert told_of("usr", "user", "card", "tls") == ("usr", "card", "tls")
    assert told_of("usr", "user", "card", tenants=()) == ("usr",)
    assert told_of("usr", tenants=("nobody",)) == (), "of nothing nothing is told"
    assert "usr, card" in told(("usr", "card"))
    assert told(()) == ""
