"""What the pages of saved searches, reviews and findings are sent."""

import pytest

from storage.layout import Layout
from tests.web.signing import site_of


@pytest.mark.parametrize("kind", ["saved", "reviews", "findings"])
@pytest.mark.parametrize("number", ["0x1", "-1", "9999999999999999999", "1.0", "\u0661", "1"])
def test_numbers_that_are_none(layout: Layout, kind: str, number: str) -> None:
    """An address that names no number, or one of nothing, is not found, however long it is."""
    site = site_of(layout)
    site.add("anna", "auditor")
    assert site.signed_in("anna").get(f"/{kind}/{number}").status_code == 404
