"""Who signed: the issuer's own look at certificates, independent of the platform's.

An issuer of guarantees knows its customers by itself; it takes a subscriber certificate of any root it
trusts, reads organization and unified social credit code, and checks dates. (Revocation is asked by the
platform, which answers for the opening.)
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import NameOID

from gateways.guarantors.sandbox.reasons import NOT_THE_SIGNER, NOT_TRUSTED
from kernel.errors import Refused
from kernel.guarantee_terms import Party
from kernel.ids import credit_code
from sealing.keys import check_issued_directly

_IDENTIFIER = x509.ObjectIdentifier("2.5.4.97")
_PRIVATE = x509.ObjectIdentifier("1.2.156.10260.4.1.4")
_PREFIX = "NTRCN-"


@dataclass(frozen=True)
class Roots:
    """Root certificates the issuer trusts."""

    certificates: tuple[x509.Certificate, ...]

    def signer(self, chain: Sequence[x509.Certificate], at: datetime) -> Party:
        """The organization of a chain (leaf first); ``Refused(guarantor.not_trusted)`` otherwise."""
        path = list(chain)
        for root in self.certificates:
            if path and path[-1] != root and path[-1].issuer == root.subject:
                path.append(root)
                break
        if not path or path[-1] not in self.certificates:
            raise Refused(NOT_TRUSTED(why="root"))
        for below, above in itertools.pairwise(path):
            try:
                check_issued_directly(below, above)
            except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm) as error:
                raise Refused(NOT_TRUSTED(why=above.subject.rfc4514_string()[:100])) from error
            if not _is_authority(above):
                raise Refused(NOT_TRUSTED(why=above.subject.rfc4514_string()[:100]))
        for one in path:
            if not one.not_valid_before_utc <= at <= one.not_valid_after_utc:
                raise Refused(NOT_TRUSTED(why=f"{one.not_valid_before_utc} – {one.not_valid_after_utc}"))
        return party(path[0])


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def party(certificate: x509.Certificate) -> Party:
    """Organization and credit code of a subscriber; ``Refused(guarantor.not_trusted)`` without them."""
    names = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    for text in _places(certificate):
        try:
            code = credit_code(text)
        except Refused:
            continue
        if names:
            return Party(str(names[0].value), code)
    raise Refused(NOT_TRUSTED(why="O, USCC"))


def _places(certificate: x509.Certificate) -> list[str]:
    """Where the demo authorities put the code: identifier, serial number, private extension."""
    found = [
        str(a.value).removeprefix(_PREFIX) for a in certificate.subject.get_attributes_for_oid(_IDENTIFIER)
    ]
    found += [str(a.value) for a in certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)]
    for extension in certificate.extensions:
        if extension.oid == _PRIVATE and isinstance(extension.value, x509.UnrecognizedExtension):
            # A short DER string: two octets of tag and length, then the code itself.
            found.append(extension.value.value[-18:].decode("ascii", errors="replace"))
    return found


def must_be(found: Party, wanted: Party) -> None:
    if found != wanted:
        raise Refused(
            NOT_THE_SIGNER(
                found=found.name,
                found_code=found.credit_code,
                wanted=wanted.name,
                wanted_code=wanted.credit_code,
            )
        )
