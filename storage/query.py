r"""The query language: what an auditor types, read by Whoosh's query parser into Whoosh's query objects.

This text is the reference for users, too.

**Words.** ``failed root`` finds the messages in which both words occur, anywhere in HOSTNAME, APP-NAME,
PROCID, MSGID, STRUCTURED-DATA or MSG. A word is matched whole and whatever its case: ``fail`` does not find
``failed``. Punctuation inside counts as typed, so addresses, paths, host names and the like need no quotes:
``10.0.3.7``, ``fe80::1``, ``aa:bb:cc:dd:ee:ff``, ``/var/log/auth.log``, ``bob@example.com``, ``uid=0``,
``12:30:45``, ``http://example.com/x``. Parts of them are found too (``example.com`` finds
``mail.example.com``, ``10.0.3`` finds ``10.0.3.7``), but an IP or MAC address only as a whole.

**Wildcards.** ``fail*``, ``fw-?``, ``10.0.3.*``, ``*@example.com``: ``*`` is any number of letters, digits
and ``_ . : @ / \ + -``, ``?`` is one of them; neither reaches across a blank.

**Phrases.** ``"failed password"``: the words follow each other, with blanks or punctuation between them.
Inside quotes nothing is special but ``\"`` and ``\\``. A phrase is looked for in one column at a time:
``"sshd failed"`` does not join an APP-NAME with a MSG.

**Regular expressions.** ``/failed (password|publickey)/``: RE2's syntax, whatever the case, anywhere in a
column; write ``\/`` for a slash inside. No index helps, all blocks in the time range are read. A path is not
taken for one: ``/var/log`` has no slash at its end, ``/var/log/`` an unescaped one inside; quote ``"/var/"``.

**Together.** ``a b`` and ``a AND b``: both; ``a OR b``: one of them; ``NOT a`` and ``-a``: without; ``+a``
is ``a``. NOT binds closer than AND, AND closer than OR; parentheses group. Operators are written in capitals.

**Fields.** ``host:fw-1``, ``host:(a OR b)``, ``app:"my app"``, ``msg:/^begin/``. Text fields, in which words
occur as above: host, app, pid, msgid, sd, msg, peer, tls. Names, of which the whole value is compared, ``*``
and ``?`` standing for anything: format, flag, listener, transport. ``flag:none`` finds messages without any
flag, that conform to their standard to the letter. ``host:*`` finds messages that have the field, ``-host:*``
those that do not; ``msg:""`` those in which it is there and empty. ``host:="fw-1"`` finds those
of which the value is this, to the letter. ``any:`` is the whole message. Every other
name is a field that was read out of the message (``parsers/FIELDS.md``), by its key in CEF, JSON and the like
or by a rule: ``src:10.0.3.7`` is ``fields.src:10.0.3.7``. A name that comes again has all its values.

**Comparisons.** ``severity<=err`` (err is 3, and lower is worse: err, crit, alert, emerg), ``severity:err``,
``facility:auth``, ``seq>100``, ``seq:100..200``, ``seq:[100 TO 200]`` (``{`` and ``}`` leave the end out,
``*`` is open), ``received>=2026-11-01T10:00``, ``time:2026-11-01..2026-11-03``. Severity and facility are
written as RFC 5427 labels, their aliases, or numbers. ``received`` is when the collector got the message,
``time`` what the originator says; a time is UTC unless it ends in an offset, and a day or minute stands for
all of it.

The empty query and ``*`` find every message. A backslash before ``* ? ( ) " : / + -``, a backslash or a blank
takes its meaning away. What cannot be read is refused with its place and a hint; nothing is guessed.
"""

import re
from collections.abc import Iterator
from typing import Final

from storage.query_syntax import (
    MAXIMUM_LENGTH,
    And,
    Every,
    Not,
    NumericRange,
    Or,
    Phrase,
    Prefix,
    Query,
    QueryError,
    Regex,
    Term,
    Wildcard,
    parser,
)

__all__ = [
    "And", "Every", "Not", "NumericRange", "Or", "Phrase", "Prefix", "Query", "QueryError", "Regex", "Term",
    "Wildcard", "leaves", "parse",
]  # fmt: skip


_SURROGATE: Final = re.compile("[\ud800-\udfff]")
MAXIMUM_CONDITIONS: Final = 200  # each may cost a pass over the columns of every block


def parse(text: str) -> Query:
    """Read a query.

    Returns:
        Whoosh query objects: And, Or, Not over Term, Phrase (its ``words`` as typed between blanks), Prefix,
        Wildcard (its text for storage.tokens.glob), Regex, NumericRange (ends included) and Every (of a
        field: it is not null; of none: all). Field names are those of storage.query_fields.

    Raises:
        QueryError: when it cannot be read.
    """
    if len(text) > MAXIMUM_LENGTH:
        raise QueryError(
            f"a query of {len(text)} characters",
            MAXIMUM_LENGTH,
            f"use at most {MAXIMUM_LENGTH}, or search in steps",
        )
    if foreign := _SURROGATE.search(text):  # what Python makes of a command line that is not UTF-8
        raise QueryError(
            "an octet that is not UTF-8", foreign.start(),
            "write the query in UTF-8; what is not UTF-8 in a message is found as \N{REPLACEMENT CHARACTER}",
        )  # fmt: skip
    if not text.strip():
        return Every()
    query = parser().parse(text, normalize=False)
    conditions = sum(1 for _ in leaves(query))
    if conditions > MAXIMUM_CONDITIONS:
        raise QueryError(
            f"{conditions} conditions", 0, f"use at most {MAXIMUM_CONDITIONS}, or search in several steps"
        )
    return query


def leaves(query: Query) -> Iterator[Query]:
    """Give the queries inside ``query`` that compare something, whether wanted or unwanted."""
    if isinstance(query, And | Or):
        for part in query.subqueries:
            yield from leaves(part)
    elif isinstance(query, Not):
        yield from leaves(query.query)
    else:
        yield query
