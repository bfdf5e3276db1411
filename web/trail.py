"""/trail: who did what with the appliance, newest first. Whoever looks is in it, too.

    /trail?who=NAME&action=ACTION&outcome=OUTCOME&q=QUERY&from=TIME&to=TIME&page=CURSOR…

The trail is a stream like any other (access/trail.py), and this page a view of it with columns of its own: it
is searched by the same query language, and exported from the same place.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from access.trail import recorded
from access.trail_message import OUTCOMES
from access.visitor import current
from storage import search as storage
from storage.facets import Facet
from storage.layout import TRAIL
from web import times, words
from web.asking import understand
from web.desk import Desk, desk
from web.form import RANGES, FormError, SearchForm, read
from web.jobs import Progress
from web.rows import nanoseconds, path

TEMPLATE: Final = "trail.html"
USUAL_START: Final = "-30d"  # where the address names no range: years of it are seldom meant
ANY_START: Final = "any"  # in links: from the beginning
PREFIX: Final = "access."
WHO, ACTION, OUTCOME, TARGET, ORIGIN = (
    f"{PREFIX}{name}" for name in ("who", "action", "outcome", "target", "from")
)
FACETS: Final = (WHO, ACTION, OUTCOME)
_OWN_COLUMNS: Final = {WHO, ACTION, OUTCOME, TARGET, ORIGIN, f"{PREFIX}role", f"{PREFIX}means"}
_OF_SEARCH: Final = frozenset({"q", "from", "to", "page"})
_BARS: Final = 1  # the page draws none
CHOICES: Final = 12  # values of a facet that are offered
LONGEST_NAME: Final = 200
EXAMPLES: Final = (
    ("access.action:export", "every export"),
    ("access.outcome:refused", "whatever was refused"),
    ("access.target:payment/*", "what was done with streams of one tenant"),
    ("access.query:password", "searches for a word"),
    ("access.from:192.0.2.7", "from one address"),
    ("-access.means:console", "not on the command line"),
)


@dataclass(frozen=True, slots=True)
class TrailForm:
    """The fields as typed: those of a search, and three of the trail's own."""

    search: SearchForm
    who: str = ""
    action: str = ""
    outcome: str = ""

    @property
    def query(self) -> str:
        """The whole question in the query language."""
        own = [(WHO, self.who), (ACTION, self.action), (OUTCOME, self.outcome)]
        terms = [f'{name}:"{_escaped(value)}"' for name, value in own if value]
        typed = self.search.query
        return " ".join([*terms, f"({typed})" if terms and typed else typed]).strip()

    def address(self, form: SearchForm | None = None, **changes: str) -> str:
        """Give the address of this question, with other fields where they are given, on its first page.

        Args:
            form: of another page.
            changes: of who, action and outcome.
        """
        asked = form or self.search.having()
        own = {"who": self.who, "action": self.action, "outcome": self.outcome} | changes
        return asked.address("/trail", named=False, **own, **({} if asked.start else {"from": ANY_START}))

    def whole(self) -> SearchForm:
        """Give the same question as the search has it."""
        return self.search.having(query=self.query)


@dataclass(frozen=True, slots=True)
class DeedRow:
    """One deed, as a row shows it."""

    day: str
    clock: str
    received: str
    address: str
    seq: int
    who: str
    role: str
    means: str
    origin: str
    action: str
    outcome: str
    target: str
    details: tuple[tuple[str, str], ...]
    message: str


async def trail(request: Request) -> Response:
    """Show the trail, and tell it that it was looked at; status 400 for a question that cannot be read."""
    served = desk(request)
    view, status = await served.work(_looked, served, request.query_params, datetime.now(UTC))
    found: storage.Page | None = view.pop("found")
    if found is not None:
        form: TrailForm = view["form"]
        shown, asked = found.records.num_rows, form.search
        await recorded(
            "search",
            f"{TRAIL.tenant}/{TRAIL.stream}",
            query=form.query,
            range=f"{asked.start or 'beginning'} to {asked.end or 'now'}",
            shown=shown,
        )
    return served.page(TEMPLATE, status, page="trail", **view)


