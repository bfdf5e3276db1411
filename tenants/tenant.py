"""A tenant as it is kept: values only."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tenants.names import checked_name, checked_title
from tenants.rules import Kind, checked

MOST_DAYS: Final = 36_500
MOST_OCTETS: Final = 1 << 60
LEAST_ROOM: Final = 1 << 20  # octets; less is a size whose unit was forgotten
MOST_RULES: Final = 1_000  # of a kind
MOST_TOKENS: Final = 100
LONGEST_LABEL: Final = 60


def _listener(text: str) -> str:
    return checked("listener", text)


def _network(text: str) -> str:
    return checked("network", text)


def _identity(text: str) -> str:
    return checked("identity", text)


class Token(BaseModel):
    """A token of a tenant: who has it may send messages as the tenant. Only its digest is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str = Field(min_length=1, max_length=LONGEST_LABEL, description="What people call it.")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of the token, in hexadecimal digits.")
    created: datetime = Field(description="When it was made.")


class Tenant(BaseModel):
    """A tenant: whose messages nobody else's are mixed with.

    Rules that no message matches are no mistake: a listener may be yet to come.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, AfterValidator(checked_name)] = Field(
        description="Its folder in the archive. It never changes."
    )
    title: Annotated[str, AfterValidator(checked_title)] = Field(description="What people call it.")
    created: datetime = Field(description="Since when the registry has it.")
    suspended: bool = Field(
        default=False,
        description="Whether what is stored of it can be read by nobody. What comes is stored all the same.",
    )
    days: int | None = Field(
        default=None,
        ge=0,
        le=MOST_DAYS,
        description="Days before today that are kept, 0 for ever; None: as storage.retention says.",
    )
    quota: int | None = Field(
        default=None,
        ge=1,
        le=MOST_OCTETS,
        description=(
            "Octets of messages a UTC day that are agreed upon. More are stored all the same, counted and "
            "told of. None: no number was agreed upon."
        ),
    )
    room: int | None = Field(
        default=None,
        ge=LEAST_ROOM,
        le=MOST_OCTETS,
        description=(
            "Octets on the disk, of archive and index, that it may take. Above it the oldest days expire "
            "before their time. None: its days alone say."
        ),
    )
    listeners: tuple[Annotated[str, AfterValidator(_listener)], ...] = Field(
        default=(), max_length=MOST_RULES, description="Listeners whose messages are this tenant's."
    )
    networks: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        default=(), max_length=MOST_RULES, description="Networks of peers whose messages are this tenant's."
    )
    identities: tuple[Annotated[str, AfterValidator(_identity)], ...] = Field(
        default=(),
        max_length=MOST_RULES,
        description="Fingerprints and names of certificates of senders whose messages are this tenant's.",
    )
    tokens: tuple[Token, ...] = Field(
        default=(), max_length=MOST_TOKENS, description="Tokens in messages that are this tenant's."
    )

    def rules(self, kind: Kind) -> tuple[str, ...]:
        """Give the rules of one kind."""
        return {"listener": self.listeners, "network": self.networks, "identity": self.identities}[kind]
