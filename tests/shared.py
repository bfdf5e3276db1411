"""The standards' vectors and the corpora that lie beside the checkout, and what to do where they do not.

They are not part of the project. On a machine without them their tests are skipped, with ABSENT as reason.
"""

import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

SHARED: Final = Path(__file__).resolve().parents[2] / "shared"
ABSENT: Final = "the folder shared/ with vectors and corpora is not beside this checkout"

Case = dict[str, Any]


def corpus(file: str) -> list[Case]:
    """Read the cases of one corpus, gzipped or not; none where the corpora are absent."""
    if not SHARED.is_dir():
        return []
    (path,) = (SHARED / "corpora").glob(f"{file}.jsonl*")
    octets = path.read_bytes()
    text = gzip.decompress(octets) if path.suffix == ".gz" else octets
    return [json.loads(line) for line in text.splitlines()]


def vectors(*groups: str) -> dict[str, Case]:
    """Read the vectors of these groups (of all, when none is named) by their ids; none where absent."""
    if not SHARED.is_dir():
        return {}
    found = json.loads((SHARED / "standards" / "vectors.json").read_text("utf-8"))["vectors"]
    return {vector["id"]: vector for vector in found if not groups or vector["group"] in groups}


def parameters(cases: Mapping[str, Case] | Iterable[tuple[str, Case]]) -> list[Any]:
    """Make pytest parameters of cases and their ids: one that is skipped, where shared/ is absent."""
    if not SHARED.is_dir():
        return [pytest.param({}, marks=pytest.mark.skip(reason=ABSENT), id="absent")]
    named = cases.items() if isinstance(cases, Mapping) else cases
    return [pytest.param(case, id=name) for name, case in named]