def _looked(served: Desk, given: QueryParams, now: datetime) -> tuple[dict[str, Any], int]:
    """Give the page's view and its status."""
    form, found, survey, trouble = TrailForm(SearchForm(name=TRAIL, start=USUAL_START)), None, None, ""
    try:
        form = read_form(given)
        asked = understand(form.whole().having(pages=form.search.pages), now)
        if TRAIL in served.streams():
            found = served.searcher.page(replace(asked, limit=served.settings.page_messages))
            survey = _survey(served, form, asked)
    except storage.QueryError as error:
        trouble = words.sentence(f"{error.message}: {error.hint}" if error.hint else error.message)
    except (FormError, times.MomentError, ValueError) as error:
        trouble = words.sentence(str(error))
    view = {
        "form": form,
        "found": found,
        "days": _by_day([] if found is None else deeds(found.records)),
        "older": "" if found is None or found.next is None else str(found.next),
        "scope": "" if found is None else words.scope(found.scope),
        "damaged": 0 if found is None else len(found.scope.damaged),
        "survey": survey,
        "trouble": trouble,
        "ranges": RANGES,
        "outcomes": OUTCOMES,
        "examples": EXAMPLES,
        "choices": choices,
        "may_export": current().may("export"),
    }
    return view, 400 if trouble else 200


def read_form(given: QueryParams) -> TrailForm:
    """Read the address of the trail's page.

    Raises:
        FormError: when a field is too long.
    """
    own = {name: given.get(name, "").strip() for name in ("who", "action", "outcome")}
    for name, value in own.items():
        if len(value) > LONGEST_NAME:
            raise FormError(
                f"{name} has {len(value):,} characters. Write {LONGEST_NAME} at most, or use the query."
            )
    taken = [(key, value) for key, value in given.multi_items() if key in _OF_SEARCH]
    form = read(QueryParams(taken))
    start = form.start if "from" in given else USUAL_START
    return TrailForm(replace(form, name=TRAIL, start="" if start == ANY_START else start), **own)


def _survey(served: Desk, form: TrailForm, asked: storage.Request) -> Progress[storage.Survey]:
    """Give how many deeds there are, and whose; or as much of it as is known by now."""
    searcher, whole = served.searcher, replace(asked, limit=None, before=None)
    # By the times as typed: what is relative would be another question each time.
    question = ("trail", served.sight.visitor, form.query, form.search.start, form.search.end)
    return served.surveys.ask(
        question, lambda: searcher.survey(whole, _BARS, FACETS), account=current().account
    )


def choices(facet: Facet) -> list[tuple[str, int]]:
    """Give a facet's most frequent values that are any."""
    return [(value, number) for value, number in facet.values if value][:CHOICES]


def deeds(records: pa.Table) -> list[DeedRow]:
    """Give the rows of records of the trail."""
    columns = records.select(["seq", "fields", "message", "timestamp"]).to_pylist()
    return [_deed(one, at) for one, at in zip(columns, nanoseconds(records), strict=True)]


def _deed(record: dict[str, Any], received: int) -> DeedRow:
    fields = record["fields"] or []
    known = dict(fields)
    return DeedRow(
        day=times.day(received),
        clock=times.clock(received),
        received=times.full(received),
        address=path(TRAIL, record["seq"]),
        seq=record["seq"],
        who=known.get(WHO, ""),
        role=known.get(f"{PREFIX}role", ""),
        means=known.get(f"{PREFIX}means", ""),
        origin=known.get(ORIGIN, ""),
        action=known.get(ACTION, ""),
        outcome=known.get(OUTCOME, ""),
        target=known.get(TARGET, ""),
        details=tuple(
            (name.removeprefix(PREFIX), value)
            for name, value in fields
            if name.startswith(PREFIX) and name not in _OWN_COLUMNS
        ),
        message=record["message"] or "",
    )


def _by_day(rows: list[DeedRow]) -> list[tuple[str, list[DeedRow]]]:
    days: dict[str, list[DeedRow]] = {}
    for row in rows:
        days.setdefault(row.day, []).append(row)
    return list(days.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
