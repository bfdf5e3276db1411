"""Who may see a result: whose limits leave at least what it was made of."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from access.visitor import CONSOLE, NOBODY, Limits, Visitor
from reviews.sight import may_see, may_use, with_range
from storage.layout import StreamName
from storage.results import Request

NAME = StreamName("shop", "syslog")
NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)
EVERYTHING = Limits()


def visitor(**limits: object) -> Visitor:
    """Give a reviewer with these limits."""
    return Visitor("rita", "reviewer", replace(Limits(), **limits))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limits", "made_with", "is_seen"),
    [
        ({}, EVERYTHING, True),
        ({"tenants": ("shop",)}, EVERYTHING, True),
        ({"tenants": ("bank",)}, EVERYTHING, False),
        ({"streams": ("shop/syslog",)}, EVERYTHING, True),
        ({"streams": ("shop/web",)}, EVERYTHING, False),
        ({"hosts": ("web-*",)}, EVERYTHING, False),
        ({"hosts": ("web-*",)}, Limits(hosts=("web-*",)), True),
        ({"hosts": ("web-*", "db-*")}, Limits(hosts=("web-*",)), True),
        ({"hosts": ("web-*",)}, Limits(hosts=("web-*", "db-*")), False),
        ({"hosts": ("web-*",)}, Limits(hosts=("web-*",), networks=("10.0.0.0/8",)), False),
        ({"networks": ("10.0.0.0/8",)}, EVERYTHING, False),
        ({"networks": ("10.0.0.0/8",)}, Limits(networks=("10.0.0.0/8",)), True),
        ({"start": NOVEMBER}, EVERYTHING, False),
        ({"start": NOVEMBER}, Limits(start=DECEMBER), True),
        ({"start": DECEMBER}, Limits(start=NOVEMBER), False),
        ({"end": NOVEMBER}, EVERYTHING, False),
        ({"end": DECEMBER}, Limits(end=NOVEMBER), True),
        ({"masked": ("user",)}, EVERYTHING, False),
        ({"masked": ("user",)}, Limits(masked=("message", "user")), True),
        ({}, Limits(masked=("user",)), True),
        ({}, None, True),
        ({"hosts": ("web-*",)}, None, True),
        ({"masked": ("user",)}, None, False),
    ],
)
def test_a_result_is_seen_by_whoever_sees_all_of_it(
    limits: dict[str, object],
    made_with: Limits | None,
    is_seen: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Limits that hide any of what a result was made of hide the result."""
    assert may_see(visitor(**limits), NAME, made_with) is is_seen


def test_a_stream_that_is_not_seen_hides_everything_of_it() -> None:
    """Nobody sees nothing, the trail takes the permission for it, and the console sees all."""
    assert not may_see(NOBODY, NAME, None)
    assert may_see(CONSOLE, StreamName("trail", "access"), EVERYTHING)
    assert not may_see(Visitor("olga", "operator"), StreamName("trail", "access"), EVERYTHING)


def test_a_range_narrows_what_a_result_was_made_of() -> None:
    """A result of November, made without limits, is seen by somebody who may see November."""
    asked = Request("", NAME, NOVEMBER, DECEMBER)
    assert with_range(EVERYTHING, asked) == Limits(start=NOVEMBER, end=DECEMBER)
    assert may_see(visitor(start=NOVEMBER, end=DECEMBER), NAME, with_range(EVERYTHING, asked))
    assert with_range(Limits(start=DECEMBER), asked).start == DECEMBER
    assert with_range(EVERYTHING, replace(asked, time="device")) == EVERYTHING


def test_a_shared_search_is_used_by_whoever_sees_the_stream_and_as_much_text() -> None:
    """The words of a search may be what is masked: only those see them for whom no more is masked."""
    assert may_use(visitor(hosts=("web-*",)), NAME, ())
    assert not may_use(visitor(tenants=("bank",)), NAME, ())
    assert not may_use(visitor(masked=("user",)), NAME, ())
    assert may_use(visitor(masked=("user",)), NAME, ("user", "message"))
