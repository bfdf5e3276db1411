"""Facets as links."""

from urllib.parse import parse_qs, urlsplit

from storage.facets import Facet
from web.facets import MORE, SHOWN, views
from web.form import MAXIMUM_FACETS, SearchForm


def query_of(address: str | None) -> str:
    """Give the query of a search's address."""
    assert address is not None
    return parse_qs(urlsplit(address).query).get("q", [""])[0]


def test_a_value_leads_in_and_out() -> None:
    """Each value can be asked for alone or left out, to the letter."""
    (view,) = views((Facet("host", (("fw-1", 10), (None, 1)), 1),), SearchForm("failed"))
    chosen, missing = view.choices
    assert query_of(chosen.only) == 'failed host:="fw-1"'
    assert query_of(chosen.without) == 'failed -host:="fw-1"'
    assert query_of(missing.only) == "failed -host:*"
    assert query_of(missing.without) == "failed host:*"
    assert (chosen.share, missing.share) == (10, 1)


def test_a_chosen_value_can_be_let_go() -> None:
    """A value that the query asks for is marked, and leads back to the query without it, or to the others."""
    (view,) = views((Facet("host", (("fw-1", 10),), 1),), SearchForm('failed host:="fw-1"'))
    (choice,) = view.choices
    assert choice.only is None
    assert query_of(choice.clear) == "failed"
    assert query_of(choice.without) == 'failed -host:="fw-1"'


def test_fields_lead_to_their_values() -> None:
    """The name of a message's own field leads to a facet of its values, and that can be closed again."""
    facets = (Facet("fields", (("src", 5), ("host", 2), (None, 7)), 2), Facet("src", (("10.0.0.1", 5),), 1))
    fields, values = views(facets, SearchForm("x", facets=("src",)))
    assert [choice.name for choice in fields.choices] == ["src", "host"]
    assert fields.choices[0].facet is None  # it is there already
    assert fields.choices[1].facet == "/search?q=x&facet=src&facet=fields.host"
    assert values.close == "/search?q=x"
    assert fields.close is None
    full = SearchForm("x", facets=tuple(f"f{number}" for number in range(MAXIMUM_FACETS)))
    assert views(facets[:1], full)[0].choices[0].facet is None


def test_what_is_worth_nothing_is_not_shown() -> None:
    """A facet without values is left out unless it was asked for; long lists are folded, then cut."""
    assert views((Facet("host", ((None, 3),), 0),), SearchForm()) == []
    assert len(views((Facet("src", ((None, 3),), 0),), SearchForm(facets=("src",)))) == 1
    values = tuple((f"fw-{number}", 1) for number in range(MORE))
    (view,) = views((Facet("host", values, 1000, is_exact=False),), SearchForm())
    assert (len(view.choices), len(view.more), view.left_out) == (SHOWN, MORE - SHOWN, 1000 - MORE)
    assert not view.is_exact


def test_what_cannot_be_typed_has_no_link() -> None:
    """A value with control characters is shown and counted, and leads nowhere."""
    (view,) = views((Facet("host", (("a\x1b", 1),), 1),), SearchForm())
    assert view.choices[0].only is None
    assert view.choices[0].without is None
