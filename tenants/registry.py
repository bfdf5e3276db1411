"""All tenants, and every change that can be made of them: values in, values out."""

from collections import Counter
from datetime import datetime
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tenants.names import TenantError, checked_name, checked_title
from tenants.rules import KINDS, Kind, checked
from tenants.tenant import LONGEST_LABEL, Tenant, Token
from tenants.tokens import digest, new_token

VERSION: Final = 1
MOST_TENANTS: Final = 1_000  # one storage worker writes some thousand streams
_FIELDS: Final[dict[Kind, str]] = {
    "listener": "listeners",
    "network": "networks",
    "identity": "identities",
}


class Registry(BaseModel):
    """The tenants by name, in order of their names; whoever changes them gets a new registry."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int = Field(default=VERSION, ge=VERSION, le=VERSION, description="Of this form.")
    tenants: tuple[Tenant, ...] = Field(default=(), max_length=MOST_TENANTS, description="The tenants.")

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [tenant.name for tenant in self.tenants]
        if twice := _twice(names):
            raise ValueError(f"tenant {twice} stands there twice")
        for kind in KINDS:
            if twice := _twice([text for tenant in self.tenants for text in tenant.rules(kind)]):
                raise ValueError(f"{kind} {twice} is given to two tenants: leave it to one")
        if _twice([token.sha256 for tenant in self.tenants for token in tenant.tokens]):
            raise ValueError("one token is given twice: leave it to one tenant")
        return self

    def find(self, name: str) -> Tenant | None:
        """Give a tenant; None when the registry has none of this name."""
        return next((tenant for tenant in self.tenants if tenant.name == name), None)

    def get(self, name: str) -> Tenant:
        """Give a tenant.

        Raises:
            TenantError: when there is none of this name.
        """
        if (found := self.find(name)) is None:
            known = ", ".join(tenant.name for tenant in self.tenants) or "none at all"
            raise TenantError(
                f"the registry has no tenant {name!r}, but {known}: `sysledger tenant add` adds one"
            )
        return found

    def suspended(self) -> frozenset[str]:
        """Give the names of the tenants that nobody may read."""
        return frozenset(tenant.name for tenant in self.tenants if tenant.suspended)

    # Changes.

    def add(self, name: str, title: str, now: datetime) -> "Registry":
        """Add a tenant; what is stored under its name already is its own from now on.

        Raises:
            TenantError: when it cannot be.
        """
        if self.find(checked_name(name)) is not None:
            raise TenantError(f"tenant {name} is there already: change it, or use another name")
        if len(self.tenants) >= MOST_TENANTS:
            raise TenantError(f"there are {MOST_TENANTS} tenants, and no more can be: use one of them")
        added = Tenant(name=name, title=checked_title(title or name), created=now)
        return Registry(tenants=tuple(sorted((*self.tenants, added), key=lambda tenant: tenant.name)))

    def change(self, name: str, **values: Any) -> "Registry":
        """Give a tenant another title, other days or another quota, or suspend or resume it.

        Raises:
            TenantError: when there is no such tenant, or a value cannot be.
        """
        changed = {**self.get(name).model_dump(), **values}
        try:
            tenant = Tenant.model_validate(changed)
            return Registry(tenants=tuple(tenant if one.name == name else one for one in self.tenants))
        except ValidationError as error:
            raise TenantError(_sentence(error)) from error

    def assign(self, name: str, kind: Kind, text: str) -> "Registry":
        """Give a tenant the messages of a listener, a network or a TLS identity.

        Raises:
            TenantError: when it is another tenant's, or cannot be meant.
        """
        told = checked(kind, text)
        for tenant in self.tenants:
            if told in tenant.rules(kind):
                raise TenantError(
                    f"{kind} {told} is tenant {tenant.name}'s already: remove it there first"
                    if tenant.name != name
                    else f"{kind} {told} is tenant {name}'s already"
                )
        return self.change(name, **{_FIELDS[kind]: (*self.get(name).rules(kind), told)})

    def release(self, name: str, kind: Kind, text: str) -> "Registry":
        """Take a rule from a tenant.

        Raises:
            TenantError: when it has no such rule.
        """
        told, present = checked(kind, text), self.get(name).rules(kind)
        if told not in present:
            known = ", ".join(present) or "none"
            raise TenantError(f"tenant {name} has no {kind} {told}, but {known}: name one that it has")
        return self.change(name, **{_FIELDS[kind]: tuple(one for one in present if one != told)})

    def add_token(self, name: str, label: str, now: datetime) -> "tuple[Registry, str]":
        """Make a token for a tenant; give it, too, since nobody will ever see it again.

        Raises:
            TenantError: when the label cannot be.
        """
        told, present = label.strip(), self.get(name).tokens
        if not told or len(told) > LONGEST_LABEL or not told.isprintable():
            raise TenantError(f"a token's label has 1 to {LONGEST_LABEL} characters that can be seen")
        if any(token.label == told for token in present):
            raise TenantError(f"tenant {name} has a token {told!r} already: revoke it, or use another label")
        secret = new_token()
        made = Token(label=told, sha256=digest(secret.encode()), created=now)
        return self.change(name, tokens=(*present, made)), secret

    def revoke_token(self, name: str, label: str) -> "Registry":
        """Have a token count no more.

        Raises:
            TenantError: when the tenant has none of this label.
        """
        present = self.get(name).tokens
        if all(token.label != label for token in present):
            known = ", ".join(token.label for token in present) or "none"
            raise TenantError(f"tenant {name} has no token {label!r}, but {known}: name one that it has")
        return self.change(name, tokens=tuple(token for token in present if token.label != label))


def _twice(names: list[str]) -> str:
    """Give the first that stands there more than once; nothing when none does."""
    return next((name for name, number in Counter(names).items() if number > 1), "")


def _sentence(error: ValidationError) -> str:
    """Give the first of pydantic's complaints as a sentence of ours."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"] if not isinstance(part, int))
    told = str(first.get("ctx", {}).get("error", "")) or first["msg"][:1].lower() + first["msg"][1:]
    return f"{where}: {told}" if where else told
