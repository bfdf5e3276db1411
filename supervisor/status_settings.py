"""What can be set of the status listener."""

from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError as error:
        raise ValueError(f"{text!r} is not an IP address: write 127.0.0.1, ::1, 0.0.0.0 or ::") from error


class StatusSettings(BaseModel):
    """The status listener: /healthz, /readyz, /status.json and /metrics by HTTP, for monitoring.

    There is no login: whoever reaches the address may read names of listeners and senders, and counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = Field(default=True, description="Whether there is a status listener.")
    address: Annotated[str, AfterValidator(_address)] = Field(
        default="127.0.0.1",
        description=(
            "Address that it listens on. There is no login: use a loopback address, or one that only your "
            "monitoring reaches. On a loopback address the Host field of a request has to name this machine."
        ),
    )
    port: int = Field(
        default=8515, ge=0, le=65535, description="Port of the status listener. 0 takes any free one."
    )
    connections: int = Field(
        default=64,
        ge=4,
        le=1000,
        description="Connections at the same time. Past it the oldest is closed for a new one.",
    )
    request_seconds: float = Field(
        default=5.0,
        gt=0,
        le=60,
        json_schema_extra={"unit": "seconds"},
        description="How long a client may take to send its request, and to read the answer.",
    )
