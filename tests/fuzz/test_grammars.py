"""Texts made out of the grammars themselves, to the letter and nearly so."""

from functools import partial
from typing import Final

import pytest
from hypothesis import given, settings

from parsers.dialects import DIALECTS, Dialect
from tests.fuzz.grammars import texts_of
from tests.fuzz.targets import TARGETS

EXAMPLES: Final = 8
ASKED: Final = bytes(4)  # for tests.fuzz.targets.Choices
fuzzed: Final = partial(settings, derandomize=True, database=None)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_texts_of_a_dialect(dialect: Dialect) -> None:
    """What is written by a dialect's grammar, or misses it by a little, is read, given back and explained."""

    @fuzzed(max_examples=EXAMPLES)
    @given(text=texts_of(dialect.pattern))
    def fuzz(text: bytes) -> None:
        for name in ("dialects", "parsing", "explaining"):
            TARGETS[name](ASKED + text)

    fuzz()
