"""The books' statement for people: tables, then every difference."""

from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import RenderableType

from supervisor.balance_sides import Difference, Line, Statement
from supervisor.terminal import table

_RECEIVED: Final = {
    "received_by_kernel": "by the kernel", "dropped_by_kernel": "it dropped", "framed": "framed",
    "not_admitted": "not admitted", "dropped": "dropped", "parsed": "parsed", "unparsed": "unparsed",
    "discarded_octets": "octets discarded",
}  # fmt: skip
_STORED: Final = {
    "handed_over": "handed over", "held": "held", "lost": "lost", "gone": "gone",
    "left_to_sender": "left to sender", "journalled": "journalled", "archived": "archived",
    "indexed": "indexed", "expired": "expired",
}  # fmt: skip


def as_tables(made: Statement, *, sources: bool) -> Iterator[RenderableType]:
    """Give what a person sees, with what is unexplained last.

    Args:
        made: the statement.
        sources: whether with a line for each source.
    """
    lines = made.sources if sources else made.listeners
    for columns in (_RECEIVED, _STORED):
        names = ("listener", "peer") if sources else ("listener",)
        yield table(
            (*names, *columns.values()), [_row(line, columns, sources) for line in [*lines, made.total]]
        )
    yield from made.notes
    yield from _sentences(one for one in made.differences if one.explained)
    if made.unexplained:
        yield from (f"UNEXPLAINED: {one}" for one in _sentences(made.unexplained))
        yield "The books do not balance: run `sysledger verify`, and report what it does not explain."
    elif made.compares:
        yield "The books balance: every difference has its cause."
    else:
        yield "Only one side is here: it agrees with itself, and nothing can be said of the other."


def _row(line: Line, columns: dict[str, str], sources: bool) -> list[object]:  # noqa: FBT001 - as above
    names = [line.listener, line.peer] if sources else [line.listener]
    return [*names, *(_number(getattr(line, column)) for column in columns)]


def _number(number: int | None) -> object:
    return "" if number is None else number


def _sentences(differences: Iterable[Difference]) -> Iterator[str]:
    """Give a sentence for each listener and cause, however often it came about."""
    several: dict[tuple[str, str], list[Difference]] = {}
    for one in differences:
        several.setdefault((one.listener, one.cause), []).append(one)
    for (listener, cause), found in several.items():
        times = sorted(one.at for one in found if one.at)
        when = "" if not times else f" (at about {times[0]})"
        if len(times) > 1:
            when = f" ({len(times)} times, {times[0]} to {times[-1]})"
        yield f"{listener}: {sum(one.messages for one in found):,} {cause}{when}"
