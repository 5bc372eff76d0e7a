from evaluation.models.draws import Committee, DrawCommitment, DrawTicket, ExpertDraw, Seat
from evaluation.models.experts import ExpertProfile
from evaluation.models.rooms import (
    Ballot,
    Declaration,
    EvaluatedBid,
    Evaluation,
    ReportSignature,
    Review,
    Score,
    SeatConnection,
    SheetLock,
)

__all__ = [
    "Ballot",
    "Committee",
    "Declaration",
    "DrawCommitment",
    "DrawTicket",
    "EvaluatedBid",
    "Evaluation",
    "ExpertDraw",
    "ExpertProfile",
    "ReportSignature",
    "Review",
    "Score",
    "Seat",
    "SeatConnection",
    "SheetLock",
]
