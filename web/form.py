"""The search form: what stands in a search's address, read and written.

    /search?q=QUERY&from=TIME&to=TIME&time=received|device&tenant=T&stream=S
           &columns=COLUMN,COLUMN…&order=oldest&sort=[-]FIELD&facet=FIELD…&page=CURSOR…

Times stay as they were typed, so that the address of "the last hour" means the last hour tomorrow too.
``page`` occurs once for each page gone through: the last one is shown, and the one before it is "newer".
A time that was picked from a calendar (``from-picked``, ``to-picked``) stands for one that was not typed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import QueryParams

from storage.layout import DEFAULT_STREAM, DEFAULT_TENANT, StreamName
from storage.results import TimeKind

MAXIMUM_QUERY: Final = 4000  # characters; longer ones are no questions, and addresses have to end somewhere
MAXIMUM_PAGES: Final = 200  # cursors that an address carries; those of the first pages go first

CONTEXT_CHARACTERS: Final = 600  # of an address that stands in every row of a page

# Quick choices: what is said, and the value of `from`.
RANGES: Final = (
    ("15 minutes", "-15m"),
    ("hour", "-1h"),
    ("day", "-1d"),
    ("7 days", "-7d"),
    ("30 days", "-30d"),
    ("any time", ""),
)
# Calendar periods, which stand in both `from` and `to`.
PERIODS: Final = (
    "today",
    "yesterday",
    "this week",
    "last week",
    "this month",
    "last month",
    "this year",
    "last year",
)

MAXIMUM_COLUMNS: Final = 16
MAXIMUM_NAME: Final = 100  # characters of a field's name
MAXIMUM_FACETS: Final = 8  # beyond those that every search shows: each is one more column to read
_FIELD_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*")  # as queries write one

_CLOCKS: Final[dict[str, TimeKind]] = {"received": "received", "device": "device"}


class FormError(ValueError):
    """A field that cannot be meant; the message says what to write."""


@dataclass(frozen=True, slots=True)
class SearchForm:
    """The fields as typed. ``name`` is always a possible stream, though there need not be such a one."""

    query: str = ""
    start: str = ""
    end: str = ""
    time: TimeKind = "received"
    name: StreamName = field(default_factory=StreamName)
    pages: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()  # none: those that are usual
    oldest_first: bool = False
    sort: str = ""  # a field's name, after "-" for the highest first; none: by time of receipt
    facets: tuple[str, ...] = ()  # beyond those that every search shows

    def address(self, path: str = "/search", *, named: bool = True, **extra: str) -> str:
        """Give the address of this search at ``path``, with fields that are not empty only.

        ``named`` False leaves tenant and stream out, for a path that names them.
        """
        fields = [("q", self.query), ("from", self.start), ("to", self.end)]
        fields += [("time", "device" if self.time == "device" else "")]
        if named and self.name != StreamName():
            fields += [("tenant", self.name.tenant), ("stream", self.name.stream)]
        fields += [("columns", ",".join(self.columns)), ("order", "oldest" if self.oldest_first else "")]
        fields += [("sort", self.sort)]
        fields += [("facet", facet) for facet in self.facets]
        fields += [("page", page) for page in self.pages]
        given = [(key, value) for key, value in [*fields, *extra.items()] if value]
        return f"{path}?{urlencode(given)}" if given else path

    def having(self, **changes: Any) -> "SearchForm":
        """Give this form with other fields, back on its first page."""
        return replace(self, **{"pages": (), **changes})

    def context(self) -> "SearchForm":
        """Give what a page's many links can carry of this form: all of it, unless it is long."""
        for form in (self, self.having()):
            if len(form.address()) <= CONTEXT_CHARACTERS:
                return form
        return SearchForm(name=self.name)

    def hidden(self, *left_out: str) -> list[tuple[str, str]]:
        """Give the fields as hidden inputs of a form, but for those that it has itself or leaves out."""
        query = urlsplit(self.address()).query
        return [(key, value) for key, value in parse_qsl(query) if key not in left_out]

    def older(self, cursor: str) -> "SearchForm":
        """Give the form of the next page, towards older messages."""
        return replace(self, pages=(*self.pages, cursor)[-MAXIMUM_PAGES:])

    def newer(self) -> "SearchForm":
        """Give the form of the page before this one."""
        return replace(self, pages=self.pages[:-1])

    def has_term(self, term: str) -> bool:
        """Tell whether the query asks for ``term`` already, as ``with_term`` writes it."""
        return f" {term} " in f" {self.query} "

    def without_term(self, term: str) -> "SearchForm":
        """Give the form that does not ask for ``term`` any more."""
        left = f" {self.query} ".replace(f" {term} ", " ", 1).strip()
        return self.having(query=left)

    def with_term(self, term: str) -> "SearchForm":
        """Give the form that asks for ``term`` as well."""
        if self.has_term(term):
            return self.having()
        known = f"({self.query})" if " OR " in self.query else self.query
        return self.having(query=f"{known} {term}".strip())


