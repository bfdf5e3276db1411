"""What can be set of the watch: how it looks at sources, what it tells of, and how often a canary goes."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

_SECONDS: Final[dict[str, Any]] = {"unit": "seconds"}


class WatchSettings(BaseModel):
    """The watch: an inventory of who sends, findings about it, and a canary through every listener."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, description="Whether the role 'watch' runs.")
    look_seconds: float = Field(
        default=5.0,
        ge=0.1,
        le=3_600.0,
        json_schema_extra=_SECONDS,
        description="Time between two looks at what has been stored.",
    )
    keep_seconds: float = Field(
        default=60.0,
        ge=0.1,
        le=3_600.0,
        json_schema_extra=_SECONDS,
        description=(
            "Time between two writes of the inventory. What it has not on disk is read from the journal and "
            "the archive again, so that nothing is counted twice or not at all."
        ),
    )
    sources: int = Field(
        default=20_000,
        ge=100,
        le=1_000_000,
        json_schema_extra={"unit": "sources"},
        description=(
            "Sources that the inventory holds, each a peer with a host name that it claims. Of more the ones "
            "seen in a single look are forgotten first, then those silent for longest; a source takes some 4 "
            "KiB of memory."
        ),
    )
    silent_seconds: float = Field(
        default=300.0,
        ge=1.0,
        le=31_536_000.0,
        json_schema_extra=_SECONDS,
        description=(
            "Shortest silence that is told of. The silence that is usual for a source is learned: the second "
            "longest pause of the last 16 days. collector.sources.NAME.silent_seconds sets it for certain "
            "sources."
        ),
    )
    silent_factor: float = Field(
        default=3.0,
        ge=1.0,
        le=1_000.0,
        description="How many times its usual pause a source must be silent to be told of.",
    )
    learn_seconds: float = Field(
        default=3_600.0,
        ge=0.0,
        le=31_536_000.0,
        json_schema_extra=_SECONDS,
        description=(
            "How long a source must have been sending before its silence is told of; and for how long, from "
            "the first start on, every source is new and none is told of as such."
        ),
    )
    same_name_seconds: float = Field(
        default=3_600.0,
        ge=1.0,
        le=31_536_000.0,
        json_schema_extra=_SECONDS,
        description=(
            "Within so long two addresses must both have sent under one host name to be told of; it also "
            "ends other findings whose cause has not come again."
        ),
    )
    skew_seconds: float = Field(
        default=60.0,
        ge=0.1,
        le=31_536_000.0,
        json_schema_extra=_SECONDS,
        description=(
            "How far a source's clock must have jumped, against the time of receipt, to be told of; where it "
            "usually wavers, five times that."
        ),
    )
    malformed_share: float = Field(
        default=0.2,
        gt=0.0,
        le=1.0,
        description=(
            "By how much the share of malformed and unparsed messages of a source must have risen over its "
            "share of the last day to be told of; 0.2 is from 5 % to 25 %."
        ),
    )
    canary_seconds: float = Field(
        default=60.0,
        ge=0.0,
        le=86_400.0,
        json_schema_extra=_SECONDS,
        description=(
            "Time between two canaries: messages that the appliance sends to every one of its listeners and "
            "then looks for among what is stored, and by search. 0 sends none."
        ),
    )
    canary_wait: float = Field(
        default=30.0,
        ge=0.5,
        le=3_600.0,
        json_schema_extra=_SECONDS,
        description="Time after which a canary that is not found is told of as missing.",
    )
