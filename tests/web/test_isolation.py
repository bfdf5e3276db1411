"""Nobody learns anything of what is outside their limits, by any address that there is.

Two worlds differ only in what somebody must not see. Every page and every operation of the API, asked for
whatever there is to ask for, must answer the same in both: matches, counts, bars, facets, neighbours,
cursors, texts of errors, and what there is not.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import unified_diff
from itertools import product
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import httpx
import pytest
from starlette.requests import Request

from access.access import Access
from access.visitor import CONSOLE, ROLES, Limits, Role, Visitor
from parsers.batch import BatchHeader, encode_records
from parsers.pipeline import Arrival, parse_frames
from storage.archive import seal
from storage.handoff import check_batch
from storage.indexer import rebuild
from storage.journal import Batch, Journal
from storage.layout import Layout, StreamName
from storage.settings import JournalSettings
from tenants.file import edit
from tenants.registry import Registry
from web.app import create_app
from web.routes import PAGES
from web.settings import WebSettings
from web.visiting import Identify

NOON: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND: Final = 10**9
ACME, SECRET, RIVAL, TRAIL = (
    StreamName(*name.split("/")) for name in ("acme/syslog", "acme/secret", "rival/syslog", "trail/access")
)
# Answers that do not end; tests/storage/test_seen.py has what they are made of.
ENDLESS: Final = {"/tail/events", "/api/v1/tail"}
MARK: Final = "zebra"  # stands in everything that somebody must not see


@dataclass(frozen=True)
class Sent:
    """A message: who sent it, when (in seconds after noon), and what it says."""

    text: str
    at: float = 0.0
    host: str = "fw-1"
    peer: str = "10.0.0.1"
    pri: int = 38
    data: str = "-"

    def frame(self) -> bytes:
        """Give it as RFC 5424 has it."""
        time = (NOON + timedelta(seconds=self.at)).isoformat()
        return f"<{self.pri}>1 {time} {self.host} sshd 4711 - {self.data} {self.text}".encode()


World = Mapping[StreamName, Sequence[Sent]]


def keep(layout: Layout, world: World) -> None:
    """Store a world as collector and storage do: what was sent first sealed and indexed, the last not yet."""
    for name, sent in world.items():
        parts = [sent[: len(sent) // 2 + 1], sent[len(sent) // 2 + 1 :]]
        for number, part in enumerate(filter(None, parts), 1):
            frames = [one.frame() for one in part]
            arrivals = [
                Arrival(int(NOON.timestamp()) * SECOND + int(one.at * SECOND), one.peer, 1) for one in part
            ]
            records = parse_frames(frames, arrivals, listener="tcp", transport="tcp")
            header = BatchHeader(name.tenant, name.stream, "test", number, len(frames), sum(map(len, frames)))
            journal = Journal(layout, name, JournalSettings(), NOON.timestamp())
            content = check_batch(header, header.encode(), encode_records(records))
            journal.append([Batch(header, content)], NOON.timestamp())
            if number == 1:
                journal.roll(NOON.timestamp(), 365)
                for path in journal.finished:
                    seal(layout, name, path, 3)
            journal.close()
        rebuild(layout, name)


def own() -> list[Sent]:
    """Give messages that somebody may see."""
    texts = (
        "Failed password for admin",
        "Accepted publickey for bob",
        "user=alice action=login",
        "disk full",
    )
    return [Sent(text, 60.0 * number, pri=35 + number) for number, text in enumerate(texts)]


def hidden(number: int, *at: float, host: str = "fw-1", peer: str = "10.0.0.1") -> list[Sent]:
    """Give messages that somebody must not see, which are others in each world."""
    texts = (f"Failed {MARK}{number} for {MARK}admin", f"user={MARK}{number} src=203.0.113.{number}")
    return [
        Sent(texts[(place + number) % 2], when, host, peer, pri=8 * (4 + number) + place % 8)
        for place, when in enumerate(at)
    ]


def mixed(visible: Sequence[Sent], *others: Sent) -> list[Sent]:
    """Give messages of several in turn."""
    several = [[one, *others[place : place + 1]] for place, one in enumerate(visible)]
    return [*(one for both in several for one in both), *others[len(visible) :]]


@dataclass(frozen=True)
class Case:
    """Somebody's limits, and what differs between two worlds."""

    limits: Limits
    worlds: tuple[World, World]
    sees_something: bool = True
    suspended: tuple[str, ...] = ()
    streams: tuple[StreamName, ...] = (ACME, RIVAL)


def of_hosts(number: int) -> World:
    """Give a world in which other hosts send other messages to the same stream."""
    at = (-9 + number, 70 + number, 130 - 9 * number)
    return {ACME: mixed(own(), *hidden(number, *at, host=f"h{number}"))}


