r"""The elements of a STRUCTURED-DATA text (RFC 5424 section 6.3), strict or not.

The record keeps STRUCTURED-DATA verbatim; whoever wants to look inside does so here. What the ABNF
allows is read by the ABNF; beyond it, what senders really write is read as they mean it:

    [Originator@6876 sub=Hostd opID=WFU-1]      unquoted values (VMware)
    [action:"Update"; flags:"150784"]           ":" and ";", and no SD-ID (Check Point)
    [origin a="1"] [categoryId=0 x="2"]         SP between elements (Veeam)
    [ exampleSDID@32473 iut= "3" ]              SP where none may stand
    [a@32473 b="unterminated                    cut off

    STRUCTURED-DATA = NILVALUE / 1*SD-ELEMENT
    SD-ELEMENT      = "[" SD-ID *(SP SD-PARAM) "]"
    SD-PARAM        = PARAM-NAME "=" %d34 PARAM-VALUE %d34
    PARAM-VALUE     = UTF-8-STRING ; characters '"', '\' and ']' MUST be escaped
    SD-NAME         = 1*32PRINTUSASCII ; except '=', SP, ']', %d34 (")
"""

import re
from typing import Final

SdParam = tuple[str, str]
SdElement = tuple[str, list[SdParam]]

# Tokens of a STRUCTURED-DATA text. Everything is possessive or atomic, and the last alternative takes
# whatever run the others looked at, so that the scan is linear in any text at all. (A possessive quantifier
# on a group goes wrong before Python 3.11.5, python/cpython#106052: hence the atomic groups.)
_TOKEN: Final = re.compile(
    r"""
      (?: \A | (?<=\]) ) [ ]*+ (?P<start> \[ ) [ ]*+  # an SD-ELEMENT begins at the start or after "]"
      (?> (?: (?P<sd_id> [^= \]"]++ ) (?= [ \]] | \Z ) )? )  # SD-ID, unless a PARAM-NAME stands there
    | (?: (?P<name> [^= \]"]++ (?= [ ]*+ = ) | (?= = ) ) [ ]*+ =  # PARAM-NAME
        | ;*+ (?P<name_before_colon> [^= \]":;]++ ) [ ]*+ : )
      (?: [ ]*+ " (?P<quoted> (?> (?: [^"\\]++ | \\. )* ) ) "?+  # PARAM-VALUE, up to the end when cut off
        | (?P<bare> [^ \]]*+ ) )
    | [^= \]"]++  # nothing that can be read
    """,
    re.VERBOSE | re.DOTALL,
)
# Section 6.3.3: a backslash before any other character is a backslash, and both stay.
_ESCAPE: Final = re.compile(r'\\(["\\\]])')


def elements(text: str) -> list[SdElement]:
    """Give the SD-ELEMENTs of a STRUCTURED-DATA text, in order and with every repetition.

    Each is ``(SD-ID, [(PARAM-NAME, PARAM-VALUE), …])`` with the escapes of section 6.3.3 undone. An
    element without an SD-ID has the SD-ID "". Never raises: what cannot be read is left out, and the
    text as it came remains in the column ``structured_data``.
    """
    found: list[SdElement] = []
    for token in _TOKEN.finditer(text):
        if token["start"] is not None:
            found.append((token["sd_id"] or "", []))
        elif found and (token["quoted"] is not None or token["bare"] is not None):
            name = token["name"] or token["name_before_colon"] or ""
            found[-1][1].append((name, _value(token["quoted"], token["bare"])))
    return found


def unescape(param_value: str) -> str:
    """Undo the escapes of a PARAM-VALUE (section 6.3.3)."""
    return _ESCAPE.sub(r"\1", param_value)


def _value(quoted: str | None, bare: str | None) -> str:
    return bare or "" if quoted is None else unescape(quoted)
