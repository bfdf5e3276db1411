"""What must hold for any octets whatever: a function a target, that raises where it does not.

Two engines drive them: hypothesis, bounded and the same each time, as tests (test_targets.py), and by hand
and for hours tests/fuzz/run.py. Where a target needs more than one input (a stream and how it is cut), the
first octets say the rest (``Choices``), so that a guided engine can find that, too.
"""

from collections.abc import Callable
from typing import Final

from tests.fuzz.target_openings import datagrams, dtls, guests, opening, proxy, tls
from tests.fuzz.target_reading import (
    dialects,
    explaining,
    parsing,
    payload,
    query,
    rule_file,
    rules,
    structured_data,
)
from tests.fuzz.target_streams import (
    framing,
    gelf_chunks,
    gelf_datagrams,
    gelf_stream,
    inflating,
    records,
    relp,
    relp_client,
)

Target = Callable[[bytes], None]

TARGETS: Final[dict[str, Target]] = {
    one.__name__: one
    for one in (
        framing, records, parsing, dialects, payload, structured_data, explaining, rules, rule_file, query,
        guests, opening, proxy, datagrams, gelf_stream, gelf_chunks, gelf_datagrams, inflating, relp,
        relp_client, tls, dtls,
    )
}  # fmt: skip
