"""The search form: what stands in a search's address, read and written.

    /search?q=QUERY&from=TIME&to=TIME&time=received|device&tenant=T&stream=S&page=CURSOR…

Times stay as they were typed, so that the address of "the last hour" means the last hour tomorrow too.
``page`` occurs once for each page gone through: the last one is shown, and the one before it is "newer".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlencode

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

    def address(self, path: str = "/search", *, named: bool = True, **extra: str) -> str:
        """Give the address of this search at ``path``, with fields that are not empty only.

        ``named`` False leaves tenant and stream out, for a path that names them.
        """
        fields = [("q", self.query), ("from", self.start), ("to", self.end)]
        fields += [("time", "device" if self.time == "device" else "")]
        if named and self.name != StreamName():
            fields += [("tenant", self.name.tenant), ("stream", self.name.stream)]
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

    def older(self, cursor: str) -> "SearchForm":
        """Give the form of the next page, towards older messages."""
        return replace(self, pages=(*self.pages, cursor)[-MAXIMUM_PAGES:])

    def newer(self) -> "SearchForm":
        """Give the form of the page before this one."""
        return replace(self, pages=self.pages[:-1])

    def with_term(self, term: str) -> "SearchForm":
        """Give the form that asks for ``term`` as well."""
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
        start=given.get("from", "").strip()[:64],
        end=given.get("to", "").strip()[:64],
        time=time,
        name=_name(given),
        pages=tuple(given.getlist("page")[-MAXIMUM_PAGES:]),
    )


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
