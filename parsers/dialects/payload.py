"""What dialects without a header have in common: PRI or nothing, and then a format that is the text's own."""

import re
from collections.abc import Mapping
from typing import Final

from pyparsing import FollowedBy, Opt, ParserElement, Regex

from parsers.dialects.beginning import PAIR, Beginning
from parsers.dialects.dialect import AROUND_PRI, START, WITHOUT_PRI, Dialect, Gap, Layout
from parsers.dialects.parts import BEFORE, TEXT, dialect_grammar, sign
from parsers.schema import Flag, Format

LAYOUT: Final[Layout] = (*START, "{message}", Gap("trailer"))


def payload(  # noqa: PLR0913, PLR0917 - what makes such a dialect, in the order of Dialect
    name: str,
    order: int,
    format_: Format,
    begins: str,
    values: Mapping[str, tuple[str, str]] | None = None,
    stamp: tuple[str, ...] = ("timestamp",),
    look: frozenset[Beginning] = PAIR,
) -> Dialect:
    """Give the dialect of texts that stand without HEADER.

    Args:
        name: the dialect's.
        order: when it is tried.
        format_: of the records.
        begins: what the text begins with, a pattern.
        values: results name → pattern of what stands before its value, and of the value, wherever they are in
            the text. The text stays whole: these are only looked ahead at.
        stamp: the results names that make up the time.
        look: what the text begins with, at a coarse look.
    """
    found = (value(name, *patterns) for name, patterns in (values or {}).items())
    grammar: ParserElement = BEFORE + sign(begins)
    for element in found:
        grammar = grammar + element
    return Dialect(
        name=name,
        order=order,
        format=format_,
        grammar=dialect_grammar(grammar + TEXT),
        begins=look,
        layout=LAYOUT,
        stamp=stamp,
        always=(Flag.HEADER_LENIENT,),
        present=AROUND_PRI,
        absent=WITHOUT_PRI,
    )


# A value in quotes or without them, behind a pattern that ends in "?: the name of a device may hold spaces.
NAME: Final = r'(?<=")[^\x00-\x1f"]+|[^\x00-\x20",]+'
# What stands before a key, so that it is no part of another one.
KEY: Final = "(?<![^ >,;])"


_BEGINNING: Final = re.compile(r"(?:\(\?<!\[[^\]]*\]\))?(?:\(\?:)?([^()]*)")


def value(name: str, before: str, pattern: str) -> ParserElement:
    """Look ahead, up to the end, for the first place where ``before`` stands, and for the value behind it.

    ``before`` begins with a letter, or with several to choose from: from one such to the next the pattern
    jumps, which is three times as fast as a look at every place.
    """
    begin = _BEGINNING.match(before)
    letters = "".join(sorted({way[0] for way in (begin[1] if begin else "").split("|")}))
    place = rf"[^{letters}]*+(?>(?:(?!{before})[{letters}][^{letters}]*+)*){before}"
    return Opt(FollowedBy(Regex(place, re.ASCII) + Regex(pattern, re.ASCII)(name)))
