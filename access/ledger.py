"""Who may know of a tenant's ledger: only who sees all of the tenant's messages, as they were received.

A ledger counts every message, and a proof shows hashes of those beside it, and the exact octets. To whom a
stream, a host, a time or a value is hidden it would tell of what is.
"""

from access.sight import Sights
from access.visitor import Visitor
from storage.layout import DEFAULT_STREAM, StreamName, check_name


def sees_ledger(sights: Sights, visitor: Visitor, tenant: str) -> bool:
    """Say whether a visitor may know of a tenant's ledger at this moment; of a suspended tenant's nobody may.

    Raises:
        RegistryError: when it cannot be read which tenants are suspended.
    """
    limits = visitor.limits
    if limits.streams or limits.hosts or limits.networks or limits.start or limits.end or limits.masked:
        return False
    try:
        check_name(tenant, "tenant")
    except ValueError:
        return False
    return sights.sees(visitor, StreamName(tenant, DEFAULT_STREAM))
