"""The search form and its address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from storage.layout import StreamName
from web.form import MAXIMUM_PAGES, MAXIMUM_QUERY, FormError, SearchForm, read

WORDS = st.text(st.characters(codec="utf-8"), max_size=40).map(str.strip)
NAMES = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,10}", fullmatch=True)


@given(
    WORDS, WORDS, WORDS, st.sampled_from(["received", "device"]), NAMES, NAMES,
    st.lists(st.from_regex(r"[0-9]{1,19}-[0-9]{1,19}", fullmatch=True), max_size=3),
)  # fmt: skip
def test_an_address_says_the_whole_form(
    query: str, start: str, end: str, time: str, tenant: str, stream: str, pages: list[str]
) -> None:
    """Whatever is typed, the form read from its address is the form."""
    form = SearchForm(query, start, end, time, StreamName(tenant, stream), tuple(pages))  # type: ignore[arg-type]
    address = form.address()
    assert address.isascii()
    assert read(QueryParams(address.partition("?")[2])) == form


def test_an_empty_form_has_a_short_address() -> None:
    """What is at its default does not stand in the address."""
    assert SearchForm().address() == "/search"
    assert SearchForm("a b").address("/export", format="csv") == "/export?q=a+b&format=csv"


def test_the_chooser_sends_tenant_and_stream_in_one() -> None:
    """The stream chooser's one field and the two fields of an address mean the same."""
    assert read(QueryParams("stream=lab/web")).name == StreamName("lab", "web")
    assert read(QueryParams("tenant=lab&stream=web")).name == StreamName("lab", "web")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        (f"q={'a' * (MAXIMUM_QUERY + 1)}", "at most 4,000"),
        ("time=sidereal", "neither received nor device"),
        ("stream=../../etc", "tenant"),
        ("tenant=A&stream=syslog", "tenant 'A'"),
    ],
)
def test_fields_that_cannot_be_meant(address: str, reason: str) -> None:
    """A field that cannot be meant is refused with what to write."""
    with pytest.raises(FormError, match=reason):
        read(QueryParams(address))


def test_pages_go_back_and_forth() -> None:
    """Newer leads to the page that one came from, and changing anything leads to the first page."""
    form = SearchForm("x").older("2-2").older("1-1")
    assert form.newer() == SearchForm("x").older("2-2")
    assert form.having(query="y") == SearchForm("y")
    for _ in range(MAXIMUM_PAGES + 1):
        form = form.older("1-1")
    assert len(form.pages) == MAXIMUM_PAGES


def test_long_forms_are_not_repeated_in_every_row() -> None:
    """What the links of a row carry is bounded: first the pages are left out, then the query."""
    form = SearchForm("short").older("1-1")
    assert form.context() == form
    for number in range(100):
        form = form.older(f"{number}-1")
    assert form.context() == SearchForm("short")
    assert SearchForm("x" * 4000, name=StreamName("lab", "web")).context() == SearchForm(
        name=StreamName("lab", "web")
    )


def test_a_term_is_added_to_the_whole_query() -> None:
    """A term added to alternatives applies to all of them."""
    assert SearchForm().with_term("severity:err").query == "severity:err"
    assert SearchForm("a b").with_term("severity:err").query == "a b severity:err"
    assert SearchForm("a OR b").with_term("severity:err").query == "(a OR b) severity:err"


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("columns=a%20b", "names no field"),
        ("facet=%3Cscript%3E", "names no field"),
        ("facet=" + "&facet=".join(f"f{number}" for number in range(9)), "at most 8"),
        ("columns=" + ",".join(f"f{number}" for number in range(17)), "at most 16"),
        ("order=random", "neither newest nor oldest"),
    ],
)
def test_columns_and_facets_are_names(address: str, reason: str) -> None:
    """What names no field, or too many, is refused with what to write."""
    with pytest.raises(FormError, match=reason):
        read(QueryParams(address))


def test_columns_order_and_facets_are_kept() -> None:
    """However a browser sends them, they stand in the address, and in a form's hidden inputs."""
    form = read(QueryParams("q=a&columns=host&columns=src,host&order=oldest&facet=src&page=1-2"))
    assert (form.columns, form.oldest_first, form.facets) == (("host", "src"), True, ("src",))
    assert read(QueryParams(form.address().partition("?")[2])) == form
    assert form.hidden("q", "page") == [("columns", "host,src"), ("order", "oldest"), ("facet", "src")]


def test_picked_times_stand_for_what_was_not_typed() -> None:
    """A time from the calendar counts where nothing was typed."""
    form = read(QueryParams("from-picked=2026-11-20T10:00&to=now&to-picked=2026-11-20T11:00"))
    assert (form.start, form.end) == ("2026-11-20T10:00", "now")


def test_terms_come_and_go() -> None:
    """A term is added once, and taken out again without its neighbours."""
    form = SearchForm("a b")
    assert form.with_term("c").with_term("c").query == "a b c"
    assert form.with_term("c").without_term("a").query == "b c"
    assert SearchForm("ab").without_term("a").query == "ab"
    assert SearchForm("a OR b").with_term("c").query == "(a OR b) c"
