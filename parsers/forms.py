"""The column message_form: how the columns of a record were joined in its message.

The language is documented, and read, in parsers/rebuild.py; here forms are made from a dialect's layout.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from parsers.columns import few
from parsers.dialects import CANONICAL, Gap, Layout, Present
from parsers.schema import Format

MAXIMUM_FORM: Final = 160  # characters; longer ones would not pay, their messages' octets are kept


def form_column(
    layout: Layout, format_: Format, rows: Mapping[str, Sequence[bytes | None]], count: int
) -> pa.Array:
    """Give the form (string) of each of ``count`` rows; null is the format's canonical form.

    Args:
        layout: the dialect's.
        format_: whose canonical form is null.
        rows: the octets of each results name.
        count: how many rows there are.
    """
    if _is_canonical(layout, format_, rows):
        return pa.nulls(count, pa.string())
    pieces = [_piece(part, rows) for part in layout]
    if all(isinstance(piece, str) for piece in pieces):
        return pa.repeat(pa.scalar(_kept("".join(pieces), format_), pa.string()), count)
    forms = pc.binary_join_element_wise(*pieces, "")
    codes = forms.dictionary_encode()
    return few(_kept(form, format_) for form in codes.dictionary.to_pylist()).take(codes.indices)


def _is_canonical(layout: Layout, format_: Format, rows: Mapping[str, Sequence[bytes | None]]) -> bool:
    """Whether no row has a gap, which in a layout that is the format's own makes all forms canonical."""
    gaps = [part.name for part in layout if isinstance(part, Gap)]
    return _without_gaps(layout) == CANONICAL[format_] and not any(any(rows[name]) for name in gaps)


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


def _piece(part: str | Gap | Present, rows: Mapping[str, Sequence[bytes | None]]) -> pa.Array | str:
    """Give what a part of the layout is in each row, or as a text where it is the same in all."""
    if isinstance(part, str):
        return part
    absent = rows[part.name].count(None)
    if absent == len(rows[part.name]):
        return ""
    match part:
        case Gap(name):
            return pc.fill_null(pa.array(rows[name], pa.binary()).cast(pa.string()), "")
        case Present(_, text) if not absent:
            return text
        case Present(name, text):
            return pc.if_else(pc.is_valid(pa.array(rows[name], pa.binary())), text, "")


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