def of_networks(number: int) -> World:
    """Give a world in which other peers send other messages to the same stream."""
    at = (10 * number, 75, 111 + number)
    return {ACME: mixed(own(), *hidden(number, *at, peer=f"203.0.113.{number}"))}


def of_somebody(name: str) -> World:
    """Give a world in which somebody of this name does something."""
    return {
        ACME: [
            Sent(f"login {name}, note={name.upper()}", at, data=f'[a@1 user="{name}"]') for at in (1, 2, 3)
        ],
    }


ALL: Final[World] = {ACME: hidden(1, 1, 2, 3), RIVAL: hidden(2, 1)}
CASES: Final[Mapping[str, Case]] = {
    "tenant": Case(
        Limits(tenants=("acme",)),
        ({ACME: own()}, {ACME: own(), RIVAL: hidden(1, 1, 2, 3, 90000), TRAIL: hidden(2, 1, 2)}),
    ),
    "stream": Case(
        Limits(streams=("acme/syslog",)),
        ({ACME: own()}, {ACME: own(), SECRET: hidden(1, 1, 2, 3), RIVAL: hidden(2, 5)}),
        streams=(ACME, SECRET),
    ),
    "hosts": Case(Limits(hosts=("FW-*",)), (of_hosts(1), of_hosts(2)), streams=(ACME,)),
    "networks": Case(Limits(networks=("10.0.0.0/8",)), (of_networks(1), of_networks(2)), streams=(ACME,)),
    "times": Case(
        Limits(start=NOON, end=NOON + timedelta(hours=1)),
        (
            {ACME: [*hidden(1, -90000, -50), *own(), *hidden(3, 3600, 3700)]},
            {ACME: [*hidden(2, -70, -1), *own()]},
        ),
        streams=(ACME,),
    ),
    "masks": Case(
        Limits(masked=("user",)),
        (of_somebody(f"{MARK}-one"), of_somebody(f"{MARK}-two")),
        streams=(ACME,),
    ),
    "ended": Case(Limits(until=NOON), ({}, ALL), sees_something=False),
    "suspended": Case(Limits(), ({}, {ACME: hidden(1, 1, 2, 3)}), sees_something=False, suspended=("acme",)),
}

# None names the mark itself: pages say what somebody asked.
QUERIES: Final = ("", "zebr*", "user:zeb*", "-host:fw-1 -/zebr.*/", "host:(")


def addresses(case: Case) -> Iterator[str]:
    """Give everything that there is to ask for, as far as reading goes."""
    names = {
        "tenant": ("acme", "rival"), "stream": ("syslog", "secret"), "seq": ("1", "6", "99"),
        "name": ("acme", "rival", "ada"), "number": ("1",),
    }  # fmt: skip
    for page in PAGES:
        if "GET" not in page.methods or page.path in ENDLESS:
            continue
        known = re.findall(r"{(\w+)", page.path)
        for values in product(*(names.get(name, ("x",)) for name in known)):
            path = page.path
            for name, value in zip(known, values, strict=True):
                path = re.sub(rf"{{{name}[^}}]*}}", value, path)
            yield path
            if not known and page.needs in {"read", "export"}:
                yield from (f"{path}?{urlencode(asked, doseq=True)}" for asked in questions(path, case))


def questions(path: str, case: Case) -> Iterator[dict[str, str | list[str]]]:
    """Give what a path without names in it can be asked."""
    for name, query in product(case.streams, QUERIES):
        asked: dict[str, str | list[str]] = {"q": query, "tenant": name.tenant, "stream": name.stream}
        if path.endswith("/export"):
            yield from ({**asked, "format": how} for how in ("json", "raw", "csv"))
        elif path.endswith("/complete"):
            yield from (
                {**asked, "at": str(len(query)), "q": query} for query in ("user:", "host:", "ze", "s")
            )
        elif path.endswith("facets"):
            yield {**asked, "facet": ["user"]}
        elif path == "/search":
            yield {**asked, "facet": "user", "from": "2026-11-01"}
            yield {**asked, "order": "oldest", "time": "device"}
            yield {**asked, "sort": "-user", "columns": "host,user"}
        else:
            yield asked


def is_plain(address: str) -> bool:
    """Say whether an address asks nothing in particular."""
    return "?" not in address


CHANGING: Final = tuple(
    re.compile(pattern)
    for pattern in (
        r'name="csrf" value="[^"]*"',
        rf"{datetime.now(UTC):%Y-%m-%d}[T ](?:[\d:.]|%3A)+",  # the time at which it was asked
        rf"{datetime.now(UTC):%Y%m%dT}\d+Z",
    )
)


