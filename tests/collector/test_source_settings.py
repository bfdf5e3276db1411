"""The settings of sources: what cannot be is told with a sentence that says what to write instead."""

from typing import Any

import pytest
from pydantic import ValidationError

from collector.settings import CollectorSettings
from collector.source_settings import SourceSettings


def sources(**named: dict[str, Any]) -> CollectorSettings:
    """Collector settings with these sources."""
    return CollectorSettings.model_validate({"sources": named})


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"networks": ["192.0.2.7/24"]}, r"write 192\.0\.2\.0/24"),
        ({"networks": ["2001:db8::1/32"]}, "write 2001:db8::/32"),
        ({"networks": ["office"]}, r"such as 192\.0\.2\.0/24"),
        ({"networks": ["192.0.2.0/33"]}, "is not a network"),
        ({"hosts": [""]}, "at least 1"),
        ({"hosts": ["a"], "timezone": "Middle/Earth"}, "Europe/Vienna"),
        ({"hosts": ["a"], "charset": "klingon"}, "'iso-8859-1'"),
        ({"hosts": ["a"], "charset": "base64"}, "'iso-8859-1'"),
        ({"hosts": ["a"], "charset": "idna"}, "'iso-8859-1'"),
        ({"hosts": ["a"], "charset": "cp037"}, "does not hold ASCII"),
        ({"hosts": ["a"], "charset": "utf-16"}, "does not hold ASCII"),
        ({"hosts": ["a"], "charset": "iso-2022-jp"}, "remove charset"),
        ({"hosts": ["a"], "charset": "utf-7"}, "remove charset"),
        ({"hosts": ["a"], "format": "rfc822"}, "rfc3164"),
        ({"hosts": ["a"], "date_order": "year_first"}, "day_first"),
        ({"timezone": "UTC"}, "set networks .addresses. or hosts"),
        ({"hosts": ["a"], "colour": "red"}, "colour"),
    ],
)
def test_wrong_settings_are_told(wrong: dict[str, Any], told: str) -> None:
    """What cannot be is refused, with a word about what can."""
    with pytest.raises(ValidationError, match=told):
        SourceSettings.model_validate(wrong)


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "latin1", "windows-1252", "shift_jis", "gb18030"])
def test_charsets_of_devices_are_known(charset: str) -> None:
    """Every character set that holds ASCII can be set, under any name that Python knows."""
    assert SourceSettings(hosts=("a",), charset=charset).charset == charset


def test_two_sources_that_claim_the_same_are_refused() -> None:
    """One of the two would never apply, whatever the network's or the pattern's spelling."""
    one = {"networks": ["192.0.2.0/24"]}
    with pytest.raises(ValidationError, match=r"a and b both claim 192\.0\.2\.0/24"):
        sources(a=one, b=one)
    with pytest.raises(ValidationError, match="a and b both claim ::ffff"):
        sources(a=one, b={"networks": ["::ffff:192.0.2.0/120"]})
    with pytest.raises(ValidationError, match=r"a and b both claim FW-\*"):
        sources(a={"hosts": ["fw-*"]}, b={"hosts": ["FW-*"]})
    with pytest.raises(ValidationError, match="both claim"):
        sources(a=one, b={**one, "listeners": ["udp"]})


def test_sources_of_different_listeners_may_claim_the_same() -> None:
    """A network may be read one way at one listener and another way elsewhere, and lie inside another."""
    one = {"networks": ["192.0.2.0/24"]}
    found = sources(
        a={**one, "listeners": ["udp"]},
        b={**one, "listeners": ["tcp"]},
        c={"networks": ["192.0.2.0/25", "192.0.2.0/25"]},
    )
    assert list(found.sources) == ["a", "b", "c"]


def test_listeners_of_sources_exist() -> None:
    """A listener that is not there is told, with those that are."""
    with pytest.raises(
        ValidationError, match=r"sources\.a\.listeners: there is no listener 'upd'; use one of"
    ):
        sources(a={"hosts": ["a"], "listeners": ["upd"]})


def test_every_setting_is_described() -> None:
    """Every field has a description."""
    for name, field in SourceSettings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
