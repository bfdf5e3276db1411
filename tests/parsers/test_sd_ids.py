"""No SD-ID twice in a message (RFC 5424 section 6.3.2)."""

import pyarrow as pa
import pytest

from parsers.columns import mask_of
from parsers.schema import Flag
from parsers.sd_ids import repeated_sd_ids


@pytest.mark.parametrize(
    ("structured_data", "repeated"),
    [
        ("[a][a]", True),
        ('[a x="1"][b][a y="2"]', True),
        ("[a][A]", False),  # case-sensitive
        ("[a][ab]", False),
        ('[a x="1" x="1"][b x="1"]', False),  # PARAM-NAME may repeat
        ('[a x="\\][a"][b]', False),  # looks like one, in quotes
        (None, False),
        ("[c][d]", False),
    ],
)
def test_an_sd_id_may_stand_once(structured_data: str | None, repeated: bool) -> None:  # noqa: FBT001 - expected
    """A second element of the same SD-ID is malformed; what only resembles it is not."""
    mask = repeated_sd_ids(pa.array([structured_data, "[x][y]", "[z]"], pa.string()))
    assert mask is not None
    assert mask.to_pylist() == [mask_of(Flag.SD_MALFORMED) * repeated, 0, 0]


def test_one_element_needs_no_look() -> None:
    """Messages of one element or none, nearly all, are not looked at one by one."""
    assert repeated_sd_ids(pa.array(["[a]", None, '[b c="d"]'], pa.string())) is None
    assert repeated_sd_ids(pa.array([], pa.string())) is None
