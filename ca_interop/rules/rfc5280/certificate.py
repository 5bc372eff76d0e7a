"""One certificate, read in two steps: the skeleton at once, extensions when they are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from ca_interop.rules.rfc5280 import extensions as ext
from ca_interop.rules.rfc5280.der import (
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    Item,
    boolean,
    moment,
    octets_of_bits,
    oid,
    whole,
)
from ca_interop.rules.rfc5280.faults import Malformed, TooComplex
from ca_interop.rules.rfc5280.names import GeneralName, Name, NameKey, read_name


@dataclass(frozen=True)
class Extension:
    critical: bool
    value: bytes


def read_extensions(item: Item) -> dict[str, Extension]:
    """Extensions by OID; a second one of the same OID is malformed (RFC 5280 §4.2)."""
    found: dict[str, Extension] = {}
    for entry in item.need(SEQUENCE, "extensions").some(MAX_EXTENSIONS, "extensions"):
        parts = entry.need(SEQUENCE, "extension").children()
        if len(parts) not in (2, 3):
            raise Malformed("extension: not an id, a criticality and a value")
        key = oid(parts[0].need(OID, "extension id").body)
        critical = len(parts) == 3 and boolean(parts[1], "extension criticality")
        if key in found:
            raise Malformed(f"extension {key} occurs twice")
        found[key] = Extension(critical, parts[-1].need(OCTET_STRING, "extension value").body)
    return found


MAX_SIZE = 256 * 1024
MAX_EXTENSIONS = 256
_VERSIONS = {b"\x00": 1, b"\x01": 2, b"\x02": 3}


class Certificate:
    """The fields RFC 5280 §6 looks at. ``Malformed`` from the constructor: not a certificate at all;
    from a property: this certificate cannot stand in a path. ``version`` is 0 for one nobody knows."""

    def __init__(self, der: bytes) -> None:
        if len(der) > MAX_SIZE:
            raise TooComplex(f"a certificate of more than {MAX_SIZE} bytes")
        self.der = der
        self._hash = hash(der)
        outer = whole(der, SEQUENCE, "certificate").children()
        if len(outer) != 3:
            raise Malformed("certificate: not three parts")
        tbs, algorithm, signature = outer
        self.tbs = tbs.need(SEQUENCE, "tbsCertificate").raw
        self._signature = signature
        self.algorithm = algorithm.need(SEQUENCE, "signatureAlgorithm").raw
        parts = tbs.children()
        self.version = 1
        if parts and parts[0].tag == 0xA0:
            inner = parts.pop(0).children()
            if len(inner) != 1:
                raise Malformed("certificate: not one version")
            self.version = _VERSIONS.get(inner[0].need(INTEGER, "version").body, 0)
        if len(parts) < 6:
            raise Malformed("certificate: fields are missing")
        self.serial = parts[0].need(INTEGER, "serial number").body
        self.inner_algorithm = parts[1].need(SEQUENCE, "signature algorithm").raw
        self.issuer_raw = parts[2].need(SEQUENCE, "issuer").raw
        self._validity = parts[3].need(SEQUENCE, "validity")
        self.subject_raw = parts[4].need(SEQUENCE, "subject").raw
        self.spki = parts[5].need(SEQUENCE, "subject public key").raw
        self._rest = parts[6:]
        #: Checks of form it has passed (checks.check_alone), so that they are done once.
        self.passed: set[tuple[bool, bool, bool]] = set()

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and other.der == self.der

    @cached_property
    def signature(self) -> bytes:
        return octets_of_bits(self._signature, "signature")

    @cached_property
    def subject(self) -> Name:
        return read_name(self.subject_raw)

    @cached_property
    def issuer(self) -> Name:
        return read_name(self.issuer_raw)

    @cached_property
    def validity(self) -> tuple[int, int]:
        times = self._validity.children()
        if len(times) != 2:
            raise Malformed("validity: not two times")
        return moment(times[0], "notBefore"), moment(times[1], "notAfter")

    @cached_property
    def extensions(self) -> dict[str, Extension]:
        last = 0xA0
        found: dict[str, Extension] = {}
        for item in self._rest:
            if item.tag not in (0x81, 0x82, 0xA3) or (item.tag & 0x1F) <= (last & 0x1F):
                raise Malformed("certificate: an unknown field after the key")
            if self.version == 1 or (item.tag == 0xA3 and self.version != 3):
                raise Malformed("certificate: a field its version does not have")
            last = item.tag
            if item.tag == 0xA3:
                inner = item.children()
                if len(inner) != 1:
                    raise Malformed("extensions: not one list")
                found = read_extensions(inner[0])
        return found

    @property
    def entity(self) -> tuple[NameKey, bytes]:
        """Name and key: whoever certifies under them is one and the same."""
        return self.subject.key, self.spki

    @cached_property
    def self_issued(self) -> bool:
        return self.subject.key == self.issuer.key

    def value(self, key: str) -> bytes | None:
        found = self.extensions.get(key)
        return found.value if found else None

    @cached_property
    def basic_constraints(self) -> ext.BasicConstraints | None:
        return ext.optional(self.value(ext.BASIC_CONSTRAINTS), ext.basic_constraints)

    @cached_property
    def key_usage(self) -> frozenset[int] | None:
        return ext.optional(self.value(ext.KEY_USAGE), ext.key_usage)

    @cached_property
    def extended_key_usage(self) -> tuple[str, ...] | None:
        return ext.optional(self.value(ext.EXTENDED_KEY_USAGE), ext.oid_list)

    @cached_property
    def alternative_names(self) -> tuple[GeneralName, ...]:
        return ext.optional(self.value(ext.SUBJECT_ALT_NAME), ext.general_names) or ()

    @cached_property
    def name_constraints(self) -> ext.NameConstraints | None:
        return ext.optional(self.value(ext.NAME_CONSTRAINTS), ext.name_constraints)

    @cached_property
    def policies(self) -> tuple[str, ...] | None:
        return ext.optional(self.value(ext.POLICIES), ext.policies)

    @cached_property
    def policy_mappings(self) -> tuple[tuple[str, str], ...]:
        return ext.optional(self.value(ext.POLICY_MAPPINGS), ext.policy_mappings) or ()

    @cached_property
    def policy_constraints(self) -> tuple[int | None, int | None]:
        return ext.optional(self.value(ext.POLICY_CONSTRAINTS), ext.policy_constraints) or (None, None)

    @cached_property
    def inhibit_any(self) -> int | None:
        return ext.optional(self.value(ext.INHIBIT_ANY), ext.skip_certs)

    @cached_property
    def distribution_points(self) -> tuple[ext.DistributionPoint, ...]:
        return ext.optional(self.value(ext.CRL_POINTS), ext.distribution_points) or ()

    @cached_property
    def subject_key_id(self) -> bytes | None:
        return ext.optional(self.value(ext.SUBJECT_KEY_ID), ext.key_id)

    @cached_property
    def authority_key(self) -> ext.AuthorityKey | None:
        return ext.optional(self.value(ext.AUTHORITY_KEY_ID), ext.authority_key)

    @cached_property
    def access(self) -> int:
        """How many access descriptions (authority and subject information access); for their form alone."""
        return sum(ext.optional(self.value(key), ext.access_descriptions) or 0 for key in ext.ACCESS)

    @cached_property
    def names(self) -> int:
        """How many names its extensions hold: what they cost to keep."""
        constraints = self.name_constraints
        held = len(constraints.permitted) + len(constraints.excluded) if constraints else 0
        points = sum(len(p.issuers) + len(p.name.full if p.name else ()) for p in self.distribution_points)
        return held + points + len(self.alternative_names)

    @property
    def is_ca(self) -> bool:
        return self.basic_constraints is not None and self.basic_constraints.ca


def remembered(der: bytes) -> Certificate:
    """``Certificate(der)``, kept between calls: for callers that see the same certificates again and again."""
    return _remembered(der) if len(der) <= 8192 else Certificate(der)


@lru_cache(maxsize=4096)
def _remembered(der: bytes) -> Certificate:
    return Certificate(der)
