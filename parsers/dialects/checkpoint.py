"""Check Point Log Exporter in its Splunk format: key=value with pipes, no PRI.

time=1741158489|hostname=gw1|severity=Informational|product=IPS|action=Drop|…
"""

from typing import Final

from parsers.dialects.payload import payload
from parsers.schema import Format

DIALECT: Final = payload(
    "Check Point, with pipes",
    94,
    Format.KEYVALUE,
    r"(?:time|hostname|loguid|product|action)=[^|\n]{0,128}\|[a-z_]+=",
    {
        "timestamp": (r"(?<![^ >|])time=", "[0-9]{9,10}"),
        "hostname": (r"(?<![^ >|])hostname=", r"[^\x00-\x20|]+"),
    },
)