Said = tuple[int, str, list[str]]  # status, body, headers


class Asking:
    """Somebody who asks one application."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        layout: Layout,
        identify: Identify,
        access: Access | None = None,
    ) -> None:
        settings = WebSettings(page_messages=10, count_seconds=60)
        app = create_app(layout, settings, identify=identify, access=access)
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")
        self._loop = loop

    def get(self, address: str, **headers: str) -> httpx.Response:
        """Ask for an address."""
        return self._loop.run_until_complete(self._client.get(address, headers=headers))

    def said(self, address: str) -> Said:
        """Give what an address answers: status, body and headers, without the time."""
        answer = self.get(address)
        told = ("content-type", "location", "content-disposition")
        parts = [answer.content.decode(errors="replace"), *(f"{answer.headers.get(name)}" for name in told)]
        now = datetime.now(UTC)
        minutes = (f"{now - timedelta(minutes=one):%H:%M}" for one in (0, 1))
        for pattern in (*CHANGING, re.compile(rf"\b(?:{'|'.join(minutes)}):\d\d\b")):
            parts = [pattern.sub("", part) for part in parts]
        return answer.status_code, parts[0], parts[1:]


def differing(one: Said, other: Said) -> list[str]:
    """Give the lines that two answers have not in common."""
    texts = [f"{status}\n{body}\n{headers}".splitlines() for status, body, headers in (one, other)]
    lines = unified_diff(texts[0], texts[1], n=0, lineterm="")
    return [line for line in lines if not line.startswith("@@")][2:]


Open = Callable[[Case, Visitor], list[Asking]]


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Give an event loop."""
    made = asyncio.new_event_loop()
    yield made
    made.run_until_complete(made.shutdown_asyncgens())
    made.close()


def suspend(layout: Layout, name: str) -> None:
    """Suspend a tenant."""

    def changed(found: Registry) -> tuple[Registry, None]:
        return found.add(name, name, NOON).change(name, suspended=True), None

    edit(layout.tenants, changed)


@pytest.fixture
def opened(tmp_path: Path, loop: asyncio.AbstractEventLoop) -> Iterator[Open]:
    """Give a function that gives somebody who asks in each world of a case."""
    access = Access(tmp_path / "access")

    def open_them(case: Case, visitor: Visitor) -> list[Asking]:
        async def identify(_request: Request) -> Visitor:
            return visitor

        made = []
        for number, world in enumerate(case.worlds):
            layout = Layout(tmp_path / str(number))
            if not layout.data.exists():
                layout.data.mkdir()
                keep(layout, world)
                for name in case.suspended:
                    suspend(layout, name)
            made.append(Asking(loop, layout, identify, access))
        return made

    for role in ROLES:
        access.accounts.add(f"eve-the-{role}", role)
    yield open_them
    access.close()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_no_address_tells_of_what_is_hidden(opened: Open, case: Case) -> None:
    """Whatever somebody asks for: whether what is hidden is this or that, the answer is the same."""
    first, second = opened(case, Visitor("eve-the-reviewer", "reviewer", case.limits))
    answered = set()
    for address in addresses(case):
        one, other = first.said(address), second.said(address)
        assert not differing(one, other), address
        assert MARK not in one[1].lower(), address
        answered.add((re.split("[?]", address)[0], one[0]))
    if case.sees_something:
        for path in ("/search", "/export", "/api/v1/search", "/api/v1/facets"):
            assert (path, 200) in answered, path
        assert {(f"/message/acme/syslog/{seq}", 200) for seq in (1, 6)} & answered


@pytest.mark.parametrize("case", [case for case in CASES.values() if not case.suspended])
def test_the_worlds_do_differ(opened: Open, case: Case) -> None:
    """Whoever sees everything sees the difference: otherwise nothing was tried."""
    question = urlencode({"tenant": "acme", "stream": "syslog"})
    others = urlencode({"tenant": "rival", "stream": "syslog"})
    hidden_streams = urlencode({"tenant": "acme", "stream": "secret"})
    clients = opened(case, CONSOLE)
    found = [
        [one.said(f"/api/v1/search?{asked}") for asked in (question, others, hidden_streams)]
        for one in clients
    ]
    assert found[0] != found[1]


@pytest.mark.parametrize("role", ["auditor", "operator", "administrator"])
def test_no_role_reaches_beyond_its_limits(opened: Open, role: Role) -> None:
    """An operator's, or even an administrator's, limits hold for all that the role may do."""
    case = CASES["tenant"]
    first, second = opened(case, Visitor(f"eve-the-{role}", role, case.limits))
    for address in filter(is_plain, addresses(case)):
        one, other = first.said(address), second.said(address)
        assert not differing(one, other), address
        assert MARK not in one[1].lower(), address


