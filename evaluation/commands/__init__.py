"""The verbs of evaluation: expert pool, draw, invitations, seats, and what is done in a room."""

from evaluation.commands.draws import CommitDraw, FreezeDraw, RevealDraw, VoidDraw
from evaluation.commands.experts import RegisterExpert, SetExpertActive, UpdateExpert
from evaluation.commands.invitations import AnswerInvitation, ExpireInvitation
from evaluation.commands.reporting import AttachReport, DeemAgreed, OpenPrices, SignReport
from evaluation.commands.reviewing import CloseReview, FindCompetition, RejectAll, ReviewBid
from evaluation.commands.scoring import EnterScore, LockSheet
from evaluation.commands.seats import ReplaceMember
from evaluation.commands.sitting import ConveneRooms, Declare, PauseRoom, ResumeRoom, TerminateRoom, VoteChair

__all__ = [
    "AnswerInvitation",
    "AttachReport",
    "CloseReview",
    "CommitDraw",
    "ConveneRooms",
    "Declare",
    "DeemAgreed",
    "EnterScore",
    "ExpireInvitation",
    "FindCompetition",
    "FreezeDraw",
    "LockSheet",
    "OpenPrices",
    "PauseRoom",
    "RegisterExpert",
    "RejectAll",
    "ReplaceMember",
    "ResumeRoom",
    "RevealDraw",
    "ReviewBid",
    "SetExpertActive",
    "SignReport",
    "TerminateRoom",
    "UpdateExpert",
    "VoidDraw",
    "VoteChair",
]
