"""Everything that changes guarantees."""

from guarantees.commands.ending import DemandGuarantee, ExpireGuarantee, ReleaseGuarantee
from guarantees.commands.issuers import EndIssuer, LicenseIssuer
from guarantees.commands.presenting import CheckAgain, RecordPresentation
from guarantees.commands.telling import RecordIssuerAnswer, TellIssuerAgain

__all__ = [
    "CheckAgain",
    "DemandGuarantee",
    "EndIssuer",
    "ExpireGuarantee",
    "LicenseIssuer",
    "RecordIssuerAnswer",
    "RecordPresentation",
    "ReleaseGuarantee",
    "TellIssuerAgain",
]
