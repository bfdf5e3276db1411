"""Where storage is: ZeroMQ addresses, and the keys by which both ends know each other (curve.py)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curve import KeyPair

if TYPE_CHECKING:
    import zmq
    import zmq.asyncio


class EndpointError(ValueError):
    """Storage cannot be reached as configured; the message says what to do."""


@dataclass(frozen=True, slots=True)
class StorageEndpoint:
    """One storage: its address, and its public key where it is on another machine."""

    address: str
    key: str | None = None


def endpoints_of(addresses: Sequence[str], keys: Mapping[str, str]) -> list[StorageEndpoint]:
    """Give the endpoints, each with its key.

    Raises:
        EndpointError: when one on the network has none: nothing is sent in the clear.
    """
    for address in addresses:
        if not address.startswith(("ipc://", "inproc://")) and address not in keys:
            raise EndpointError(
                f"no key for storage at {address}: run `sysledger handoff key` there and write what it "
                "prints into collector.storage.keys"
            )
    return [StorageEndpoint(address, keys.get(address)) for address in addresses]


def secure(
    socket: "zmq.Socket[bytes] | zmq.asyncio.Socket", endpoint: StorageEndpoint, own: KeyPair | None
) -> None:
    """Have a socket prove who we are, and take only the storage that proves its key.

    Raises:
        EndpointError: when that needs keys of ours and there are none.
    """
    if endpoint.key is None:
        return
    if own is None:
        raise EndpointError(f"storage at {endpoint.address} needs keys of this machine: start sysledger run")
    socket.curve_secretkey = own.secret.encode()
    socket.curve_publickey = own.public.encode()
    socket.curve_serverkey = endpoint.key.encode()
