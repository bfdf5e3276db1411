"""What the two sides of a RELP session offer each other when it opens.

    OFFER        = FEATURE-NAME "=" [FEATURE-VALUE *("," FEATURE-VALUE)]
    FEATURE-NAME = 1*32(ALPHA / "_")           FEATURE-VALUE = 1*255(printable)

The specification puts LF before each offer, librelp between them; both are read, and a LF at the end, too.
librelp announces version 0, which the specification calls experimental; versions 0 and 1 are served alike.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

RELP_VERSION: Final = 1
SOFTWARE: Final = b"sysledger"

_LONGEST_NAME: Final = 32
_LONGEST_VALUE: Final = 255
_MOST_VALUES: Final = 64  # of an offer, and offers in all
_LONGEST_NUMBER: Final = 9


class OfferError(Exception):
    """The session cannot open; the text says why."""


def read_offers(data: bytes) -> Mapping[bytes, tuple[bytes, ...]]:
    """Read the DATA of ``open``: feature names, in lower case, and the values of each.

    Raises:
        OfferError: for more or longer ones than the specification allows.
    """
    lines = [line for line in data.split(b"\n", _MOST_VALUES + 2) if line]
    if len(lines) > _MOST_VALUES:
        raise OfferError(f"more than {_MOST_VALUES} offers")
    offers = {}
    for line in lines:
        name, _, values = line.partition(b"=")
        several = tuple(values.split(b","))
        if len(name) > _LONGEST_NAME or max(map(len, several)) > _LONGEST_VALUE:
            raise OfferError(f"an offer's name over {_LONGEST_NAME} octets, or value over {_LONGEST_VALUE}")
        if len(several) > _MOST_VALUES:
            raise OfferError(f"an offer of more than {_MOST_VALUES} values")
        offers[name.lower()] = several
    return MappingProxyType(offers)


def answer_offers(data: bytes) -> bytes:
    """Give our offers in answer to a sender's ``open``. Unknown ones of its are ignored.

    Raises:
        OfferError: when it names no version, or offers what cannot be.
    """
    (version, *_) = read_offers(data).get(b"relp_version", (b"",))
    if not version.isdigit() or len(version) > _LONGEST_NUMBER:
        raise OfferError("relp_version missing")
    common = min(int(version), RELP_VERSION)
    return b"relp_version=%d\nrelp_software=%b\ncommands=syslog" % (common, SOFTWARE)
