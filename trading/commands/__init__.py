"""Every verb of trading. Importing the package registers all handlers."""

from trading.commands.announcing import AnnounceTender, CancelTender, PublishClarification
from trading.commands.awards import DecideAward, EndStandstill, FailLot, NotifyResult, RegisterContract
from trading.commands.bids import SubmitBid, WithdrawBid
from trading.commands.decryption import (
    DecideCause,
    RecordOpening,
    RecordUndecryptable,
    ReleaseKey,
    ReleaseShare,
    RequestQuorum,
    RetryOpening,
    RevokeBid,
)
from trading.commands.desk import SignInAtDesk
from trading.commands.enquiries import AnswerEnquiry, AskEnquiry, ConfirmClarifications, DownloadDocuments
from trading.commands.openings import EndDecryption, ExtendDecryption, SignInToOpening, StartOpening
from trading.commands.projects import CommissionAgent, CreateProject
from trading.commands.reading import AnswerOpeningObjection, CloseObjections, RaiseOpeningObjection, ReadOut
from trading.commands.records import CloseOpening, FileRecord, SignRecord
from trading.commands.results import (
    AnnounceCandidates,
    AnswerObjection,
    ObjectToResult,
    ReceiveEvaluationResult,
)
from trading.commands.retendering import TenderAgain
from trading.commands.second import ConveneSecondOpening, ReceiveTechnicalResult
from trading.commands.tenders import (
    AddDocument,
    CreateTender,
    EditTender,
    RemoveDocument,
    SetCustodians,
)

__all__ = [
    "ConveneSecondOpening",
    "ReceiveTechnicalResult",
    "SubmitBid",
    "WithdrawBid",
    "DecideCause",
    "RecordOpening",
    "RecordUndecryptable",
    "ReleaseKey",
    "ReleaseShare",
    "RequestQuorum",
    "RetryOpening",
    "RevokeBid",
    "EndDecryption",
    "ExtendDecryption",
    "SignInAtDesk",
    "SignInToOpening",
    "StartOpening",
    "AnswerOpeningObjection",
    "CloseObjections",
    "RaiseOpeningObjection",
    "ReadOut",
    "CloseOpening",
    "FileRecord",
    "SignRecord",
    "AddDocument",
    "AnnounceCandidates",
    "AnnounceTender",
    "AnswerEnquiry",
    "AnswerObjection",
    "AskEnquiry",
    "CancelTender",
    "CommissionAgent",
    "ConfirmClarifications",
    "CreateProject",
    "CreateTender",
    "DecideAward",
    "DownloadDocuments",
    "EditTender",
    "EndStandstill",
    "FailLot",
    "NotifyResult",
    "ObjectToResult",
    "PublishClarification",
    "ReceiveEvaluationResult",
    "RegisterContract",
    "RemoveDocument",
    "SetCustodians",
    "TenderAgain",
]
