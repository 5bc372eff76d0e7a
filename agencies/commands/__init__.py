"""The verbs of the marketplace."""

from agencies.commands.admissions import AdmitAgency, DefineItem, LeaveItem, ReturnAdmission, SeekAdmission
from agencies.commands.assignments import (
    ApplyForAssignment,
    CancelAssignment,
    CloseSignUp,
    FileContract,
    PublishAssignment,
    WithdrawApplication,
)
from agencies.commands.draws import CommitDraw, RestartDraw, RevealDraw

__all__ = [
    "AdmitAgency",
    "ApplyForAssignment",
    "CancelAssignment",
    "CloseSignUp",
    "CommitDraw",
    "DefineItem",
    "FileContract",
    "LeaveItem",
    "PublishAssignment",
    "RestartDraw",
    "ReturnAdmission",
    "RevealDraw",
    "SeekAdmission",
    "WithdrawApplication",
]
