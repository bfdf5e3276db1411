"""What can be set of storage's place on the network: off unless a port is given."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from curve import public_key


class ListenSettings(BaseModel):
    """Taking batches from collectors on other machines, over TCP with CURVE at both ends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str = Field(
        default="0.0.0.0",  # noqa: S104 - nothing is opened until a port is set
        pattern=r"^[0-9A-Za-z_.:\-]{1,255}$",
        description="Address to listen on: one of this machine's, or '0.0.0.0' or '::' for every one.",
    )
    port: int = Field(
        default=0, ge=0, le=65_535, description="Port to listen on, such as 5516; 0 does not listen."
    )
    collectors: tuple[Annotated[str, AfterValidator(public_key)], ...] = Field(
        default=(),
        description=(
            "Public keys of the machines whose collectors may send, as `sysledger handoff key` prints them "
            "there. All others are refused."
        ),
    )

    @model_validator(mode="after")
    def _knows_its_collectors(self) -> Self:
        if self.port and not self.collectors:
            raise ValueError(
                "nobody may send: list in collectors what `sysledger handoff key` prints on the machines "
                "with collectors, or set port to 0"
            )
        return self

    @property
    def endpoint(self) -> str | None:
        """The ZeroMQ address to listen on; None when there is none."""
        if not self.port:
            return None
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"tcp://{host}:{self.port}"
