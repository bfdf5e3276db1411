"""Whether an HTTP request means this machine, for whatever answers on the loopback interface.

A browser on this machine visits other sites. DNS rebinding makes another site's name lead to 127.0.0.1, so
that its scripts could read what is answered there; the name in the Host field gives them away.
"""

from ipaddress import ip_address


def host_name(host: str) -> str:
    """Give the name or address in a Host field (RFC 9110 section 7.2) without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def is_local(host: str) -> bool:
    """Say whether a Host field names this machine's loopback interface."""
    name = host_name(host).rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761 section 6.3
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False
