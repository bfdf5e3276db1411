"""/sources: who sends, since when, how, how much, by what clock; and what is out of the ordinary."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, partial
from typing import Any, Final
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from access import trail
from access.visitor import Visitor, current
from storage.layout import StreamName
from storage.masks import masks_of
from web import figures
from web.appliance import Document, office
from web.desk import Desk, desk
from web.errors import ForbiddenError
from web.operating import Age, in_thread
from web.shelf import Figures

PAGE: Final = 200  # sources; a browser has to lay them out
PATTERN_CHARACTERS: Final = 200
PAGE_DIGITS: Final = 5
FINDINGS: Final = 100  # that are listed, of those that last and of those that have ended
IDENTITIES: Final = frozenset({"hostname", "peer", "tls_identity"})  # columns that a source is known by

Source = Mapping[str, Any]
Sees = Callable[[Visitor, StreamName], bool]
_ORDERS: Final[dict[str, tuple[str, Callable[[Source], Any], bool]]] = {
    "findings": ("findings first", lambda one: (len(one["findings"]), one["last_seen"]), True),
    "last": ("last seen first", lambda one: one["last_seen"], True),
    "silent": ("longest silent first", lambda one: one["last_seen"], False),
    "messages": ("most messages first", lambda one: one["messages"], True),
    "host": ("by host", lambda one: ((one["host"] or "").casefold(), one["peer"]), False),
}
_KINDS: Final = ("all", "silent", "any")  # which sources: every one, the silent ones, those with any finding


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which sources are shown, as the page's address says.

    ``pattern`` is of a host or a peer, with ``*`` and ``?``; without them it may occur anywhere.
    """

    pattern: str = ""
    only: str = "all"
    order: str = "findings"
    page: int = 1

    def address(self, **changes: Any) -> str:
        """Give the address of this choice, changed."""
        fields = {"q": self.pattern, "only": self.only, "order": self.order, "page": self.page, **changes}
        usual = {"q": "", "only": "all", "order": "findings", "page": 1}
        given = {name: value for name, value in fields.items() if value != usual[name]}
        return f"/sources?{urlencode(given)}" if given else "/sources"


@dataclass(frozen=True, slots=True)
class Row:
    """One source of the list."""

    host: str | None
    peer: str
    address: str
    tenant: str
    transports: str
    last: str
    messages: int
    rate: str
    clock: str
    clock_is_off: bool
    missing: int
    malformed: int
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something out of the ordinary; ``address`` is of its source's page, empty when it has none."""

    kind: str
    about: str
    text: str
    since: str
    ended: str
    address: str


@dataclass(frozen=True, slots=True)
class Listed:
    """What the page shows."""

    rows: tuple[Row, ...]
    matching: int
    all: int
    pages: int
    forgotten: int
    lasting: tuple[Finding, ...]
    ended: tuple[Finding, ...]
    several_tenants: bool


async def sources(request: Request) -> Response:
    """Show the sources."""
    refuse_masked(current())
    chosen = read(request.query_params)
    made = await office(request).inventory()
    await trail.recorded("view", "sources", query=chosen.pattern)
    return await in_thread(partial(_respond, desk(request), chosen, made))


def _respond(served: Desk, chosen: Chosen, made: Figures[Document | None]) -> Response:
    told = None if made.value is None else within(made.value, current(), served.sights.sees)
    return served.page(
        "sources.html",
        page="sources",
        tab="sources",
        say=figures,
        age=Age.of(made),
        written=None if told is None else told.get("written_at"),
        chosen=chosen,
        orders=[(key, said) for key, (said, _, _) in _ORDERS.items()],
        listed=None if told is None else listed(told, chosen),
    )


def masked_names(visitor: Visitor) -> list[str]:
    """Give the columns that sources are known by and somebody may not see."""
    return sorted(IDENTITIES & masks_of(visitor.limits.masked).columns)


def refuse_masked(visitor: Visitor) -> None:
    """Refuse somebody for whom names or addresses are masked: the inventory is made of them.

    Raises:
        ForbiddenError: then.
    """
    if masked := masked_names(visitor):
        raise ForbiddenError(
            f"{', '.join(masked)} is masked for {visitor.name}, and the inventory of sources consists of "
            "that. Ask an administrator of this appliance, who can change limits."
        )


def read(given: QueryParams) -> Chosen:
    """Read the page's address; what cannot be meant is left out."""
    only, order, page = given.get("only", "all"), given.get("order", "findings"), given.get("page", "1")
    return Chosen(
        pattern=given.get("q", "").strip()[:PATTERN_CHARACTERS],
        only=only if only in _KINDS else "all",
        order=order if order in _ORDERS else "findings",
        page=max(int(page), 1) if page.isascii() and page.isdigit() and len(page) <= PAGE_DIGITS else 1,
    )


