"""The column message_form: how the columns of a record were joined in its message.

The language is documented, and read, in parsers/rebuild.py; here forms are made from a dialect's layout.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.columns import binary_column, few
from parsers.layouts import CANONICAL, Gap, Layout, Present
from parsers.schema import Format

MAXIMUM_FORM: Final = 160  # characters; longer ones would not pay, their messages' octets are kept


def form_column(
    layout: Layout, format_: Format, rows: Mapping[str, Sequence[bytes | None] | pa.Array], count: int
) -> pa.Array:
    """Give the form (string) of each of ``count`` rows; null is the format's canonical form.

    Args:
        layout: the dialect's.
        format_: whose canonical form is null.
        rows: the octets of each results name.
        count: how many rows there are.
    """
    columns = {name: binary_column(octets) for name, octets in rows.items()}
    if _is_canonical(layout, format_, columns):
        return pa.nulls(count, pa.string())
    pieces = [_piece(part, columns) for part in layout]
    if all(isinstance(piece, str) for piece in pieces):
        return pa.repeat(pa.scalar(_kept("".join(map(str, pieces)), format_), pa.string()), count)
    forms = pc.binary_join_element_wise(*_joined(pieces), "")
    codes = forms.dictionary_encode()
    return few(_kept(form, format_) for form in codes.dictionary.to_pylist()).take(codes.indices)


def _joined(pieces: Sequence[pa.Array | str]) -> Iterator[pa.Array | str]:
    """Join texts that stand next to each other: each piece less is a good deal less for Arrow to do."""
    text = ""
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
            continue
        if text:
            yield text
        yield piece
        text = ""
    if text:
        yield text


def _is_canonical(layout: Layout, format_: Format, columns: Mapping[str, pa.Array]) -> bool:
    """Whether no row has a gap, which in a layout that is the format's own makes all forms canonical."""
    gaps = [part.name for part in layout if isinstance(part, Gap)]
    return _without_gaps(layout) == CANONICAL[format_] and not any(map(_has_octets, map(columns.get, gaps)))


def _has_octets(column: pa.Array) -> bool:
    return column.null_count < len(column) and bool(pc.max(pc.binary_length(column)).as_py())


def _without_gaps(layout: Layout) -> Layout:
    """Leave the gaps out, and join the pieces that then touch and stand for the same column."""
    joined: list[str | Gap | Present] = []
    for part in layout:
        last = joined[-1] if joined else None
        if isinstance(part, Present) and isinstance(last, Present) and part.name == last.name:
            joined[-1] = Present(part.name, last.text + part.text)
        elif not isinstance(part, Gap):
            joined.append(part)
    return tuple(joined)


def _piece(part: str | Gap | Present, columns: Mapping[str, pa.Array]) -> pa.Array | str:
    """Give what a part of the layout is in each row, or as a text where it is the same in all."""
    if isinstance(part, str):
        return part
    column = columns[part.name]
    if column.null_count == len(column):
        return ""
    match part:
        case Gap():
            return _gap(column)
        case Present(_, text) if not column.null_count:
            return text
        case Present(_, text):
            return pc.if_else(pc.is_valid(column), text, "")


def _gap(column: pa.Array) -> pa.Array | str:
    """Give the octets of a gap, as a text where they are the same in all rows, as they mostly are."""
    codes = column.dictionary_encode()
    if len(codes.dictionary) == 1 and not column.null_count:
        octets: bytes = codes.dictionary[0].as_py()
        return octets.decode("utf-8")
    return pc.fill_null(codes.dictionary.cast(pa.string()).take(codes.indices), "")


def _kept(form: str, format_: Format) -> str | None:
    if len(form) > MAXIMUM_FORM or form in _canonical_forms(format_):
        return None
    return form


def _canonical_forms(format_: Format) -> set[str]:
    """Give every form that the canonical layout can amount to: with and without its optional piece."""
    layout = CANONICAL[format_]
    whole = "".join(part.text if isinstance(part, Present) else str(part) for part in layout)
    without = "".join(part for part in layout if isinstance(part, str))
    return {whole, without}
