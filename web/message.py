"""/message/…: everything about one message, and its exact octets for download."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import Response

from access import trail
from parsers.rebuild import exact_octets, rebuild
from parsers.structured_data import SdElement, elements
from storage.layout import StreamName
from storage.near import REACH
from web import rows, visible, words
from web.desk import NEIGHBOURS, Desk, desk
from web.errors import ForbiddenError, NotFoundError
from web.explained import Explained, explained
from web.form import FormError, SearchForm, read
from web.ledger import place_of
from web.octets import HexLine, hex_dump
from web.sight import MASKED_OCTETS
from web.ways import ways

if TYPE_CHECKING:
    from parsers.explain import Explanation

MESSAGE_CHARACTERS: Final = 65_536  # of MSG and of the octets as text; a browser has to lay them out
DUMP_OCTETS: Final = 16_384  # of the hex dump, which is four times as long as what it dumps
EXPLAINED_OCTETS: Final = 16_384  # pyparsing explains a message a thousand times slower than it is received
ELEMENTS: Final = 200  # of STRUCTURED-DATA in a table
_SEQ_DIGITS: Final = 18  # more than a stream can ever have, and less than int64


@dataclass(frozen=True, slots=True)
class Octets:
    """A message's exact octets: as text, as a dump, how they are kept, and what each part of them is."""

    text: visible.Shown
    length: int
    kept: str
    dump: list[HexLine]
    left_out: int
    explanation: Explained | None


async def message(request: Request) -> Response:
    """Show one message."""
    served, (name, seq) = desk(request), _named(request)
    return await served.work(_respond, served, name, seq, _context(request, name))


async def octets(request: Request) -> Response:
    """Give the exact octets of one message."""
    served, (name, seq) = desk(request), _named(request)
    found = await served.work(_octets, served, name, seq)
    file = f"sysledger-{name.tenant}-{name.stream}-{seq}.bin"
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    return Response(found, media_type="application/octet-stream", headers=headers)


def _octets(served: Desk, name: StreamName, seq: int) -> bytes:
    record = _record(served, name, seq)
    if not served.sight.shows_octets:
        raise ForbiddenError(MASKED_OCTETS)
    found: bytes = exact_octets(record)[0].as_py()
    _tell(name, seq, octets=len(found))
    return found


def _tell(name: StreamName, seq: int, *, octets: int | None = None) -> None:
    trail.record("view", f"{name.tenant}/{name.stream}/{seq}", octets=octets)


def _respond(served: Desk, name: StreamName, seq: int, context: SearchForm) -> Response:
    found = _record(served, name, seq)
    around = served.searcher.neighbours(name, seq, NEIGHBOURS, NEIGHBOURS)
    row = rows.rows(found, name, context)[0]
    same_host = None
    if row.hostname is not None:
        same_host = served.searcher.neighbours(name, seq, NEIGHBOURS, NEIGHBOURS, same_host=True)
    _tell(name, seq)
    return served.page(
        "message.html",
        page="message",
        name=name,
        row=row,
        path=rows.path(name, seq),
        back=context.address(),
        message=visible.show(
            row.message or "", MESSAGE_CHARACTERS, lines=True, marks=row.marks.get("message", ())
        ),
        **ways(found, around["seq"].to_pylist(), name, context),
        neighbours=tuple(rows.by_day(rows.rows(around, name, context))),
        reach=REACH,
        same_host=None if same_host is None else tuple(rows.by_day(rows.rows(same_host, name, context))),
        octets=_as_received(served, found, row) if served.sight.shows_octets else None,
        masked=MASKED_OCTETS,
        ledger=place_of(served, name, seq, rows.nanoseconds(found)[0]),
        limits=served.sight.told,
        **_columns(found.drop_columns(["received_at", "timestamp"]).to_pylist()[0]),
    )


def _as_received(served: Desk, record: Any, row: rows.Row) -> Octets:
    found: bytes = exact_octets(record)[0].as_py()
    return Octets(
        text=visible.show(visible.decode(found), MESSAGE_CHARACTERS),
        length=len(found),
        kept=kept(record["raw"][0].is_valid, rebuild(record)[0].as_py() == found),
        dump=hex_dump(found, DUMP_OCTETS),
        left_out=max(0, len(found) - DUMP_OCTETS),
        explanation=_explain(served, found, row, record),
    )


def kept(as_received: bool, rebuilt: bool) -> str:  # noqa: FBT001 - the two facts of the matter
    """Say in which way journal and archive keep a message's octets."""
    if not as_received:
        return "rebuilt from the columns, which was tried before the message was acknowledged"
    if rebuilt:
        return "as received; the archive will keep the columns only, which give them back"
    return "kept as received, since the columns alone do not give them back"


def _columns(record: dict[str, Any]) -> dict[str, Any]:
    """Give what the template shows of the record's columns, times aside."""
    text = record["structured_data"]
    found: list[SdElement] = elements(text) if text else []
    return {
        "record": record,
        "flags": [(flag, *words.flag(flag)) for flag in record["flags"]],
        "format": words.FORMATS.get(record["format"], "a format of a newer release"),
        "transport": words.TRANSPORTS.get(record["transport"], "a transport of a newer release"),
        "elements": found[:ELEMENTS],
        "elements_left_out": max(0, len(found) - ELEMENTS),
        "fields": record["fields"] or [],
    }


def _explain(served: Desk, found: bytes, row: rows.Row, record: Any) -> Explained | None:
    """Explain a message as it was read: the same format, and for its time what the record says.

    The settings of its source are today's, which may not be those that it was read by.
    """
    if len(found) > EXPLAINED_OCTETS:
        return None
    (received_at,) = rows.nanoseconds(record)
    # The grammars are made when somebody first asks: the start, and all who only search, go without.
    from parsers.dialects import FORMATS  # noqa: PLC0415
    from parsers.explain import explain  # noqa: PLC0415

    source = served.source_of(*(record[name][0].as_py() for name in ("listener", "peer", "hostname")))
    said: Explanation | None = None
    for how in (source.format, "auto", row.format):
        if how in FORMATS:
            said = explain(found, received_at=received_at, source=replace(source, format=how))
            if said.format == row.format:
                break
    assert said is not None  # noqa: S101 - for the type checker
    return explained(said, row.device.text if row.device else None)


def _record(served: Desk, name: StreamName, seq: int) -> Any:
    found = served.searcher.record(name, seq)
    if not found.num_rows:
        raise NotFoundError(
            f"The stream {name.tenant}/{name.stream} has no message {seq}. It may have expired by retention, "
            "or lie in a damaged file, which the search would name.",
            "There is no such message",
        )
    return found


def _named(request: Request) -> tuple[StreamName, int]:
    """Read tenant, stream and seq from the address."""
    given = request.path_params
    seq = given["seq"]
    if not (seq.isascii() and seq.isdigit() and len(seq) <= _SEQ_DIGITS):
        raise NotFoundError("A message's address ends with its number in the stream, such as 1234.")
    try:
        return StreamName(given["tenant"], given["stream"]), int(seq)
    except ValueError as error:
        raise NotFoundError(words.sentence(str(error))) from error


def _context(request: Request, name: StreamName) -> SearchForm:
    """Give the search that led here, if it can be read."""
    try:
        return replace(read(request.query_params), name=name)
    except FormError:
        return SearchForm(name=name)
