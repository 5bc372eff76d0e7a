from trading.models.awards import Award, Candidate, Contract, EvaluationResult, ResultObjection
from trading.models.bids import Bid, KeyShareRelease
from trading.models.openings import OpeningObjection, OpeningSession, RecordSignature, SignIn
from trading.models.tenders import (
    Custodian,
    DocumentDownload,
    Enquiry,
    Lot,
    Project,
    Tender,
    TenderDocument,
)

__all__ = [
    "Award",
    "Bid",
    "Candidate",
    "Contract",
    "Custodian",
    "DocumentDownload",
    "Enquiry",
    "EvaluationResult",
    "KeyShareRelease",
    "Lot",
    "OpeningObjection",
    "OpeningSession",
    "Project",
    "RecordSignature",
    "ResultObjection",
    "SignIn",
    "Tender",
    "TenderDocument",
]
