"""What can be set of storage: the journal, the archive, retention, the index."""

from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from storage.layout import TRAIL, StreamName
from storage.listen_settings import ListenSettings

KEEP_FOR_EVER: Final = 0

Days = Annotated[int, Field(ge=0, le=36_500)]


def _stream_key(key: str) -> str:
    tenant, separator, stream = key.partition("/")
    if not separator:
        raise ValueError(f"{key!r} names no stream: write tenant/stream, such as 'default/syslog'")
    StreamName(tenant, stream)
    return key


StreamKey = Annotated[str, AfterValidator(_stream_key)]


class RetentionSettings(BaseModel):
    """How long the archive is kept. Days are UTC days of receipt; today is never expired."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: Days = Field(
        default=KEEP_FOR_EVER,
        json_schema_extra={"unit": "days"},
        description=(
            "How many days before today are kept. 0 keeps for ever. The trail of who did what, trail/access, "
            "is kept for ever unless streams names it."
        ),
    )
    days_at_once: Days = Field(
        default=31,
        json_schema_extra={"unit": "days"},
        description=(
            "When more days of a stream would expire at once, none does, and sysledger retention says so: "
            "the clock may be wrong, or a room too small. 0 sets no bound."
        ),
    )
    room: int = Field(
        default=0,
        ge=0,
        le=1 << 60,
        json_schema_extra={"unit": "octets"},
        description=(
            "What archive and index of all streams together may take on the disk. Above it the oldest days "
            "expire before their time, whosever they are: so that no tenant crowds out the others, give it "
            "a room of its own (sysledger tenant set --room). 0 sets no bound."
        ),
    )
    room_days: Days = Field(
        default=7,
        json_schema_extra={"unit": "days"},
        description=(
            "How many days before today do not expire for want of room, a tenant's or that of all, so that "
            "nobody can wash away what was logged by sending much. Streams that streams names, and the "
            "trail, do not expire for want of room at all."
        ),
    )
    streams: dict[StreamKey, Days] = Field(
        default_factory=dict,
        json_schema_extra={"unit": "days"},
        description=(
            "Other numbers of days for single streams, by tenant/stream. 0 keeps for ever. "
            'One a line, such as: "default/syslog" = 365'
        ),
    )

    def days_of(self, name: StreamName, of_tenant: int | None = None) -> int:
        """Give the days that a stream is kept; KEEP_FOR_EVER (0) when it does not expire.

        The trail of who did what goes by a number of its own only: what is good for messages is not for it.

        Args:
            name: the stream.
            of_tenant: what its tenant has in place of the number for all, if anything.
        """
        days = self.days if of_tenant is None else of_tenant
        days = KEEP_FOR_EVER if name.tenant == TRAIL.tenant else days
        return self.streams.get(f"{name.tenant}/{name.stream}", days)


class JournalSettings(BaseModel):
    """When a journal file is finished and made part of the archive; the first limit reached counts."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    octets: int = Field(
        default=256 << 20,
        ge=1 << 16,
        le=4 << 30,
        json_schema_extra={"unit": "octets"},
        description="Size of a journal file. Sealing needs a small part of it as memory.",
    )
    messages: int = Field(
        default=524_288,
        ge=1,
        le=1_048_576,
        json_schema_extra={"unit": "messages"},
        description="Messages in a journal file, and with it in one archive segment of that day.",
    )
    batches: int = Field(
        default=4096,
        ge=1,
        le=1_000_000,
        json_schema_extra={"unit": "batches"},
        description=(
            "Batches in a journal file. Quiet streams write many small batches, which a search reads more "
            "slowly than the same messages in the archive."
        ),
    )
    age: int = Field(
        default=3600,
        ge=1,
        le=86_400,
        json_schema_extra={"unit": "seconds"},
        description="Age of a journal file's first message. Messages are searchable at once all the same.",
    )


class IndexSettings(BaseModel):
    """The indexer: how soon archive segments are indexed. Until then they are found by scanning."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    poll: float = Field(
        default=1.0,
        ge=0.05,
        le=60.0,
        json_schema_extra={"unit": "seconds"},
        description="How often the archive is looked through for new, merged and expired segments.",
    )
    commit_blocks: int = Field(
        default=64,
        ge=1,
        le=1024,
        json_schema_extra={"unit": "blocks of 16,384 messages"},
        description="At most so many blocks are indexed at a time, and held in memory until then.",
    )


class StorageSettings(BaseModel):
    """The storage worker: journal, archive, retention."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    journal: JournalSettings = Field(default_factory=JournalSettings, description="Journal files.")
    retention: RetentionSettings = Field(default_factory=RetentionSettings, description="Expiry of old days.")
    index: IndexSettings = Field(default_factory=IndexSettings, description="The index for searching.")
    ledger: bool = Field(
        default=True,
        description=(
            "Whether the indexer role keeps each tenant's ledger: a hash of every record, signed with the "
            "tenant's key, by which sysledger verify finds what was changed or removed. It takes about as "
            "much processor time as the index."
        ),
    )
    listen: ListenSettings = Field(
        default_factory=ListenSettings, description="Collectors on other machines."
    )
    window: int = Field(
        default=64,
        ge=1,
        le=10_000,
        json_schema_extra={"unit": "batches"},
        description="Batches that a collector may send ahead of their acknowledgement.",
    )
    commit_octets: int = Field(
        default=32 << 20,
        ge=1 << 16,
        le=1 << 30,
        json_schema_extra={"unit": "octets"},
        description="At most this much is written before a sync to disk, and held in memory until then.",
    )
    keep_free: int = Field(
        default=64 << 20,
        ge=0,
        le=1 << 40,
        json_schema_extra={"unit": "octets"},
        description=(
            "Octets that are left free on the disk of the data folder. When there are no more, nothing is "
            "taken from collectors, which keep what comes, while journals are sealed to make room."
        ),
    )
    compression_level: int = Field(
        default=3,
        ge=1,
        le=19,
        description=(
            "Zstandard level of the archive's text. Level 6 makes the archive of real logs 7 % smaller and "
            "takes nearly three times as long to compress; reading is as fast at any level. Text that is "
            "smaller at level 1, as with much at random in it, is written at that."
        ),
    )
    merge_messages: int = Field(
        default=262_144,
        ge=0,
        le=1_048_576,
        json_schema_extra={"unit": "messages"},
        description=(
            "Archive segments of a finished day that have fewer messages than this are merged. 0 merges none."
        ),
    )
    collector_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        json_schema_extra={"unit": "days"},
        description=(
            "How long the last batch number of a silent collector is remembered. A collector that comes back "
            "later with batches already stored would have them stored again."
        ),
    )