def within(told: Source, visitor: Visitor, sees: Sees) -> dict[str, Any]:
    """Leave out of an inventory the sources, and their findings, of streams that somebody may not see.

    So nobody is told of those of a suspended tenant, since names, clocks and flags are read from messages.
    What streams hold and take is counted for operators all the same.
    """
    seen = cache(partial(sees, visitor))
    kept = [
        one
        for one in told["sources"]
        if any(seen(StreamName(one["tenant"], stream)) for stream in one["streams"])
    ]
    known = {_key(one) for one in kept}
    found = {
        part: [one for one in told[part] if _key(one) in known or _is_listeners(one, visitor)]
        for part in ("findings", "ended")
    }
    return {**told, "sources": kept, **found}


def _key(one: Source) -> tuple[str, str | None, str | None]:
    return one["tenant"], one["peer"] or None, one["host"] or None


def _is_listeners(finding: Source, visitor: Visitor) -> bool:
    """Say whether a finding is of a listener, whose operator ``visitor`` is, and not of a source."""
    return finding["kind"] == "canary" and visitor.may("operate")


def listed(told: Source, chosen: Chosen) -> Listed:
    """Give what the page shows of an inventory that the visitor may see."""
    found = chosen_of(told, chosen)
    first = (chosen.page - 1) * PAGE
    newest = sorted(told["ended"], key=lambda one: one["ended"] or "", reverse=True)
    return Listed(
        rows=tuple(map(_row, found[first : first + PAGE])),
        matching=len(found),
        all=len(told["sources"]),
        pages=-(-len(found) // PAGE),
        forgotten=told["forgotten_sources"],
        lasting=tuple(map(_finding, told["findings"][:FINDINGS])),
        ended=tuple(map(_finding, newest[:FINDINGS])),
        several_tenants=len({one["tenant"] for one in told["sources"]}) > 1,
    )


def chosen_of(told: Source, chosen: Chosen) -> list[Source]:
    """Give the sources of an inventory that are chosen, in the order chosen, whatever the page."""
    _, key, is_reversed = _ORDERS[chosen.order]
    return sorted(filter(_wanted(chosen), told["sources"]), key=key, reverse=is_reversed)


def _wanted(chosen: Chosen) -> Callable[[Source], bool]:
    pattern = chosen.pattern.casefold()
    if pattern and not set("*?") & set(pattern):
        pattern = f"*{pattern}*"
    pattern = pattern.replace("[", "[[]")  # brackets are letters here, as in the query language

    def wanted(one: Source) -> bool:
        if chosen.only == "silent" and "silent" not in one["findings"]:
            return False
        if chosen.only == "any" and not one["findings"]:
            return False
        names = ((one[name] or "").casefold() for name in ("host", "peer"))
        return not pattern or any(fnmatchcase(name, pattern) for name in names)

    return wanted


def address_of(one: Source) -> str:
    """Give the address of a source's page."""
    fields = {"tenant": one["tenant"], "peer": one["peer"] or "", "host": one["host"] or ""}
    return f"/sources/one?{urlencode(fields)}"


def _row(one: Source) -> Row:
    return Row(
        host=one["host"],
        peer=one["peer"],
        address=address_of(one),
        tenant=one["tenant"],
        transports=", ".join(one["transports"]),
        last=figures.moment(one["last_seen"]),
        messages=one["messages"],
        rate=figures.rate(one["messages_a_second_recently"]),
        clock=figures.clock(one["clock_seconds"]),
        clock_is_off=abs(one["clock_seconds"] or 0.0) >= figures.OFF_SECONDS,
        missing=one["missing"],
        malformed=one["malformed"],
        findings=tuple(one["findings"]),
    )


def _finding(one: Source) -> Finding:
    return Finding(
        kind=one["kind"],
        about=one["about"],
        text=one["text"],
        since=figures.moment(one["since"]),
        ended=figures.moment(one["ended"]) if one["ended"] else "",
        address="" if one["kind"] == "canary" else address_of(one),
    )


def findings_of(told: Source, one: Source) -> tuple[Finding, ...]:
    """Give the findings of one source, those that last first."""
    every: Iterable[Source] = (*told["findings"], *reversed(told["ended"]))
    return tuple(_finding(each) for each in every if each["kind"] != "canary" and _key(each) == _key(one))
