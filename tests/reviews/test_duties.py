"""Segregation of duties: the rule itself; the pages' tests say where it holds."""

import pytest

from reviews.duties import SecondPerson, may_finish


@pytest.mark.parametrize(
    ("account", "second", "may"),
    [("rita", "optional", True), ("rita", "required", False), ("rolf", "required", True)],
)
def test_a_second_person(account: str, second: SecondPerson, *, may: bool) -> None:
    """Where one is required, the owner does not finish what is the owner's; elsewhere anybody may."""
    assert may_finish(account, "rita", second) is may