def test_nobody_is_told_nothing(opened: Open) -> None:
    """Without a visitor there is no message, on no page that lets everybody in."""
    case = CASES["tenant"]
    first, second = opened(case, Visitor("", "auditor", means="nobody"))
    for address in filter(is_plain, addresses(case)):
        one, other = first.said(address), second.said(address)
        assert not differing(one, other), address
        assert "Accepted publickey" not in one[1], address


def test_what_is_counted_for_one_is_not_given_to_another(
    tmp_path: Path, loop: asyncio.AbstractEventLoop
) -> None:
    """Answers that are kept between requests are kept for each sight of them apart."""
    layout = Layout(tmp_path)
    keep(layout, {ACME: mixed(own(), *hidden(1, 70, 90, host="web"))})
    visitors = {
        "all": Visitor("ada", "auditor"),
        "fw": Visitor("ada", "auditor", Limits(hosts=("fw-*",))),
        "web": Visitor("ada", "auditor", Limits(hosts=("web",))),
        "none": Visitor("ada", "auditor", Limits(tenants=("rival",))),
    }

    async def identify(request: Request) -> Visitor:
        return visitors[request.headers["x-who"]]

    asking, counts = Asking(loop, layout, identify), []
    for who in [*visitors, *reversed(visitors)]:
        answer = asking.get("/api/v1/search/count?tenant=acme&stream=syslog", **{"x-who": who})
        counts.append((who, answer.json().get("count", answer.status_code)))
    expected = [("all", 6), ("fw", 4), ("web", 2), ("none", 0)]
    assert counts == [*expected, *reversed(expected)]


def test_what_can_be_typed_beside_a_name_leads_nowhere(opened: Open) -> None:
    """Ways around a tenant's name end where every other wrong address does."""
    case = CASES["tenant"]
    first, second = opened(case, Visitor("eve-the-reviewer", "reviewer", case.limits))
    tries = [
        "/message/rival/syslog/1", "/message/rival%2Fsyslog/x/1", "/message/acme/..%2F..%2Ftenant=rival/1",
        "/message/acme/syslog%00/1", "/message/RIVAL/syslog/1", "/message/rival/syslog/1/octets",
        "/message/acme/../rival/syslog/1", "/message//rival/syslog/1", "/message/rival/syslog/-1",
        "/search?tenant=rival", "/search?stream=syslog&tenant=acme&tenant=rival",
        "/search?tenant=acme/../rival",
        "/search?tenant=rival&stream=nosuch", "/search?q=x&tenant=trail&stream=access", "/trail",
        "/export?format=json&tenant=rival", "/export?format=json&tenant=acme&stream=syslog&tenant=rival",
        "/export?format=parquet&tenant=trail&stream=access", "/api/v1/search?tenant=rival&stream=syslog",
        "/api/v1/search?tenant=acme&tenant=rival", "/api/v1/message/rival/syslog/1/neighbours",
    ]  # fmt: skip
    for address in tries:
        one, other = first.said(address), second.said(address)
        assert not differing(one, other), address
        assert MARK not in one[1], address
        assert one[0] in {200, 400, 403, 404, 422}, address


def test_octets_of_masked_messages_are_refused(opened: Open) -> None:
    """Where values are masked nobody gets octets: not of one message, nor of all."""
    case = CASES["masks"]
    first, _ = opened(case, Visitor("eve-the-reviewer", "reviewer", case.limits))
    for address in (
        "/message/acme/syslog/1/octets",
        "/api/v1/message/acme/syslog/1/octets",
        "/export?format=raw&tenant=acme&stream=syslog",
    ):
        status, text, _ = first.said(address)
        assert (status, MARK in text) == (403, False), address
    status, text, _ = first.said("/message/acme/syslog/1")
    assert status == 200
    assert "(masked)" in text


def test_an_answer_within_limits_says_so(opened: Open) -> None:
    """Whoever sees a part is told that it is one: nothing found is no statement about the rest."""
    case = CASES["hosts"]
    first, _ = opened(case, Visitor("eve-the-reviewer", "reviewer", case.limits))
    for query in ("", "unheard"):
        page = first.said(f"/search?{urlencode({'tenant': 'acme', 'stream': 'syslog', 'q': query})}")[1]
        assert "hosts FW-*" in page
    everybody, _ = opened(case, CONSOLE)
    assert "You see only" not in everybody.said("/search?tenant=acme&stream=syslog")[1]
