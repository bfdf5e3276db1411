"""What a listener counts can be reported as JSON."""

import json

from collector.counts import ListenerCounts
from parsers.schema import Flag


def test_report_is_json() -> None:
    """Every counter is in the report under a plain name."""
    counts = ListenerCounts(messages=3, octets=30)
    counts.count_flags([(Flag.TRUNCATED, Flag.FRAMING_ERROR), (Flag.TRUNCATED,)])
    counts.lost["kernel buffer full"] += 2
    report = json.loads(json.dumps(counts.report()))
    assert report["messages"] == 3
    assert report["flagged"] == {"truncated": 2, "framing_error": 1}
    assert report["lost"] == {"kernel buffer full": 2}
