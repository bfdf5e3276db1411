"""What fuzzing has found: inputs that once broke a target's promise, each with what it broke."""

from typing import Final

import pytest

from tests.fuzz.targets import TARGETS

FOUND: Final = {
    "zlib answered 'compressed' or an error by where an erroneous stream was cut": (
        "guests",
        b"\0\0\0\0x\x9cK\0\0\0\0x\x9cK\xcb\xcf\x07\0\x02\x82\1E",
    ),
    "GELF's last object was kept whole although it was too long": (
        "gelf_stream",
        b'\0\0\0\0{\n  "version": "1',
    ),
    "whether a GELF object was too long depended on where it was cut": (
        "gelf_stream",
        b'\0\0\0\0{rt_message": "m"\n}\n{\n  "version": "1.1"\n}\n',
    ),
}


@pytest.mark.parametrize(("target", "octets"), FOUND.values(), ids=FOUND)
def test_stays_mended(target: str, octets: bytes) -> None:
    """What was found stays mended."""
    TARGETS[target](octets)
