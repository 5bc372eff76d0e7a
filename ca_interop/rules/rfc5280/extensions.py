"""Certificate and CRL extensions of RFC 5280 §4.2 and §5.2: bytes to values, ``Malformed`` otherwise."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import NamedTuple, TypeVar

from ca_interop.rules.rfc5280.der import (
    BIT_STRING,
    BOOLEAN,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    Item,
    bits,
    boolean,
    oid,
    small,
    whole,
)
from ca_interop.rules.rfc5280.faults import Malformed
from ca_interop.rules.rfc5280.names import (
    MAX_NAMES,
    GeneralName,
    Rdn,
    bounded,
    read_general_name,
    read_general_names,
    read_rdn,
)

SUBJECT_KEY_ID, KEY_USAGE, SUBJECT_ALT_NAME = "2.5.29.14", "2.5.29.15", "2.5.29.17"
ISSUER_ALT_NAME, BASIC_CONSTRAINTS, CRL_NUMBER = "2.5.29.18", "2.5.29.19", "2.5.29.20"
DELTA_INDICATOR, ISSUING_POINT, CERTIFICATE_ISSUER = "2.5.29.27", "2.5.29.28", "2.5.29.29"
NAME_CONSTRAINTS, CRL_POINTS, POLICIES = "2.5.29.30", "2.5.29.31", "2.5.29.32"
POLICY_MAPPINGS, AUTHORITY_KEY_ID, POLICY_CONSTRAINTS = "2.5.29.33", "2.5.29.35", "2.5.29.36"
EXTENDED_KEY_USAGE, FRESHEST_CRL, INHIBIT_ANY = "2.5.29.37", "2.5.29.46", "2.5.29.54"
ACCESS = ("1.3.6.1.5.5.7.1.1", "1.3.6.1.5.5.7.1.11")
ANY_POLICY, ANY_USAGE = "2.5.29.32.0", "2.5.29.37.0"
KEY_CERT_SIGN, CRL_SIGN = 5, 6
_MAX_LIST = 5000  # more occur only in attacks
ALL_REASONS = frozenset(range(1, 9))
_NO_NAMES: tuple[GeneralName, ...] = ()

T = TypeVar("T")


def optional(value: bytes | None, read: Callable[[bytes], T]) -> T | None:
    return None if value is None else read(value)


class BasicConstraints(NamedTuple):
    ca: bool
    path_length: int | None


def basic_constraints(value: bytes) -> BasicConstraints:
    parts = whole(value, SEQUENCE, "basicConstraints").children()
    ca = bool(parts) and parts[0].tag == BOOLEAN and boolean(parts.pop(0), "cA")
    length = small(parts.pop(0), "pathLenConstraint") if parts and parts[0].tag == INTEGER else None
    if parts:
        raise Malformed("basicConstraints: unknown fields")
    return BasicConstraints(ca, length)


def key_usage(value: bytes) -> frozenset[int]:
    found = bits(whole(value, BIT_STRING, "keyUsage").body, "keyUsage")
    if not found:
        raise Malformed("keyUsage: no bit is set")
    return found


def oid_list(value: bytes) -> tuple[str, ...]:
    items = list(whole(value, SEQUENCE, "extKeyUsage").some(_MAX_LIST, "extKeyUsage"))
    if not items:
        raise Malformed("extKeyUsage: empty")
    return tuple(oid(i.need(OID, "extKeyUsage").body) for i in items)


def general_names(value: bytes) -> tuple[GeneralName, ...]:
    return read_general_names(whole(value, SEQUENCE, "alternative name"))


class NameConstraints(NamedTuple):
    permitted: tuple[GeneralName, ...]
    excluded: tuple[GeneralName, ...]


def _subtrees(item: Item) -> tuple[GeneralName, ...]:
    bases = []
    for subtree in islice(item.each(), MAX_NAMES + 1):
        parts = subtree.need(SEQUENCE, "name constraint").children()
        # RFC 5280 §4.2.1.10: minimum is 0 (left out in DER) and maximum absent; others need not be known.
        if len(parts) != 1:
            raise Malformed("name constraint: minimum and maximum are not supported")
        bases.append(read_general_name(parts[0]))
    if not bases:
        raise Malformed("nameConstraints: an empty list")
    return bounded(tuple(bases))


def name_constraints(value: bytes) -> NameConstraints:
    permitted: tuple[GeneralName, ...] = ()
    excluded: tuple[GeneralName, ...] = ()
    items = whole(value, SEQUENCE, "nameConstraints").children()
    tags = [i.tag for i in items]
    if tags not in ([0xA0], [0xA1], [0xA0, 0xA1]):
        raise Malformed("nameConstraints: neither permitted nor excluded subtrees")
    for item in items:
        if item.tag == 0xA0:
            permitted = _subtrees(item)
        else:
            excluded = _subtrees(item)
    return NameConstraints(permitted, excluded)


def policies(value: bytes) -> tuple[str, ...]:
    found = []
    for item in whole(value, SEQUENCE, "certificatePolicies").some(_MAX_LIST, "certificatePolicies"):
        parts = item.need(SEQUENCE, "policy information").children()
        if not 1 <= len(parts) <= 2:
            raise Malformed("certificatePolicies: not an id and qualifiers")
        found.append(oid(parts[0].need(OID, "policy").body))
    if not found or len(set(found)) != len(found):
        raise Malformed("certificatePolicies: empty, or a policy twice")
    return tuple(found)


def policy_mappings(value: bytes) -> tuple[tuple[str, str], ...]:
    found = []
    for item in whole(value, SEQUENCE, "policyMappings").some(_MAX_LIST, "policyMappings"):
        parts = item.need(SEQUENCE, "policy mapping").children()
        if len(parts) != 2:
            raise Malformed("policyMappings: not pairs")
        pair = [oid(p.need(OID, "policy").body) for p in parts]
        found.append((pair[0], pair[1]))
    if not found:
        raise Malformed("policyMappings: empty")
    return tuple(found)


def policy_constraints(value: bytes) -> tuple[int | None, int | None]:
    """(requireExplicitPolicy, inhibitPolicyMapping)."""
    items = whole(value, SEQUENCE, "policyConstraints").children()
    found = {i.tag: small(i, "policyConstraints") for i in items}
    if not items or len(found) != len(items) or not set(found) <= {0x80, 0x81}:
        raise Malformed("policyConstraints: empty or unknown fields")
    return found.get(0x80), found.get(0x81)


def skip_certs(value: bytes) -> int:
    return small(whole(value, INTEGER, "inhibitAnyPolicy"), "inhibitAnyPolicy")


def number(value: bytes) -> int:
    return small(whole(value, INTEGER, "CRL number"), "CRL number")


def access_descriptions(value: bytes) -> int:
    """The number of access descriptions (§4.2.2); nothing else of them matters to a path."""
    found = list(whole(value, SEQUENCE, "information access").some(_MAX_LIST, "information access"))
    for item in found:
        parts = item.need(SEQUENCE, "access description").children()
        if len(parts) != 2:
            raise Malformed("access description: not a method and a location")
        oid(parts[0].need(OID, "access method").body)
        read_general_name(parts[1])
    if not found:
        raise Malformed("information access: empty")
    return len(found)


def key_id(value: bytes) -> bytes:
    return whole(value, OCTET_STRING, "subjectKeyIdentifier").body


class AuthorityKey(NamedTuple):
    """AuthorityKeyIdentifier: key identifier; issuer names and serial number of the issuer's certificate."""

    key: bytes | None
    issuers: tuple[GeneralName, ...]
    serial: bytes | None


