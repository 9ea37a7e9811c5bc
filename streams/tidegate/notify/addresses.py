"""Connect only to addresses that an endpoint may have.

The address is checked at the socket, after the name was looked up: what is checked is what is
connected to, so a name that changes between the two (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from tidegate.notify.endpoints import Network

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


class ForbiddenAddress(OSError):
    """An endpoint's name leads to an address that it may not have."""


class AddressRule:
    """Which addresses one endpoint may have.

    Args:
        allowed: Networks that are not public and that it may be in.
        public: Whether it may be at any public address; false for what is not encrypted.
    """

    def __init__(self, allowed: Iterable[Network], *, public: bool = True) -> None:
        self._allowed = tuple(allowed)
        self._public = public

    def check(self, host: str) -> None:
        """Pass, or raise ForbiddenAddress. `host` is an IP address; a zone index is left aside."""
        address = _unwrapped(ip_address(host.partition("%")[0]))
        if any(address in network for network in self._allowed):
            return
        if not address.is_global or address.is_multicast or address.is_reserved:
            reason = "not public, and not in allow_networks"
        elif not self._public:
            reason = "public, and the connection would not be encrypted"
        else:
            return
        raise ForbiddenAddress(f"address {address} is {reason}")

    def socket(self, info: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
        """Return a socket for one result of getaddrinfo, if its address may be connected to."""
        family, kind, protocol, _name, place = info
        self.check(str(place[0]))
        return socket.socket(family=family, type=kind, proto=protocol)


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address.sixtofour is not None:
            return address.sixtofour
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
