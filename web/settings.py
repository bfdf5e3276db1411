"""What can be set of the web role."""

from ipaddress import ip_address, ip_network
from pathlib import Path
from socket import gethostname
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from access.visitor import Role
from reviews.duties import SecondPerson

_ProviderName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]  # stands in addresses
_IPV6: Final = 6
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError as error:
        raise ValueError(
            f"{text!r} is not an IP address: write 127.0.0.1 or ::1 for this machine only, 0.0.0.0 or :: for "
            "every address of this machine, or one of them"
        ) from error


def _network(text: str) -> str:
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise ValueError(f"{text!r} is no address or network: write 192.0.2.7 or 10.0.0.0/8") from error


def _public_url(text: str) -> str:
    if not text:
        return text
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(f"{text!r} is not the address of a site: write https://logs.example.com/")
    return f"{parts.scheme}://{parts.netloc}/"


def _issuer(text: str) -> str:
    parts = urlsplit(text)
    plain = parts.scheme == "http" and parts.hostname in _LOCAL
    if not parts.hostname or not (parts.scheme == "https" or plain):
        raise ValueError(f"{text!r} is no issuer: write its address, which begins with https://")
    return text


class OpenIDSettings(BaseModel):
    """One OpenID provider of the site."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: Annotated[str, AfterValidator(_issuer)] = Field(
        description="The provider's issuer, to which /.well-known/openid-configuration is added."
    )
    client_id: str = Field(min_length=1, description="What the provider calls this appliance.")
    client_secret_file: Path | None = Field(
        default=None,
        description="File with the secret that the provider gave for it. None: it is a public client (PKCE).",
    )
    ca: Path | None = Field(
        default=None,
        description=(
            "PEM file with who vouches for the provider's certificate. None: whom this machine trusts."
        ),
    )
    scopes: str = Field(default="openid profile email", description="What the provider is asked for.")
    name_claim: str = Field(
        default="preferred_username",
        min_length=1,
        description=(
            "Claim that holds the account's name. It counts at the first sign-in only; from then on the "
            "account belongs to the person whom the provider calls by the same sub."
        ),
    )
    role_claim: str = Field(default="groups", min_length=1, description="Claim that is looked up in roles.")
    roles: dict[str, Role] = Field(
        default={},
        description=(
            'Roles by values of that claim, such as {"Log auditors" = "auditor"}. Who has none of them is '
            "kept out; who has, gets an account at the first sign-in, and that role at each. Empty: only who "
            "was given an account without a password (on the page Users) gets in, with its role."
        ),
    )
    label: str = Field(
        default="", max_length=60, description="What the button calls it. Empty: its name here."
    )


class WebSettings(BaseModel):
    """The pages for auditors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Annotated[str, AfterValidator(_address)] = Field(
        default="127.0.0.1",
        description=(
            "Address that the pages are served on. On any but a loopback address they are served by TLS, "
            "and sign_in must be required."
        ),
    )
    port: int = Field(default=8514, ge=0, le=65535, description="Port of the pages. 0 takes any free one.")
    sign_in: Literal["required", "off"] = Field(
        default="required",
        description=(
            "Whether people sign in. off, on a loopback address only: whoever can reach the pages may do "
            "everything."
        ),
    )
    second_factor: Literal["optional", "required"] = Field(
        default="optional",
        description=(
            "Whether who signs in with a password must have a second factor, too. required: who has none "
            "sets it up before anything else opens. What an OpenID provider asks for is its own matter."
        ),
    )
    second_person: SecondPerson = Field(
        default="optional",
        description=(
            "Whether a review must be signed off by somebody other than the owner of its saved search, and a "
            "finding resolved by somebody other than who sees to it. optional: the record says where one "
            "person did both."
        ),
    )
    certificate: Path | None = Field(
        default=None,
        description=(
            "PEM file of the pages' certificate, with what signed it. None: the appliance's own, which "
            "senders by TLS see, too; on a loopback address, no TLS."
        ),
    )
    key: Path | None = Field(default=None, description="PEM file of that certificate's key.")
    names: tuple[str, ...] = Field(
        default=(),
        description=(
            "Names that browsers may call this appliance, besides its addresses, the machine's name and "
            "those in the certificate. A request for another name is refused, since another site made it."
        ),
    )
    public_url: Annotated[str, AfterValidator(_public_url)] = Field(
        default="",
        description=(
            "Where browsers find the pages, such as https://logs.example.com/, when that is not where they "
            "are served: behind a proxy that ends TLS."
        ),
    )
    proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        default=(),
        description=(
            "Addresses and networks of proxies before the pages. What they say of a browser's address "
            "(X-Forwarded-For) is believed, and stands in the trail; of anybody else it is not."
        ),
    )
    connections_per_address: int = Field(
        default=50,
        ge=0,
        description=(
            "Connections at a time that one address may have (of IPv6, one /64), of the 200 that all have "
            "together. A browser takes up to six. Behind a proxy all come from its address: name it in "
            "proxies, which have no such bound, or set this to 0, which is no bound for anybody."
        ),
    )
    idle_minutes: float = Field(
        default=30.0, ge=1, le=1440, description="Minutes after which an unused session ends."
    )
    session_hours: float = Field(
        default=12.0, ge=0.1, le=168, description="Hours after which any session ends."
    )
    openid: dict[_ProviderName, OpenIDSettings] = Field(
        default={}, description="The site's OpenID providers, where people sign in beside local accounts."
    )
    page_messages: int = Field(default=100, ge=10, le=1000, description="Messages on a page of results.")
    count_seconds: float = Field(
        default=1.0,
        ge=0.1,
        le=600,
        description="Seconds that a page waits for the number of all matches. Longer ones grow on the page.",
    )
    searches: int = Field(
        default=4,
        ge=1,
        le=64,
        description="Searches and exports that work at the same time. Others wait their turn.",
    )

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches the pages."""
        return ip_address(self.address).is_loopback

    @property
    def is_tls(self) -> bool:
        """Whether the pages are served by TLS."""
        return self.certificate is not None or not self.is_loopback

    @property
    def is_https(self) -> bool:
        """Whether browsers come by TLS: to us, or to a proxy before us."""
        return self.is_tls or self.public_url.startswith("https:")

    @property
    def url(self) -> str:
        """Where browsers find the pages, as far as the settings say."""
        if self.public_url:
            return self.public_url
        address = ip_address(self.address)
        host = (
            gethostname()
            if address.is_unspecified
            else f"[{address}]"
            if address.version == _IPV6
            else address
        )
        return f"{'https' if self.is_tls else 'http'}://{host}:{self.port}/"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.sign_in == "off" and not self.is_loopback:
            raise ValueError(
                f"{self.address} can be reached from other machines: set sign_in to required, or address to "
                "127.0.0.1 and come from elsewhere through ssh -L 8514:127.0.0.1:8514 HOST"
            )
        if self.sign_in == "off" and self.second_person == "required":
            raise ValueError(
                "without sign-in there is one person only: set sign_in to required, or second_person to "
                "optional"
            )
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key belong together: name both files, or neither")
        return self
