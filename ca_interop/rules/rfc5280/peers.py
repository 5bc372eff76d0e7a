"""Does a subject alternative name match the peer asked for (RFC 6125, RFC 9525)? Never the common name."""

from __future__ import annotations

import ipaddress

from ca_interop.rules.rfc5280.certificate import Certificate
from ca_interop.rules.rfc5280.faults import Fault, Malformed
from ca_interop.rules.rfc5280.names import DNS, IP, RFC822


def read_peer(kind: object, value: object) -> tuple[int, str | bytes]:
    """The peer of a request as (kind, comparable value); ``Malformed`` otherwise."""
    if not isinstance(value, str) or not value or len(value) > 1024:
        raise Malformed("peer_name: no value")
    if kind == "IP":
        if (address := _address(value)) is None:
            raise Malformed("peer_name: not an IP address")
        return IP, address
    if kind == "RFC822":
        local, at, host = value.rpartition("@")
        if not at or not local or not host:
            raise Malformed("peer_name: not an e-mail address")
        return RFC822, f"{local}@{host.lower()}"
    if kind == "DNS":
        if (address := _address(value)) is not None:
            return IP, address  # RFC 9525 §6.3: an address is never compared with a DNS name
        return DNS, _ascii_host(value)
    raise Malformed("peer_name: kind is DNS, IP or RFC822")


def _address(value: str) -> bytes | None:
    try:
        return ipaddress.ip_address(value).packed
    except ValueError:
        return None


def _ascii_host(value: str) -> str:
    host = value.removesuffix(".").lower()
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise Malformed("peer_name: not a host name") from error
    if "*" in host or not all(0 < len(label) < 64 for label in host.split(".")):
        raise Malformed("peer_name: not a host name")
    return host


def check_peer(leaf: Certificate, peer: tuple[int, str | bytes] | None) -> None:
    """``Fault(peer_name)`` unless an alternative name of that kind matches."""
    if peer is None:
        return
    kind, wanted = peer
    for name in leaf.alternative_names:
        if name.kind == kind and _matches(kind, name.value, wanted):
            return
    raise Fault("peer_name", "no subject alternative name matches the peer")


def _matches(kind: int, pattern: object, wanted: str | bytes) -> bool:
    if not isinstance(pattern, str) or not isinstance(wanted, str):
        return pattern == wanted
    if kind == RFC822:
        local, _, host = pattern.rpartition("@")
        return f"{local}@{host.lower()}" == wanted
    pattern = pattern.lower().removesuffix(".")
    if "*" not in pattern:
        return pattern == wanted
    # RFC 9525 §6.3: one wildcard, the whole left-most label, for exactly one label; never for a whole zone.
    first, _, rest = pattern.partition(".")
    host_first, _, host_rest = wanted.partition(".")
    return first == "*" and "*" not in rest and "." in rest and bool(host_first) and host_rest == rest
