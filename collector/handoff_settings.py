"""What can be set of the hand-off: how long memory holds, what the disk queue may take, where storage is."""

import re
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from curve import public_key

_TCP: Final = re.compile(r"tcp://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+):([0-9]{1,5})")


def _endpoint(text: str) -> str:
    found = _TCP.fullmatch(text)
    if found is None or not 0 < int(found[2]) < 65_536:  # noqa: PLR2004 - a port
        raise ValueError(f"{text!r} is no endpoint: write tcp://HOST:PORT, such as 'tcp://log1:5516'")
    return text


EndpointName = Annotated[str, AfterValidator(_endpoint)]
PublicKey = Annotated[str, AfterValidator(public_key)]


class RemoteStorageSettings(BaseModel):
    """Storage on other machines. Without endpoints it is on this one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    endpoints: tuple[EndpointName, ...] = Field(
        default=(),
        description=(
            "Where storage listens (its storage.listen), as tcp://HOST:PORT. The first one is used; when it "
            "is silent for answer_seconds the next one takes over, until that is silent in turn. What was "
            "sent to one and not acknowledged may then be stored on both."
        ),
    )
    keys: dict[EndpointName, PublicKey] = Field(
        default_factory=dict,
        description=(
            "The public key of each endpoint, as `sysledger handoff key` prints it there. Nothing is sent to "
            "a storage that cannot prove its key, nor in the clear."
        ),
    )

    @model_validator(mode="after")
    def _each_has_a_key(self) -> Self:
        if missing := [one for one in self.endpoints if one not in self.keys]:
            raise ValueError(
                f"keys has none for {', '.join(missing)}: run `sysledger handoff key` on that machine and "
                "write what it prints here"
            )
        if unused := [one for one in self.keys if one not in self.endpoints]:
            raise ValueError(f"keys names {', '.join(unused)}, which endpoints does not: add or remove it")
        return self


class HandoffSettings(BaseModel):
    """Between the listeners and storage: memory, disk queue, and the way."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    spill_seconds: float = Field(
        default=1.0,
        ge=0.1,
        le=600.0,
        json_schema_extra={"unit": "seconds"},
        description=(
            "Silence of storage after which what it has not acknowledged goes to the disk queue, and what "
            "comes later behind it, until storage has taken it all. RELP senders are answered as soon as "
            "their messages are on disk there. While storage answers, nothing is written."
        ),
    )
    queue_octets: int = Field(
        default=8 << 30,
        ge=64 << 20,
        le=1 << 44,
        json_schema_extra={"unit": "octets"},
        description=(
            "Most that a collector process's disk queue may take, in the folder queue of the data folder. "
            "Past it memory fills, and then TCP and RELP senders wait, and UDP losses are counted."
        ),
    )
    queue_free_octets: int = Field(
        default=512 << 20,
        ge=0,
        le=1 << 44,
        json_schema_extra={"unit": "octets"},
        description="What the disk queue leaves free of its disk.",
    )
    storage: RemoteStorageSettings = Field(
        default_factory=RemoteStorageSettings, description="Storage on other machines."
    )
