"""What can be set of the web role."""

from ipaddress import ip_address
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _loopback(address: str) -> str:
    try:
        local = ip_address(address).is_loopback
    except ValueError as error:
        raise ValueError(f"{address!r} is not an IP address: write 127.0.0.1 or ::1") from error
    if not local:
        raise ValueError(
            f"{address} can be reached from other machines, and the pages ask for no login yet: "
            "use 127.0.0.1 or ::1, and come from elsewhere through ssh -L 8514:127.0.0.1:8514 HOST"
        )
    return address


class WebSettings(BaseModel):
    """The pages for auditors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Annotated[str, AfterValidator(_loopback)] = Field(
        default="127.0.0.1",
        description="Address that the pages are served on. A loopback address: there is no login yet.",
    )
    port: int = Field(default=8514, ge=0, le=65535, description="Port of the pages. 0 takes any free one.")
    page_messages: int = Field(default=100, ge=10, le=1000, description="Messages on a page of results.")
    count_seconds: float = Field(
        default=3.0,
        ge=0.1,
        le=600,
        description="Seconds that a page waits for the number of all matches. Longer counts go on behind it.",
    )
    searches: int = Field(
        default=4,
        ge=1,
        le=64,
        description="Searches and exports that work at the same time. Others wait their turn.",
    )
