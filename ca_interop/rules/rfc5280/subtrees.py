"""Name constraints (RFC 5280 §4.2.1.10): what the certificates above allow the one below to be called."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from ca_interop.rules.rfc5280.certificate import Certificate
from ca_interop.rules.rfc5280.der import item_at
from ca_interop.rules.rfc5280.extensions import NameConstraints
from ca_interop.rules.rfc5280.faults import Fault, Malformed, TooComplex
from ca_interop.rules.rfc5280.names import DIRECTORY, DNS, IP, OTHER, RFC822, URI, GeneralName

# As OpenSSL's NAME_CHECK_MAX: more pairs of name and constraint occur only in attacks.
_MAX_PAIRS = 1 << 20

Form = tuple[int, bytes]


def check_form(constraints: NameConstraints) -> None:
    """``Malformed`` when a constraint is not one of the forms RFC 5280 gives."""
    for base in (*constraints.permitted, *constraints.excluded):
        value = base.value
        if base.kind == IP and isinstance(value, bytes):
            if len(value) not in (8, 32):
                raise Malformed("name constraint: not an address and a mask")
            mask = value[len(value) // 2 :]
            number = int.from_bytes(mask, "big")
            inverse = number ^ ((1 << len(mask) * 8) - 1)
            if inverse & (inverse + 1):
                raise Malformed("name constraint: a mask with holes")
        if base.kind == DNS and isinstance(value, str) and (value.startswith(".") or "*" in value):
            raise Malformed("name constraint: a DNS name with a leading period or a wildcard")
        if base.kind == RFC822 and isinstance(value, str) and "@" in value and not _mailbox(value):
            raise Malformed("name constraint: not a mailbox")


def names_of(certificate: Certificate) -> list[GeneralName]:
    """Every name the constraints look at: subject, alternative names, and a subject's e-mail address
    when no alternative name gives one."""
    names = list(certificate.alternative_names)
    if not any(n.kind == RFC822 for n in names):
        names += [GeneralName(RFC822, email) for email in certificate.subject.emails]
    if certificate.subject.key:
        names.append(GeneralName(DIRECTORY, certificate.subject.key))
    return names


class Constraints:
    """The constraints of one certificate, indexed by kind."""

    def __init__(self, constraints: NameConstraints) -> None:
        check_form(constraints)
        self.permitted: dict[Form, set[object]] = {}
        self.excluded: dict[Form, set[object]] = {}
        for base in constraints.permitted:
            self.permitted.setdefault(_form(base), set()).add(_canonical(base))
        for base in constraints.excluded:
            self.excluded.setdefault(_form(base), set()).add(_canonical(base))

    def size(self, name: GeneralName) -> int:
        form = _form(name)
        return len(self.permitted.get(form, ())) + len(self.excluded.get(form, ()))

    def check(self, name: GeneralName) -> None:
        form = _form(name)
        permitted, excluded = self.permitted.get(form), self.excluded.get(form)
        if permitted is None and excluded is None:
            return
        if name.kind not in (RFC822, DNS, DIRECTORY, URI, IP):
            raise Fault("name_constraints", "a name of a kind whose constraints are not supported")
        if not _well_formed(name):
            raise Fault("name_constraints", f"name {_shown(name)} is malformed, it cannot be compared")
        if excluded is not None and _within(name, excluded, excluding=True):
            raise Fault("name_constraints", f"name {_shown(name)} is in an excluded subtree")
        if permitted is not None and not _within(name, permitted, excluding=False):
            raise Fault("name_constraints", f"name {_shown(name)} is in no permitted subtree")


def check_names(certificate: Certificate, above: list[Constraints]) -> None:
    """``Fault(name_constraints)`` unless every name is permitted by each list and excluded by none."""
    names = names_of(certificate)
    pairs = sum(constraints.size(name) for constraints in above for name in names)
    if pairs > _MAX_PAIRS:
        raise TooComplex(f"{pairs} comparisons of names with constraints")
    for constraints in above:
        for name in names:
            constraints.check(name)


def _shown(name: GeneralName) -> str:
    return repr(name.value)[:80] if name.kind != DIRECTORY else "of the subject"


def _form(name: GeneralName) -> Form:
    """What constraints compare: the kind, and of other names their type, too."""
    if name.kind != OTHER or not isinstance(name.value, bytes):
        return name.kind, b""
    return name.kind, item_at(name.value, 0, len(name.value)).raw


def _well_formed(name: GeneralName) -> bool:
    """A name of a constrained form that says something else than it seems is in no subtree."""
    value = name.value
    if name.kind == IP:
        return isinstance(value, bytes) and len(value) in (4, 16)
    if name.kind == DNS:
        return isinstance(value, str) and all(value.removesuffix(".").split("."))
    return name.kind != RFC822 or (isinstance(value, str) and _mailbox(value))


def _mailbox(text: str) -> bool:
    """local@host, where only a quoted local part may hold another @."""
    local, at, host = text.rpartition("@")
    quoted = len(local) > 2 and local[0] == local[-1] == '"'
    return bool(at and local and host) and ("@" not in local or quoted)


def _canonical(base: GeneralName) -> object:
    value = base.value
    if isinstance(value, str):
        if base.kind == RFC822 and "@" in value:
            local, _, host = value.rpartition("@")
            return f"{local}@{host.lower()}"
        return value.lower()
    return value


def _within(name: GeneralName, bases: set[object], *, excluding: bool) -> bool:
    value = name.value
    if name.kind == DIRECTORY and isinstance(value, tuple):
        return any(value[:n] in bases for n in range(len(value) + 1))
    if name.kind == IP and isinstance(value, bytes):
        return any(isinstance(b, bytes) and _in_network(value, b) for b in bases)
    text = str(value)
    if name.kind == DNS:
        return _dns_within(text.lower().removesuffix("."), bases, excluding)
    if name.kind == RFC822:
        local, _, host = text.rpartition("@")
        return f"{local}@{host.lower()}" in bases or _host_within(host.lower(), bases)
    return _host_within(_host_of(text), bases)


def _dns_within(host: str, bases: set[object], excluding: bool) -> bool:
    labels = host.split(".")
    if any(".".join(labels[n:]) in bases for n in range(len(labels))) or "" in bases:
        return True
    if excluding and labels[0] == "*":
        # A wildcard covers every host one label deeper, the excluded one too.
        parent = ".".join(labels[1:])
        return any(isinstance(b, str) and b.partition(".")[2] == parent for b in bases)
    return False


def _host_within(host: str, bases: set[object]) -> bool:
    if host in bases or "" in bases:
        return True
    labels = host.split(".")
    return any("." + ".".join(labels[n:]) in bases for n in range(1, len(labels)))


def _host_of(uri: str) -> str:
    """The host of a URI; one without, or with an address, cannot be judged (RFC 5280: reject)."""
    try:
        host = urlsplit(uri).hostname or ""
    except ValueError:
        host = ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if host:
            return host.lower()
    raise Fault("name_constraints", "a URI without a host name, though URIs are constrained")


def _in_network(address: bytes, network: bytes) -> bool:
    half = len(network) // 2
    if len(address) != half:
        return False
    base, mask = network[:half], network[half:]
    return all(a & m == b & m for a, b, m in zip(address, base, mask, strict=True))
