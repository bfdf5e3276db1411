"""Who may finish what somebody began: segregation of duties, for sites that want a second person.

Whoever saved a search decided what its reviews look at, and whoever sees to a finding did what its resolution
says. Where a second person is required, somebody else signs those reviews off, and resolves those findings.
Elsewhere both may be done alone, for a site may have one reviewer only; the record says where it was.
"""

from typing import Final, Literal

SecondPerson = Literal["optional", "required"]
REQUIRED: Final = "required"


def may_finish(account: str, owner: str, second: SecondPerson) -> bool:
    """Say whether an account may sign off, or resolve, what is ``owner``'s."""
    return second != REQUIRED or account != owner