def authority_key(value: bytes) -> AuthorityKey:
    key: bytes | None = None
    issuers: tuple[GeneralName, ...] = ()
    serial: bytes | None = None
    for item in whole(value, SEQUENCE, "authorityKeyIdentifier").each():
        if item.tag == 0x80:
            key = item.body
        elif item.tag == 0xA1:
            issuers = read_general_names(item)
        elif item.tag == 0x82:
            serial = item.body
        else:
            raise Malformed("authorityKeyIdentifier: unknown field")
    return AuthorityKey(key, issuers, serial)


class PointName(NamedTuple):
    """DistributionPointName: full names, or one relative name to add to the CRL issuer's."""

    full: tuple[GeneralName, ...]
    relative: Rdn | None


class DistributionPoint(NamedTuple):
    name: PointName | None
    reasons: frozenset[int]
    issuers: tuple[GeneralName, ...]


def _point_name(item: Item) -> PointName:
    inner = item.children()
    if len(inner) == 1 and inner[0].tag == 0xA0:
        return PointName(read_general_names(inner[0]), None)
    if len(inner) == 1 and inner[0].tag == 0xA1:
        return PointName((), read_rdn(inner[0])[0])
    raise Malformed("distribution point name: unknown choice")


def distribution_points(value: bytes) -> tuple[DistributionPoint, ...]:
    found = []
    for point in whole(value, SEQUENCE, "cRLDistributionPoints").some(_MAX_LIST, "cRLDistributionPoints"):
        name: PointName | None = None
        reasons, issuers = ALL_REASONS, _NO_NAMES
        for item in point.need(SEQUENCE, "distribution point").each():
            if item.tag == 0xA0:
                name = _point_name(item)
            elif item.tag == 0x81:
                reasons = bits(item.body, "reasons") & ALL_REASONS
            elif item.tag == 0xA2:
                issuers = read_general_names(item)
            else:
                raise Malformed("distribution point: unknown field")
        if name is None and not issuers:
            raise Malformed("distribution point: neither a name nor a CRL issuer")
        found.append(DistributionPoint(name, reasons, issuers))
    return tuple(found)


class IssuingPoint(NamedTuple):
    """IssuingDistributionPoint (§5.2.5); ``raw`` is its DER, compared between complete and delta CRL."""

    name: PointName | None = None
    only_users: bool = False
    only_authorities: bool = False
    reasons: frozenset[int] = ALL_REASONS
    indirect: bool = False
    only_attributes: bool = False


def issuing_point(value: bytes) -> IssuingPoint:
    name, reasons = None, ALL_REASONS
    flags = {0x81: False, 0x82: False, 0x84: False, 0x85: False}
    for item in whole(value, SEQUENCE, "issuingDistributionPoint").each():
        if item.tag == 0xA0:
            name = _point_name(item)
        elif item.tag == 0x83:
            reasons = bits(item.body, "onlySomeReasons") & ALL_REASONS
        elif item.tag in flags:
            flags[item.tag] = item.body == b"\xff"
        else:
            raise Malformed("issuingDistributionPoint: unknown field")
    if flags[0x81] + flags[0x82] + flags[0x85] > 1:
        raise Malformed("issuingDistributionPoint: more than one kind of certificate only")
    return IssuingPoint(name, flags[0x81], flags[0x82], reasons, flags[0x84], flags[0x85])
