"""A record and a scope as the API gives them."""

from collections.abc import Iterable

import pyarrow as pa
from pydantic import Field

from parsers.rebuild import slimmed
from parsers.render import records_to_json
from storage.catalogue import Damage
from storage.results import Scope
from web import words
from web.api_operation import Given

Elements = list[tuple[str, list[tuple[str, str]]]]


class Record(Given):
    """A message and what the appliance knows about it. What the sender left out is null."""

    seq: int = Field(description="Place in its stream, from 1, without gaps.")
    received_at: str = Field(description="When the appliance received it: RFC 3339, nine digits.")
    timestamp: str | None = Field(description="The sender's own time, six digits; null when it sent none.")
    timestamp_form: str | None = Field(description="How that time was written.")
    facility: int = Field(description="PRIVAL divided by 8.")
    severity: int = Field(description="PRIVAL modulo 8: 0 emerg to 7 debug.")
    hostname: str | None = Field(description="HOSTNAME: the host that it claims to come from.")
    app_name: str | None = Field(description="APP-NAME.")
    proc_id: str | None = Field(description="PROCID.")
    msg_id: str | None = Field(description="MSGID.")
    structured_data: str | None = Field(description="STRUCTURED-DATA, as it came.")
    message: str | None = Field(description="MSG; octets that are not UTF-8 as U+FFFD.")
    message_form: str | None = Field(description="How MSG stood behind the header.")
    format: str = Field(description="The format as which it was read.")
    flags: list[str] = Field(description="Every leniency used in reading it; empty for strict conformance.")
    peer: str = Field(description="Address of who was at the other end of the socket.")
    listener: str = Field(description="The listener where it came in.")
    transport: str = Field(description="The listener's transport.")
    tls_identity: str | None = Field(description="What the peer proved by its certificate.")
    fields: dict[str, str | list[str]] | None = Field(description="What rules found; lists where it repeats.")
    raw_base64: str | None = Field(description="The exact octets, where the columns do not give them back.")
    structured_data_elements: Elements | None = Field(
        description="STRUCTURED-DATA taken apart, in order and with repetitions; null but for RFC 5424."
    )


class Damaged(Given):
    """A place that cannot be read."""

    file: str = Field(description="Name of the file.")
    offset: int = Field(description="Octet at which the damage begins.")
    reason: str = Field(description="What is wrong there.")


class Searched(Given):
    """How much of the archive an answer covers."""

    said: str = Field(description="The same in a sentence.")
    complete: bool = Field(description="False: it stopped early, because the page was full.")
    files: int = Field(description="Files in the range.")
    blocks: int = Field(description="Their blocks.")
    skipped_by_time: int = Field(description="Blocks that the times of their records ruled out.")
    skipped_by_index: int = Field(description="Blocks that the index ruled out.")
    scanned_indexed: int = Field(description="Blocks read that the index could not rule out.")
    scanned_unindexed: int = Field(description="Blocks read that have no index yet, or a damaged one.")
    rows_scanned: int = Field(description="Messages looked at.")
    missing: int = Field(
        description="Messages of the range that are in no file; known when complete, and without limits."
    )
    damaged: list[Damaged] = Field(description="Their messages are MISSING from the answer.")
    damaged_indexes: list[Damaged] = Field(description="Their blocks were read instead; nothing is missing.")


def records(found: pa.Table) -> list[Record]:
    """Give each record of a table with ARCHIVE_SCHEMA."""
    return [Record.model_validate(each) for each in records_to_json(slimmed(found))]


def searched(scope: Scope) -> Searched:
    """Give what an answer covers."""
    return Searched(
        said=words.scope(scope),
        complete=scope.complete,
        files=scope.files,
        blocks=scope.blocks,
        skipped_by_time=scope.skipped_by_time,
        skipped_by_index=scope.skipped_by_index,
        scanned_indexed=scope.scanned_indexed,
        scanned_unindexed=scope.scanned_unindexed,
        rows_scanned=scope.rows_scanned,
        missing=scope.missing,
        damaged=_damaged(scope.damaged),
        damaged_indexes=_damaged(scope.damaged_indexes),
    )


def _damaged(damages: Iterable[Damage]) -> list[Damaged]:
    return [Damaged(file=one.path.name, offset=one.offset, reason=one.reason) for one in damages]