def read(given: QueryParams) -> SearchForm:
    """Read a search's address.

    Raises:
        FormError: when a field is too long or names no stream or time.
    """
    query = given.get("q", "").strip()
    if len(query) > MAXIMUM_QUERY:
        raise FormError(f"The query has {len(query):,} characters. Ask with at most {MAXIMUM_QUERY:,}.")
    time = _CLOCKS.get(given.get("time") or "received")
    if time is None:
        raise FormError(f"time={given['time']!r} is neither received nor device. Choose one of the two.")
    return SearchForm(
        query=query,
        start=(given.get("from", "").strip() or given.get("from-picked", "").strip())[:64],
        end=(given.get("to", "").strip() or given.get("to-picked", "").strip())[:64],
        time=time,
        name=_name(given),
        pages=tuple(given.getlist("page")[-MAXIMUM_PAGES:]),
        columns=_fields(",".join(given.getlist("columns")).split(","), "columns", MAXIMUM_COLUMNS),
        oldest_first=_is_oldest_first(given.get("order", "")),
        sort=_sort(given.get("sort", "").strip()),
        facets=_fields(given.getlist("facet"), "facet", MAXIMUM_FACETS),
    )


def _fields(given: Iterable[str], what: str, most: int) -> tuple[str, ...]:
    """Read names of fields; whether there are such is for whoever shows them."""
    names = tuple(dict.fromkeys(name.strip() for name in given if name.strip()))
    if len(names) > most:
        raise FormError(f"{what} names {len(names)} fields. Choose at most {most}.")
    for name in names:
        if _FIELD_NAME.fullmatch(name) is None or len(name) > MAXIMUM_NAME:
            raise FormError(
                f"{what}={name[:MAXIMUM_NAME]!r} names no field. Write names such as host, app or src."
            )
    return names


def _sort(given: str) -> str:
    """Read the field to sort by; by time of receipt is the usual order, which has no name here."""
    names = _fields([given.removeprefix("-")], "sort", 1)
    return given if names else ""


def _is_oldest_first(order: str) -> bool:
    if order not in {"", "newest", "oldest"}:
        raise FormError(
            f"order={order[:MAXIMUM_NAME]!r} is neither newest nor oldest. Choose one of the two."
        )
    return order == "oldest"


def _name(given: Mapping[str, str]) -> StreamName:
    """Read tenant and stream; the chooser sends both in one field, as ``tenant/stream``."""
    stream = given.get("stream") or DEFAULT_STREAM
    tenant, slash, rest = stream.partition("/")
    if not slash:
        tenant, rest = given.get("tenant") or DEFAULT_TENANT, stream
    try:
        return StreamName(tenant, rest)
    except ValueError as error:
        raise FormError(str(error)) from error
